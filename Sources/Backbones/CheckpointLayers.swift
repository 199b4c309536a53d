/// Tensors of TensorFlow's layers, turned to PyTorch's order; sizes are held against those that the release has.
struct CheckpointLayers {
    let bundle: TensorBundle

    /// A convolution of TensorFlow's: kernel [frames][mels][inputs][outputs].
    struct Convolution {
        let frames: Int
        let mels: Int
        let inputs: Int
        let outputs: Int
        let kernel: [Float]
        let bias: [Float]

        func weight(_ output: Int, _ input: Int, mel: Int, frame: Int) -> Float {
            kernel[((frame * mels + mel) * inputs + input) * outputs + output]
        }

        /// [outputs][inputs][mels][frames] of those channels alone.
        func canonical(outputs kept: [Int], inputs read: [Int]) -> [Float] {
            var result: [Float] = []
            result.reserveCapacity(kept.count * read.count * mels * frames)
            for output in kept {
                for input in read {
                    for mel in 0..<mels {
                        for frame in 0..<frames { result.append(weight(output, input, mel: mel, frame: frame)) }
                    }
                }
            }
            return result
        }

        /// The greatest magnitude among an output's weights.
        func greatestWeight(ofOutput output: Int) -> Float {
            stride(from: output, to: kernel.count, by: outputs).reduce(0) { max($0, abs(kernel[$1])) }
        }
    }

    /// Batch normalisation with its running statistics.
    struct Norm {
        /// TensorFlow's default.
        static let epsilon = 1e-3

        var gamma: [Float]
        var beta: [Float]
        var mean: [Float]
        var variance: [Float]

        /// What it makes of a value of a channel.
        func value(_ channel: Int, of input: Float) -> Double {
            let deviation = (Double(variance[channel]) + Self.epsilon).squareRoot()
            return (Double(input) - Double(mean[channel])) * Double(gamma[channel]) / deviation + Double(beta[channel])
        }

        func channels(_ kept: [Int]) -> Norm {
            func pick(_ values: [Float]) -> [Float] { kept.map { values[$0] } }
            return Norm(gamma: pick(gamma), beta: pick(beta), mean: pick(mean), variance: pick(variance))
        }

        /// By PyTorch's names.
        func tensors(_ name: String) -> [String: [Float]] {
            [
                "\(name).weight": gamma, "\(name).bias": beta, "\(name).running_mean": mean,
                "\(name).running_var": variance,
            ]
        }
    }

    struct Dense {
        let inputs: Int
        let outputs: Int
        /// [inputs][outputs].
        let kernel: [Float]
        let bias: [Float]

        /// [outputs][inputs] of those inputs alone.
        func canonical(inputs read: [Int]) -> [Float] {
            (0..<outputs).flatMap { output in read.map { kernel[$0 * outputs + output] } }
        }
    }

    func convolution(
        _ name: String, frames: Int, mels: Int, inputs: Int, outputs: Int
    ) throws(ByteCursor.Fault) -> Convolution {
        Convolution(
            frames: frames, mels: mels, inputs: inputs, outputs: outputs,
            kernel: try bundle.floats("\(name)/kernel", shape: [frames, mels, inputs, outputs]),
            bias: try bundle.floats("\(name)/bias", shape: [outputs]))
    }

    /// A convolution along time alone that TensorFlow writes as one over a map whose second axis is the channels; the bytes
    /// are those of one of a single mel band.
    func convolution(
        _ name: String, frames: Int, channels: Int, outputs: Int
    ) throws(ByteCursor.Fault) -> Convolution {
        Convolution(
            frames: frames, mels: 1, inputs: channels, outputs: outputs,
            kernel: try bundle.floats("\(name)/kernel", shape: [frames, channels, 1, outputs]),
            bias: try bundle.floats("\(name)/bias", shape: [outputs]))
    }

    /// The net's n-th norm, from 0.
    func norm(_ number: Int, channels: Int) throws(ByteCursor.Fault) -> Norm {
        let name = "batch_normalization" + (number == 0 ? "" : "_\(number)")
        let variance = try bundle.floats("\(name)/moving_variance", shape: [channels])
        guard variance.allSatisfy({ $0 >= 0 }) else { throw .init(problem: "'\(name)' has a variance below 0") }
        return Norm(
            gamma: try bundle.floats("\(name)/gamma", shape: [channels]),
            beta: try bundle.floats("\(name)/beta", shape: [channels]),
            mean: try bundle.floats("\(name)/moving_mean", shape: [channels]), variance: variance)
    }

    func dense(_ name: String, inputs: Int, outputs: Int) throws(ByteCursor.Fault) -> Dense {
        Dense(
            inputs: inputs, outputs: outputs, kernel: try bundle.floats("\(name)/kernel", shape: [inputs, outputs]),
            bias: try bundle.floats("\(name)/bias", shape: [outputs]))
    }
}
