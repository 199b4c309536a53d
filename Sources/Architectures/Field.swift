import NeuralNetwork

extension Blueprint {
    /// Won, Ferraro, Bogdanov & Serra 2020, "Evaluation of CNN-based automatic music tagging models": seven convolutions
    /// of 3 x 3, each halving the map. On less than 128 bands half the channels and as many blocks as the map has halves.
    /// 3,666,828 parameters for ten genres on 128 x 231, 573,516 on 80 x 80.
    public static func shortChunk(genres: Int, input: Extent = 80 × 80) -> Blueprint {
        let channels = input.mels >= 128 ? 128 : 64
        let side = min(input.mels, input.frames)
        let blocks = (1...7).last { side >> $0 >= 1 } ?? 1
        let widths = shortChunkWidths(channels).prefix(blocks)
        return Blueprint("short-chunk", input: input) {
            BatchNorm()
            for width in widths {
                Convolution(width, kernel: 3 × 3)
                BatchNorm()
                ReLU()
                MaxPool(2 × 2)
            }
            shortChunkHead(widths.last ?? channels, genres: genres)
        }
    }

    /// The same with residual connections: each of seven blocks halves the map by its stride, and adds a convolution of
    /// what came in. 12,083,724 parameters for ten genres on 128 x 231, 3,027,212 on 80 x 80.
    public static func shortChunkRes(genres: Int, input: Extent = 80 × 80) -> Blueprint {
        let channels = input.mels >= 128 ? 128 : 64
        return Blueprint("short-chunk-res", input: input) {
            BatchNorm()
            for (index, width) in shortChunkWidths(channels).enumerated() {
                Block("block\(index + 1)") {
                    Branches(join: .add) {
                        Branch("body") {
                            Convolution(width, kernel: 3 × 3, stride: 2 × 2, padding: .all(1))
                            BatchNorm()
                            ReLU()
                            Convolution(width, kernel: 3 × 3)
                            BatchNorm()
                        }
                        Branch("shortcut") {
                            Convolution(width, kernel: 3 × 3, stride: 2 × 2, padding: .all(1))
                            BatchNorm()
                        }
                    }
                    ReLU()
                }
            }
            shortChunkHead(4 * channels, genres: genres)
        }
    }

    private static func shortChunkWidths(_ channels: Int) -> [Int] { [1, 1, 2, 2, 2, 2, 4].map { $0 * channels } }

    @LayerBuilder private static func shortChunkHead(_ width: Int, genres: Int) -> [Layer] {
        GlobalMaxPool()
        Dense(width)
        BatchNorm()
        ReLU()
        Dropout(0.5)
        Dense(genres)
    }

    /// Pons & Serra 2019, "musicnn": kernels for timbre and for rhythm, a middle of residual and dense connections, a
    /// dense back end; every convolution before its ReLU before its norm. Kernels keep their share of the bands. 779,119
    /// parameters for ten genres on 96 x 187.
    ///
    /// - Parameter widths: channels and units; the authors' where nothing else is said.
    public static func musicnn(
        genres: Int, input: Extent = 96 × 187, widths: MusicnnWidths = MusicnnWidths()
    ) -> Blueprint {
        let longest = input.frames >= 128 ? 128 : 64
        let norm = BatchNorm(epsilon: widths.epsilon)
        let middle = [Convolution(widths.middle, kernel: 1 × 7), ReLU(), norm]
        return Blueprint("musicnn", input: input) {
            norm
            Branches(join: .channels) {
                for (share, channels) in zip([40, 70], widths.timbre) {
                    Branch("timbre\(share)") {
                        Convolution(
                            channels, kernel: max(1, input.mels * share / 100) × 7,
                            padding: Padding(mels: .valid, frames: .same))
                        ReLU()
                        norm
                        GlobalMaxPool(over: .frequency)
                    }
                }
                for (length, channels) in zip([longest, longest / 2, longest / 4], widths.rhythm) {
                    Branch("rhythm\(length)") {
                        Convolution(channels, kernel: 1 × length)
                        ReLU()
                        norm
                        GlobalMaxPool(over: .frequency)
                    }
                }
            }
            // The front and all three of the middle go on side by side.
            Branches(join: .channels) {
                Branch {}
                Branch("middle1") {
                    middle
                    Branches(join: .channels) {
                        Branch {}
                        Branch("middle2") {
                            Residual("block") { middle }
                            Branches(join: .channels) {
                                Branch {}
                                Branch("middle3") { Residual("block") { middle } }
                            }
                        }
                    }
                }
            }
            GlobalMaxAndAveragePool(over: .time)
            norm
            Dropout(0.5)
            Dense(widths.units)
            ReLU()
            norm
            Dropout(0.5)
            Dense(genres)
        }
    }

