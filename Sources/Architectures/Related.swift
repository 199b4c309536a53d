import NeuralNetwork

extension Blueprint {
    /// Dong 2018 (arXiv 1802.09697), read from the author's code: two convolutions on three seconds of 64 bands. With 64
    /// filters 463,914 parameters for ten genres on 64 x 256.
    public static func dong(_ name: String, filters: Int, genres: Int, input: Extent = 64 × 256) -> Blueprint {
        Blueprint(name, input: input) {
            Convolution(filters, kernel: 3 × 3, padding: .valid)
            ReLU()
            MaxPool(2 × 4)
            Convolution(64, kernel: 3 × 5, padding: .valid)
            ReLU()
            MaxPool(2 × 4)
            Dropout(0.2)
            Dense(32)
            ReLU()
            Dropout(0.2)
            Dense(genres)
        }
    }

    /// Choi, Fazekas, Sandler & Cho 2017, "Convolutional recurrent neural networks for music classification": four
    /// convolutions, then two GRUs over time, here with one norm of the input in place of one a frame, and PyTorch's GRU.
    ///
    /// - Parameter widths: channels of the first convolution and of the others, units of the GRUs.
    public static func choiCRNN(
        _ name: String, widths: (Int, Int, Int), genres: Int, input: Extent = 80 × 80
    ) -> Blueprint {
        // Its own pools need some 1,300 frames; on a second of music these leave a quarter of the steps.
        let pools: [Extent] =
            input.frames >= 144 ? [2 × 2, 3 × 3, 4 × 4, 4 × 4] : [2 × 2, 2 × 2, 4 × 1, 5 × 1]
        return Blueprint(name, input: input) {
            BatchNorm()
            for (index, pool) in pools.enumerated() {
                Convolution(index == 0 ? widths.0 : widths.1, kernel: 3 × 3)
                BatchNorm()
                ELU()
                MaxPool(pool)
                Dropout(0.1)
            }
            GRU(widths.2, returns: .sequence)
            GRU(widths.2)
            Dropout(0.3)
            Dense(genres)
        }
    }

    /// The same authors' k2c2: five convolutions of 3 x 3 and no dense layer but the last.
    public static func choiK2C2(_ name: String, widths: [Int], genres: Int, input: Extent = 80 × 80) -> Blueprint {
        let pools: [Extent] =
            input.frames >= 1280
            ? [2 × 4, 2 × 4, 2 × 4, 3 × 5, 4 × 4] : [2 × 2, 2 × 2, 2 × 2, 2 × 2, 5 × 5]
        return Blueprint(name, input: input) {
            BatchNorm()
            for (width, pool) in zip(widths, pools) {
                Convolution(width, kernel: 3 × 3)
                BatchNorm()
                ELU()
                MaxPool(pool)
            }
            Dense(genres)
        }
    }

    /// Sainath, Vinyals, Senior & Sak 2015, "Convolutional, long short-term memory, fully connected deep neural networks".
    /// Our reading of a net for speech: its order of layers and its kernels, a quarter of its widths, our segments,
    /// standardised by band.
    public static func cldnn(genres: Int, input: Extent = 80 × 80) -> Blueprint {
        let bands = ((input.mels - 8) / 3 - 3) / 3
        return Blueprint("cldnn", input: input) {
            Standardise()
            Convolution(64, kernel: 9 × 9, padding: Padding(mels: .valid, frames: .same))
            ReLU()
            MaxPool(3 × 1)
            Convolution(64, kernel: 4 × 3, padding: Padding(mels: .valid, frames: .same))
            ReLU()
            MaxPool(3 × 1)
            // The linear layer that each frame passes before the LSTMs.
            Convolution(64, kernel: max(1, bands) × 1, padding: .valid)
            LSTM(208, layers: 2)
            Dense(256)
            ReLU()
            Dense(genres)
        }
    }

    /// Dalmazzo & Ramirez 2020, bow strokes of a violin: two parts of a spectrogram, convolutions along time in each, an
    /// LSTM over the two. 540,486 parameters for ten genres on 80 x 80 (PyTorch's LSTM has a second bias).
    public static func gestureCNNLSTM(genres: Int, input: Extent = 80 × 80) -> Blueprint {
        Blueprint("gesture-cnnlstm", input: input) {
            Standardise()
            Windows(2) {
                Convolution(64, kernel: input.mels × 3, padding: .valid)
                ReLU()
                Convolution(64, kernel: 1 × 3, padding: .valid)
                ReLU()
                Dropout(0.5)
                MaxPool(1 × 2)
                Flatten()
            }
            LSTM(100)
            Dropout(0.5)
            Dense(100)
            ReLU()
            Dense(genres)
        }
    }
}

