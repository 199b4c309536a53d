import Architectures
import NeuralNetwork

/// A net of the release as one of ours: its blueprint, its parameters by their names, and what was left out.
struct TakenNet {
    var blueprint: Blueprint
    var tensors: [String: [Float]]
    /// In words; nil for nothing.
    var changes: String?
}

extension TakenNet {
    /// A filter whose weights are all smaller is dead: its penalty drove it to nothing, and its output is a constant. The
    /// live ones of MSD_musicnn begin at 9e-4, its dead ones end at 3e-7.
    static let deadBelow: Float = 1e-4

    /// The musicnn nets, without their dead filters.
    ///
    /// A dead filter gives the constant norm(ReLU(bias)). What the first layer of the middle makes of it goes into that
    /// layer's bias, and what the dense layer makes of it into that one's. At the ends of a segment, where the middle reads
    /// zeros in its place, this is not exact; the weights that read it are as small as its own.
    init(musicnn layers: CheckpointLayers, sizes: MusicnnRelease.Sizes) throws(ByteCursor.Fault) {
        let shapes: [(frames: Int, mels: Int, channels: Int)] = [
            (7, 38, sizes.timbre), (7, 67, sizes.timbre), (128, 1, sizes.rhythm),
            (64, 1, sizes.rhythm), (32, 1, sizes.rhythm),
        ]
        let branches = ["timbre40", "timbre70", "rhythm128", "rhythm64", "rhythm32"]
        var tensors = try layers.norm(0, channels: 1).tensors("norm1")
        var live: [[Int]] = []
        /// Of all filters of the front, in order: the constant of a dead one, nil for a live one.
        var constants: [Double?] = []
        for (index, shape) in shapes.enumerated() {
            let convolution = try layers.convolution(
                "conv2d" + (index == 0 ? "" : "_\(index)"), frames: shape.frames, mels: shape.mels, inputs: 1,
                outputs: shape.channels)
            let norm = try layers.norm(index + 1, channels: shape.channels)
            var kept = (0..<shape.channels).filter { convolution.greatestWeight(ofOutput: $0) >= Self.deadBelow }
            // A convolution has a channel at least.
            if kept.isEmpty { kept = [0] }
            live.append(kept)
            let isKept = Set(kept)
            constants += (0..<shape.channels).map {
                isKept.contains($0) ? nil : norm.value($0, of: max(convolution.bias[$0], 0))
            }
            tensors["\(branches[index]).1.weight"] = convolution.canonical(outputs: kept, inputs: [0])
            tensors["\(branches[index]).1.bias"] = kept.map { convolution.bias[$0] }
            tensors.merge(norm.channels(kept).tensors("\(branches[index]).norm1")) { $1 }
        }

        let front = constants.count
        let read = constants.indices.filter { constants[$0] == nil }
        let all = Array(0..<sizes.middle)
        let names = ["middle1", "middle1.middle2.block", "middle1.middle2.middle3.block"]
        for (index, name) in names.enumerated() {
            let inputs = index == 0 ? front : sizes.middle
            let convolution = try layers.convolution(
                "conv2d_\(5 + index)", frames: 7, channels: inputs, outputs: sizes.middle)
            let norm = try layers.norm(6 + index, channels: sizes.middle)
            var bias = convolution.bias
            if index == 0 {
                for output in all {
                    var sum = Double(bias[output])
                    for (input, constant) in constants.enumerated() {
                        guard let constant else { continue }
                        for frame in 0..<7 {
                            sum += constant * Double(convolution.weight(output, input, mel: 0, frame: frame))
                        }
                    }
                    bias[output] = Float(sum)
                }
            }
            tensors["\(name).1.weight"] = convolution.canonical(outputs: all, inputs: index == 0 ? read : all)
            tensors["\(name).1.bias"] = bias
            tensors.merge(norm.tensors("\(name).norm1")) { $1 }
        }

        // TensorFlow stacks the two pools and flattens: greatest and mean of channel 0, of channel 1 and so on. Ours stand
        // one after the other.
        let joined = front + 3 * sizes.middle
        let channels = read + Array(front..<joined)
        let places = channels.map { 2 * $0 } + channels.map { 2 * $0 + 1 }
        let pooled = try layers.norm(9, channels: 2 * joined)
        let dense = try layers.dense("dense", inputs: 2 * joined, outputs: sizes.units)
        var bias = dense.bias.map(Double.init)
        for (channel, constant) in constants.enumerated() {
            guard let constant else { continue }
            for place in [2 * channel, 2 * channel + 1] {
                let value = pooled.value(place, of: Float(constant))
                for unit in 0..<sizes.units { bias[unit] += value * Double(dense.kernel[place * sizes.units + unit]) }
            }
        }
        tensors.merge(pooled.channels(places).tensors("norm2")) { $1 }
        tensors["dense1.weight"] = dense.canonical(inputs: places)
        tensors["dense1.bias"] = bias.map(Float.init)
        tensors.merge(try layers.norm(10, channels: sizes.units).tensors("norm3")) { $1 }
        let last = try layers.dense("dense_1", inputs: sizes.units, outputs: sizes.tags)
        tensors["dense2.weight"] = last.canonical(inputs: Array(0..<sizes.units))
        tensors["dense2.bias"] = last.bias

        var widths = MusicnnWidths()
        widths.timbre = live[..<2].map(\.count)
        widths.rhythm = live[2...].map(\.count)
        widths.middle = sizes.middle
        widths.units = sizes.units
        widths.epsilon = CheckpointLayers.Norm.epsilon
        self.init(
            blueprint: .musicnn(genres: sizes.tags, widths: widths), tensors: tensors,
            changes: read.count == front
                ? nil
                : "\(front - read.count) of the \(front) filters of the front were left out, since none of their weights "
                    + "reaches \(Self.deadBelow); their constant outputs are part of the biases after them")
    }

