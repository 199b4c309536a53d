import CKernels

// Steps without parameters: what moves and changes maps.

/// A pool that no convolution has taken.
final class PoolStep: Step {
    let name: String
    private let layer: gk_pooling
    private let images: Int

    static func plan(
        _ name: String, _ operation: PoolOperation, _ planning: inout StepPlanning, node: NetworkGraph.Node
    ) -> StepMaker {
        let value = planning.graph.values[node.output]
        var argmax: MemoryPlan.Piece?
        if planning.training && operation.kind == .max {
            argmax = planning.reserveThrough(
                bytes: planning.batch * value.images * value.storedCount * MemoryLayout<Int32>.stride)
        }
        return { [argmax] binding in
            let places = argmax.map { binding.memory.bytes($0).assumingMemoryBound(to: Int32.self) }
            return PoolStep(name, operation, argmax: places, binding: binding)
        }
    }

    private init(
        _ name: String, _ operation: PoolOperation, argmax: UnsafeMutablePointer<Int32>?, binding: StepBinding
    ) {
        self.name = name
        let (input, output) = (binding.inputs[0], binding.outputs[0])
        images = input.images
        layer = gk_pooling(
            height: Int32(input.shape.extent.mels), width: Int32(input.shape.extent.frames),
            channels: Int32(input.stored), out_height: Int32(output.shape.extent.mels),
            out_width: Int32(output.shape.extent.frames), window_height: Int32(operation.window.mels),
            window_width: Int32(operation.window.frames), stride_height: Int32(operation.stride.mels),
            stride_width: Int32(operation.stride.frames), pad_top: Int32(operation.pads.top),
            pad_left: Int32(operation.pads.left), average: operation.kind == .average, input: input.values,
            output: output.values, argmax: argmax, output_gradient: output.gradient, input_gradient: input.gradient)
    }

    func forward(_ call: StepCall) {
        var layer = layer
        gk_pooling_forward(call.pool.handle, Int32(call.count * images), &layer)
    }

    func backward(_ call: StepCall) {
        var layer = layer
        gk_pooling_backward(call.pool.handle, Int32(call.count * images), &layer)
    }
}

extension Activation {
    var kernel: (kind: gk_activation_kind, slope: Float) {
        switch self {
        case .leakyReLU(let slope): (GK_LEAKY, slope)
        case .elu: (GK_ELU, 0)
        case .sigmoid: (GK_SIGMOID, 0)
        case .tanh: (GK_TANH, 0)
        }
    }
}

/// An activation that no other step has taken.
final class ActivationStep: Step {
    let name: String
    private let kind: gk_activation_kind
    private let slope: Float
    private let input: BoundValue
    private let output: BoundValue

    static func plan(_ name: String, _ activation: Activation) -> StepMaker {
        { ActivationStep(name, activation, binding: $0) }
    }

    private init(_ name: String, _ activation: Activation, binding: StepBinding) {
        self.name = name
        (input, output) = (binding.inputs[0], binding.outputs[0])
        (kind, slope) = activation.kernel
    }

    func forward(_ call: StepCall) {
        // Values of several parts have the same channels in each.
        gk_activation_forward(
            call.pool.handle, kind, slope, Int64(call.count * input.images * input.count / input.stored),
            Int32(input.stored), Int32(input.shape.channels), input.values, output.values)
    }

    func backward(_ call: StepCall) {
        guard let gradient = input.gradient else { return }
        gk_activation_backward(
            call.pool.handle, kind, slope, Int64(call.count * input.images * input.count), output.values,
            output.gradient, gradient)
    }
}

/// A dropout that no other step has taken.
final class DropoutStep: Step {
    let name: String
    private let rate: Float
    private let key: UInt64
    private let input: BoundValue
    private let output: BoundValue

    static func plan(_ name: String, rate: Float, _ planning: StepPlanning) -> StepMaker {
        let key = planning.dropoutKey(name)
        return { DropoutStep(name, rate: key == nil ? 0 : rate, key: key ?? 0, binding: $0) }
    }

    private init(_ name: String, rate: Float, key: UInt64, binding: StepBinding) {
        self.name = name
        self.rate = rate
        self.key = key
        (input, output) = (binding.inputs[0], binding.outputs[0])
    }

    func forward(_ call: StepCall) { apply(call, from: input.values, to: output.values) }

    func backward(_ call: StepCall) {
        if let gradient = input.gradient { apply(call, from: output.gradient!, to: gradient) }
    }

