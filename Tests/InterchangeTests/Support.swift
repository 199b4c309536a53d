import Features
import Foundation
import ModelFile
import NeuralNetwork
import Storage

@testable import Interchange

/// The nets of Tools/check_interchange.py that are small enough for fixtures.
let tinyNets: [Blueprint] = [
    Blueprint("tiny-towers", input: 80 × 80) {
        Towers {
            Tower("frequency") {
                Convolution(2, kernel: 4 × 5)
                MaxPool(8 × 16)
                LeakyReLU(0.3)
                Convolution(3, kernel: 2 × 3)
                LeakyReLU(0)
            }
            Tower("time") {
                Convolution(2, kernel: 3 × 6)
                MaxPool(16 × 8)
                LeakyReLU(0.3)
            }
        }
        Dense(6)
        LeakyReLU(0.3)
        Dense(3)
    },
    Blueprint("tiny-recurrent", input: 80 × 80) {
        Towers {
            Tower("frequency") {
                Convolution(2, kernel: 4 × 3)
                MaxPool(20 × 40)
                LeakyReLU(0.3)
            }
            Tower("time") {
                Convolution(2, kernel: 3 × 4)
                MaxPool(40 × 8)
                LeakyReLU(0.3)
            }
        }
        LSTM(5, bidirectional: true, over: .time(order: ["time", "frequency"]))
        Dense(3)
    },
]

let tinyGenres = ["blues", "jazz", "rock"]

func fixture(_ name: String, _ ending: String) -> URL {
    Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: ending)!
}

func imported(_ blueprint: Blueprint, from url: URL, genres: [String] = tinyGenres) throws -> TrainedModel {
    try TrainedModel(
        importing: url, blueprint: blueprint, genres: genres, recipe: .schindler, toolVersion: "fixture")
}

/// Logits and probabilities, both [count][classes], of segments [count][mels][frames].
func answers(
    of model: TrainedModel, inputs: [Float], count: Int
) throws -> (logits: [Float], probabilities: [Float]) {
    let executor = try Executor(
        parameters: model.parameters, batch: count, mode: .inference, pool: ThreadPool(threads: 2))
    inputs.withUnsafeBufferPointer { executor.inputs.update(from: $0.baseAddress!, count: $0.count) }
    let probabilities = Array(executor.probabilities(count: count))
    return (executor.lastLogits(count: count), probabilities)
}

func temporaryFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("interchange-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
}