    /// The vgg nets, whole: five convolutions of 3x3.
    init(vgg layers: CheckpointLayers, sizes: MusicnnRelease.Sizes) throws(ByteCursor.Fault) {
        let channels = sizes.vgg
        let norm = BatchNorm(epsilon: CheckpointLayers.Norm.epsilon)
        let blueprint = Blueprint("musicnn-vgg", input: 96 × 187) {
            norm
            for pool in [
                MaxPool(1 × 4, stride: 2 × 2), MaxPool(2 × 2), MaxPool(2 × 2), MaxPool(2 × 2), MaxPool(4 × 4),
            ] {
                Convolution(channels, kernel: 3 × 3)
                ReLU()
                norm
                pool
            }
            Dropout(0.5)
            Dense(sizes.tags)
        }
        var tensors = try layers.norm(0, channels: 1).tensors("norm1")
        let all = Array(0..<channels)
        for layer in 1...5 {
            let inputs = layer == 1 ? 1 : channels
            let convolution = try layers.convolution(
                "\(layer)CNN", frames: 3, mels: 3, inputs: inputs, outputs: channels)
            tensors["convolution.\(layer).weight"] = convolution.canonical(
                outputs: all, inputs: Array(0..<inputs))
            tensors["convolution.\(layer).bias"] = convolution.bias
            tensors.merge(try layers.norm(layer, channels: channels).tensors("norm\(layer + 1)")) { $1 }
        }
        // Two columns of one row are left: TensorFlow flattens columns first, then channels; ours are channel by channel.
        let dense = try layers.dense("dense", inputs: 2 * channels, outputs: sizes.tags)
        let places = all.flatMap { channel in [channel, channels + channel] }
        tensors["dense1.weight"] = dense.canonical(inputs: places)
        tensors["dense1.bias"] = dense.bias
        self.init(blueprint: blueprint, tensors: tensors, changes: nil)
    }
}