    /// Liu, Feng, Liu, Wang & Liu 2019, "Bottom-up broadcast neural network for music genre classification": three modules
    /// of four paths each, whose outputs stand beside their input; any size of segment. 185,642 parameters for ten genres.
    public static func bbnn(genres: Int, input: Extent = 80 × 80) -> Blueprint {
        Blueprint("bbnn", input: input) {
            Convolution(32, kernel: 3 × 3)
            BatchNorm()
            ReLU()
            MaxPool(1 × 4)
            for module in 1...3 {
                Block("module\(module)") {
                    Branches(join: .channels) {
                        Branch {}
                        Branch("one") { bbnnConvolution(1 × 1) }
                        Branch("three") {
                            bbnnConvolution(1 × 1)
                            bbnnConvolution(3 × 3)
                        }
                        Branch("five") {
                            bbnnConvolution(1 × 1)
                            bbnnConvolution(5 × 5)
                        }
                        Branch("pool") {
                            MaxPool(3 × 3, stride: 1 × 1, padding: .same)
                            bbnnConvolution(1 × 1)
                        }
                    }
                }
            }
            bbnnConvolution(1 × 1)
            AveragePool(2 × 2)
            BatchNorm()
            ReLU()
            GlobalAveragePool()
            Dense(genres)
        }
    }

    @LayerBuilder private static func bbnnConvolution(_ kernel: Extent) -> [Layer] {
        BatchNorm()
        ReLU()
        Convolution(32, kernel: kernel)
    }
}

/// The sizes of a musicnn: as its authors have them, or what is left of them.
public struct MusicnnWidths: Sendable, Hashable {
    /// Channels of the two kernels of timbre and of the three of rhythm.
    public var timbre = [204, 204]
    public var rhythm = [51, 51, 51]
    /// Channels of each layer of the middle.
    public var middle = 64
    /// Units of the dense layer before the last.
    public var units = 200
    /// Of the norms; TensorFlow's default is 1e-3.
    public var epsilon = 1e-5

    public init() {}
}

extension Architecture {
    /// The field's standard nets.
    static let field: [Architecture] = [
        Architecture(
            name: "short-chunk", summary: "six or seven convolutions of 3x3, each halving the map",
            source: "Won et al. 2020", recipe: "short-chunk", training: .shortChunk,
            blueprint: Blueprint.shortChunk),
        Architecture(
            name: "short-chunk-res", summary: "short-chunk with residual connections", source: "Won et al. 2020",
            recipe: "short-chunk", training: .shortChunk,
            blueprint: Blueprint.shortChunkRes),
        Architecture(
            name: "musicnn", summary: "kernels for timbre and rhythm, residual and dense connections",
            source: "Pons & Serra 2019", recipe: "musicnn",
            input: 96 × 187, training: .musicnn, blueprint: { Blueprint.musicnn(genres: $0, input: $1) }),
        Architecture(
            name: "bbnn", summary: "three broadcast modules of four paths each, global pooling",
            source: "Liu et al. 2019", recipe: "bbnn", training: .bbnn,
            blueprint: Blueprint.bbnn),
    ]
}