extension Architecture {
    /// What the paper builds on. Of Cheng et al. 2020 (its reference 10) no layers are known; `crnn` stands in for it.
    static let related: [Architecture] =
        [
            Architecture(
                name: "pons-blackbox", summary: "one convolution of 12x8, then a dense layer",
                source: "Pons, Lidy & Serra 2016", recipe: "pons", input: 40 × 80, training: .pons,
                blueprint: Blueprint.ponsBlackbox),
            Architecture(
                name: "pons-time", summary: "kernels along time alone", source: "Pons, Lidy & Serra 2016",
                recipe: "pons", input: 40 × 80, training: .pons, blueprint: Blueprint.ponsTime),
            Architecture(
                name: "pons-frequency", summary: "kernels along frequency alone", source: "Pons, Lidy & Serra 2016",
                recipe: "pons", input: 40 × 80, training: .pons,
                blueprint: Blueprint.ponsFrequency),
            Architecture(
                name: "pons-timefrequency", summary: "kernels along time and along frequency side by side",
                source: "Pons, Lidy & Serra 2016", recipe: "pons", input: 40 × 80, training: .pons
            ) { Blueprint.ponsTimeFrequency(genres: $0, input: $1) },
            Architecture(
                name: "pons-timefrequency-init",
                summary: "pons-timefrequency, its kernels begun with those of trained pons-time and pons-frequency",
                source: "Pons, Lidy & Serra 2016", recipe: "pons", input: 40 × 80, training: .pons,
                beginnings: [
                    .init(tower: "time", net: "pons-time"), .init(tower: "frequency", net: "pons-frequency"),
                ]
            ) { Blueprint.ponsTimeFrequency("pons-timefrequency-init", genres: $0, input: $1) },
            Architecture(
                name: "mcc", summary: "kernels for pitch, tempo and bass side by side (a re-implementation's numbers)",
                source: "Chen & Wang 2017", recipe: "pons", input: 40 × 80, training: .mcc,
                blueprint: Blueprint.mcc),
            Architecture(
                name: "mcclstm", summary: "mcc on each of 16 chunks of a track, then an LSTM over them",
                source: "Chen & Wang 2017", recipe: "pons", input: 40 × 1280, training: .mcc,
                blueprint: Blueprint.mccLSTM),
        ]
        + [("dong-32", 32), ("dong", 64), ("dong-96", 96)].map { name, filters in
            Architecture(
                name: name, summary: "two convolutions on three seconds, \(filters) filters in the first",
                source: "Dong 2018", recipe: "dong", input: 64 × 256,
                training: .dong
            ) { Blueprint.dong(name, filters: filters, genres: $0, input: $1) }
        }
        + [
            ("choi-crnn", "0.1", (30, 60, 30)), ("choi-crnn-0.25m", "0.25", (48, 96, 48)),
            ("choi-crnn-0.5m", "0.5", (68, 137, 68)), ("choi-crnn-1m", "1", (96, 195, 96)),
            ("choi-crnn-3m", "3", (169, 339, 169)),
        ].map { name, size, widths in
            Architecture(
                name: name, summary: "four convolutions of 3x3, two GRUs over time, \(size) million parameters",
                source: "Choi et al. 2017", recipe: "choi", training: .choi
            ) { Blueprint.choiCRNN(name, widths: widths, genres: $0, input: $1) }
        }
        + [
            ("choi-k2c2", "0.1", [20, 41, 41, 62, 83]), ("choi-k2c2-0.25m", "0.25", [33, 66, 66, 100, 133]),
            ("choi-k2c2-0.5m", "0.5", [47, 95, 95, 142, 190]), ("choi-k2c2-1m", "1", [67, 135, 135, 203, 271]),
            ("choi-k2c2-3m", "3", [118, 236, 236, 355, 473]),
        ].map { name, size, widths in
            Architecture(
                name: name, summary: "five convolutions of 3x3, \(size) million parameters",
                source: "Choi et al. 2017", recipe: "choi", training: .choi
            ) { Blueprint.choiK2C2(name, widths: widths, genres: $0, input: $1) }
        }
        + [
            Architecture(
                name: "cldnn",
                summary: "convolutions, LSTMs and dense layers in a row (our reading of a net for speech)",
                source: "Sainath et al. 2015", training: .cldnn, blueprint: Blueprint.cldnn),
            Architecture(
                name: "gesture-cnnlstm",
                summary: "convolutions along time in two parts, an LSTM over them (our reading of a net for gestures)",
                source: "Dalmazzo & Ramirez 2020", training: .gestures,
                blueprint: Blueprint.gestureCNNLSTM),
        ]
}