    private func apply(
        _ call: StepCall, from: UnsafeMutablePointer<Float>, to: UnsafeMutablePointer<Float>
    ) {
        gk_dropout_apply(
            call.pool.handle, rate, key, call.step, Int64(call.count * input.images * input.count), from, to)
    }
}

/// The sum of several values.
final class SumStep: Step {
    let name: String
    private let inputs: [BoundValue]
    private let output: BoundValue
    private let terms: UnsafeMutableBufferPointer<UnsafePointer<Float>?>

    static func plan(_ name: String) -> StepMaker { { SumStep(name, binding: $0) } }

    private init(_ name: String, binding: StepBinding) {
        self.name = name
        (inputs, output) = (binding.inputs, binding.outputs[0])
        terms = .allocate(capacity: inputs.count)
        for (index, input) in inputs.enumerated() {
            terms.initializeElement(at: index, to: UnsafePointer(input.values))
        }
    }

    private func count(_ call: StepCall) -> Int { call.count * output.images * output.count }

    func forward(_ call: StepCall) {
        gk_sum(call.pool.handle, Int32(terms.count), terms.baseAddress!, Int64(count(call)), output.values)
    }

    func backward(_ call: StepCall) {
        for input in inputs {
            var from: UnsafePointer<Float>? = UnsafePointer(output.gradient)
            if let gradient = input.gradient { gk_sum(call.pool.handle, 1, &from, Int64(count(call)), gradient) }
        }
    }

    deinit { terms.deallocate() }
}

/// Several readers' gradients of one value become one, in the order of the readers.
final class ForkStep: Step {
    let name = "fork"
    private let value: BoundValue
    private let terms: UnsafeMutableBufferPointer<UnsafePointer<Float>?>

    /// - Parameters:
    ///   - value: with the gradient that its writer reads.
    ///   - gradients: the readers', of which the first may be that one.
    init(value: BoundValue, gradients: [UnsafeMutablePointer<Float>]) {
        self.value = value
        terms = .allocate(capacity: gradients.count)
        for (index, gradient) in gradients.enumerated() {
            terms.initializeElement(at: index, to: UnsafePointer(gradient))
        }
    }

    func forward(_ call: StepCall) {}

    func backward(_ call: StepCall) {
        gk_sum(
            call.pool.handle, Int32(terms.count), terms.baseAddress!, Int64(call.count * value.images * value.count),
            value.gradient!)
    }

    deinit { terms.deallocate() }
}

/// Several values side by side in one.
final class ConcatenationStep: Step {
    let name: String
    private let output: BoundValue
    /// A part of what is joined, and where it goes.
    private struct Part {
        let values: UnsafeMutablePointer<Float>
        let gradient: UnsafeMutablePointer<Float>?
        let offset: Int
        /// Without the number of images.
        let copy: gk_copy
        /// Spare channels of the part itself.
        let spare: Int
    }
    private let parts: [Part]

    static func plan(_ name: String, _ join: Join) -> StepMaker { { ConcatenationStep(name, join, binding: $0) } }

    private init(_ name: String, _ join: Join, binding: StepBinding) {
        self.name = name
        let output = binding.outputs[0]
        self.output = output
        let total = output.parts[0].shape.channels
        var (parts, place): ([Part], Int) = ([], 0)
        for input in binding.inputs {
            var start = 0
            for part in input.parts {
                let (extent, stored, channels) = (part.shape.extent, part.storedChannels, part.shape.channels)
                var copy = gk_copy()
                copy.rows = Int32(extent.mels)
                copy.columns = Int32(extent.frames)
                copy.channels = Int32(channels)
                copy.from = gk_copy_side(
                    image: Int64(input.count), row: Int64(extent.frames * stored), column: Int64(stored), channel: 1)
                var (offset, spare) = (0, stored - channels)
                let width = output.shape.extent.frames * output.stored
                switch join {
                case .features:
                    copy.to = gk_copy_side(
                        image: Int64(output.count), row: Int64(extent.frames), column: 1, channel: Int64(extent.area))
                    offset = place
                    place += part.shape.count
                case .channels, .add:
                    copy.to = gk_copy_side(
                        image: Int64(output.count), row: Int64(width), column: Int64(output.stored), channel: 1)
                    offset = place
                    place += channels
                    if place == total { copy.spare = Int32(output.stored - total) }
                case .time:
                    // Where both keep equally many channels, the spare ones go along.
                    if stored == output.stored {
                        copy.channels = Int32(stored)
                        spare = 0
                    }
                    copy.spare = Int32(output.stored) - copy.channels
                    copy.to = gk_copy_side(
                        image: Int64(output.count), row: Int64(width), column: Int64(output.stored), channel: 1)
                    offset = place * output.stored
                    place += extent.frames
                }
                parts.append(
                    Part(
                        values: input.values + start, gradient: input.gradient.map { $0 + start }, offset: offset,
                        copy: copy, spare: spare))
                start += part.storedCount
            }
        }
        if join == .features, output.stored > total {  // clears what is spare, copying nothing
            var copy = gk_copy()
            copy.rows = 1
            copy.columns = 1
            copy.spare = Int32(output.stored - total)
            copy.to = gk_copy_side(image: Int64(output.count), row: 0, column: 0, channel: 1)
            parts.append(Part(values: output.values, gradient: nil, offset: total, copy: copy, spare: 0))
        }
        self.parts = parts
    }

