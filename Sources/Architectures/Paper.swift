import NeuralNetwork

extension Blueprint {
    /// Schindler, Lidy & Rauber 2016, figure 1, with the paper's sizes (section IV): two towers side by side, one for
    /// each axis of the spectrogram, then a dense layer of 200. 2,060,642 parameters for ten genres.
    public static func shallow(genres: Int, input: Extent = 80 × 80) -> Blueprint {
        Blueprint("shallow", input: input) {
            Towers {
                Tower("frequency") {
                    Convolution(16, kernel: 10 × 23)
                    MaxPool(1 × 20)
                    LeakyReLU(0.3)
                }
                Tower("time") {
                    Convolution(16, kernel: 21 × 20)
                    MaxPool(20 × 1)
                    LeakyReLU(0.3)
                }
            }
            Dense(200)
            LeakyReLU(0.3)
            Dropout(0.1)
            Dense(genres)
        }
    }

    /// Schindler, Lidy & Rauber 2016, figure 2, with the paper's sizes (section IX.A): four convolutions a tower, their
    /// kernels halved from layer to layer. 1,283,362 parameters for ten genres.
    public static func deep(genres: Int, input: Extent = 80 × 80) -> Blueprint {
        Blueprint("deep", input: input) {
            deepTowers(timeKernel: 21 × 20, laterSlope: 0.3)
            Dense(200)
            LeakyReLU(0.3)
            Dropout(0.25)
            Dense(genres)
        }
    }

    /// The deep net as the paper's authors' code builds it, which differs from the paper: the time tower's first
    /// kernel is 21 x 10 (the only one that halves to 10 x 5) and convolutions 2 to 4 are followed by a plain ReLU. Their
    /// L1 factor is 1e-5. 1,280,002 parameters for ten genres.
    public static func deepPublished(genres: Int, input: Extent = 80 × 80) -> Blueprint {
        Blueprint("deep-published", input: input) {
            deepTowers(timeKernel: 21 × 10, laterSlope: 0)
            Dense(200)
            LeakyReLU(0.3)
            Dropout(0.25)
            Dense(genres)
        }
    }

    /// The deep nets' two towers: 128 channels of 10 x 2 and of 2 x 10 places at their ends.
    static func deepTowers(timeKernel: Extent, laterSlope: Float) -> Layer {
        Towers {
            Tower("frequency") {
                Convolution(16, kernel: 10 × 23)
                MaxPool(2 × 2)
                LeakyReLU(0.3)
                Convolution(32, kernel: 5 × 11)
                MaxPool(2 × 2)
                LeakyReLU(laterSlope)
                Convolution(64, kernel: 3 × 5)
                MaxPool(2 × 2)
                LeakyReLU(laterSlope)
                Convolution(128, kernel: 2 × 4)
                MaxPool(1 × 5)
                LeakyReLU(laterSlope)
            }
            Tower("time") {
                Convolution(16, kernel: timeKernel)
                MaxPool(2 × 2)
                LeakyReLU(0.3)
                Convolution(32, kernel: 10 × 5)
                MaxPool(2 × 2)
                LeakyReLU(laterSlope)
                Convolution(64, kernel: 5 × 3)
                MaxPool(2 × 2)
                LeakyReLU(laterSlope)
                Convolution(128, kernel: 4 × 2)
                MaxPool(5 × 1)
                LeakyReLU(laterSlope)
            }
        }
    }
}
