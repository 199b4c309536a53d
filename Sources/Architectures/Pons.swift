import NeuralNetwork

// Pons, Lidy & Serra 2016, "Experimenting with musically motivated convolutional neural networks", read from the authors'
// code; made for 40 bands by 80 frames of 23 ms. On other sizes the frequency kernel keeps its share of the bands. Their one
// mean and deviation of the whole data set is here a standardisation by band, fitted on the training tracks.

extension Blueprint {
    /// One kernel for all: 12 x 8. 3,275,714 parameters for ten genres on 40 x 80.
    public static func ponsBlackbox(genres: Int, input: Extent = 40 × 80) -> Blueprint {
        Blueprint("pons-blackbox", input: input) {
            Standardise()
            Convolution(32, kernel: 12 × 8, padding: .valid)
            ReLU()
            MaxPool(4 × 1)
            Dropout(0.5)
            Dense(200)
            ReLU()
            Dropout(0.5)
            Dense(genres)
        }
    }

    /// Kernels along time, 1 x 60: 8,682 parameters.
    public static func ponsTime(genres: Int, input: Extent = 40 × 80) -> Blueprint {
        Blueprint("pons-time", input: input) {
            Standardise()
            ponsTime
            Dropout(0.5)
            Dense(genres)
        }
    }

    /// Kernels along frequency, four fifths of the bands x 1: 3,946 parameters.
    public static func ponsFrequency(genres: Int, input: Extent = 40 × 80) -> Blueprint {
        Blueprint("pons-frequency", input: input) {
            Standardise()
            ponsFrequency(input)
            Dropout(0.5)
            Dense(genres)
        }
    }

    /// Both side by side: 197,218 parameters.
    ///
    /// - Parameter name: of the form whose towers begin with trained nets, the same layers under another name.
    public static func ponsTimeFrequency(
        _ name: String = "pons-timefrequency", genres: Int, input: Extent = 40 × 80
    ) -> Blueprint {
        Blueprint(name, input: input) {
            Standardise()
            Towers {
                Tower("time") { ponsTime }
                Tower("frequency") { ponsFrequency(input) }
            }
            Dropout(0.5)
            Dense(200)
            ReLU()
            Dropout(0.5)
            Dense(genres)
        }
    }

    @LayerBuilder private static var ponsTime: [Layer] {
        Convolution(32, kernel: 1 × 60, padding: .valid)
        ReLU()
        GlobalMaxPool(over: .frequency)
    }

    @LayerBuilder private static func ponsFrequency(_ input: Extent) -> [Layer] {
        Convolution(32, kernel: max(1, input.mels * 4 / 5) × 1, padding: .valid)
        ReLU()
        GlobalMaxPool(over: .time)
    }
}

// Chen & Wang 2017, "Multi-channel convolutional and recurrent networks" (ISMIR), layer numbers from a student
// re-implementation, which says that it is not meant to represent the paper.

extension Blueprint {
    /// Kernels for pitch, tempo and bass side by side. 2,008,186 parameters for ten genres on 40 x 80.
    public static func mcc(genres: Int, input: Extent = 40 × 80) -> Blueprint {
        Blueprint("mcc", input: input) {
            Standardise()
            mccFront(input)
            Dense(genres)
        }
    }

    /// The same on each of a track's 16 chunks (fewer where they would have less than 80 frames), then an LSTM over the
    /// chunks. 2,487,786 parameters: PyTorch's LSTM has a second bias that the authors' library lacks.
    public static func mccLSTM(genres: Int, input: Extent = 40 × 1280) -> Blueprint {
        Blueprint("mcclstm", input: input) {
            Standardise()
            let chunks = max(2, min(16, input.frames / 80))
            Windows(chunks) { mccFront(input.mels × (input.frames / chunks)) }
            LSTM(200)
            Dense(genres)
        }
    }

    @LayerBuilder private static func mccFront(_ input: Extent) -> [Layer] {
        Towers {
            Tower("pitch") {
                Convolution(32, kernel: max(1, input.mels * 4 / 5) × 1, padding: .valid)
                ReLU()
                BatchNorm()
                GlobalMaxPool(over: .time)
            }
            Tower("tempo") {
                Convolution(32, kernel: 1 × 60, padding: .valid)
                ReLU()
                BatchNorm()
                GlobalMaxPool(over: .frequency)
            }
            Tower("bass") {
                Convolution(32, kernel: 13 × 9, padding: .valid)
                ReLU()
                BatchNorm()
                MaxPool(4 × 4)
            }
        }
        Dense(400)
        ReLU()
        Dropout(0.5)
    }
}