    func forward(_ call: StepCall) {
        for part in parts {
            var copy = part.copy
            copy.images = Int32(call.count * output.images)
            gk_copy_channels(call.pool.handle, &copy, part.values, output.values + part.offset)
        }
    }

    func backward(_ call: StepCall) {
        for part in parts {
            guard let gradient = part.gradient else { continue }
            var copy = part.copy
            copy.images = Int32(call.count * output.images)
            (copy.from, copy.to) = (copy.to, copy.from)
            copy.spare = Int32(part.spare)
            gk_copy_channels(call.pool.handle, &copy, output.gradient! + part.offset, gradient)
        }
    }
}

/// Images cut into windows of their frames, or windows joined to images.
final class WindowsStep: Step {
    let name: String
    private let count: Int
    private let input: BoundValue
    private let output: BoundValue
    private let isSplit: Bool

    static func plan(_ name: String, count: Int, isSplit: Bool) -> StepMaker {
        { WindowsStep(name, count: count, isSplit: isSplit, binding: $0) }
    }

    private init(_ name: String, count: Int, isSplit: Bool, binding: StepBinding) {
        self.name = name
        self.count = count
        self.isSplit = isSplit
        (input, output) = (binding.inputs[0], binding.outputs[0])
    }

    func forward(_ call: StepCall) { copy(call, from: input.values, to: output.values, cutting: isSplit) }

    func backward(_ call: StepCall) {
        if let gradient = input.gradient { copy(call, from: output.gradient!, to: gradient, cutting: !isSplit) }
    }

    private func copy(
        _ call: StepCall, from: UnsafeMutablePointer<Float>, to: UnsafeMutablePointer<Float>, cutting: Bool
    ) {
        let (whole, part) = isSplit ? (input, output) : (output, input)
        let (frames, stored) = (part.shape.extent.frames, part.stored)
        let ofWhole = gk_copy_side(
            image: Int64(whole.count), row: Int64(whole.shape.extent.frames * stored), column: Int64(stored), channel: 1
        )
        let ofPart = gk_copy_side(
            image: Int64(count * part.count), row: Int64(frames * stored), column: Int64(stored), channel: 1)
        for window in 0..<count {
            var copy = gk_copy()
            copy.images = Int32(call.count * whole.images)
            copy.rows = Int32(part.shape.extent.mels)
            copy.columns = Int32(frames)
            copy.channels = Int32(stored)
            let (inWhole, inPart) = (window * frames * stored, window * part.count)
            (copy.from, copy.to) = cutting ? (ofWhole, ofPart) : (ofPart, ofWhole)
            gk_copy_channels(
                call.pool.handle, &copy, from + (cutting ? inWhole : inPart), to + (cutting ? inPart : inWhole))
        }
    }
}

/// The input's bands, each less its mean over its deviation.
final class StandardisationStep: Step {
    let name: String
    private let input: BoundValue
    private let output: BoundValue
    private let mean: UnsafeMutablePointer<Float>
    private let deviation: UnsafeMutablePointer<Float>

    static func plan(_ name: String) -> StepMaker { { StandardisationStep(name, binding: $0) } }

    private init(_ name: String, binding: StepBinding) {
        self.name = name
        (input, output) = (binding.inputs[0], binding.outputs[0])
        mean = binding.parameter("\(name).mean").values
        deviation = binding.parameter("\(name).deviation").values
    }

    func forward(_ call: StepCall) {
        gk_standardise(
            call.pool.handle, Int32(call.count), Int32(input.shape.extent.mels), Int32(input.shape.extent.frames), mean,
            deviation, input.values, output.values)
    }

    func backward(_ call: StepCall) {}
}
