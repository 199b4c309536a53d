import Foundation
import NeuralNetwork
import Randomness

/// A net computed as its blueprint reads, layer by layer, in double precision and with one naive function a layer: the
/// oracle of nets of any shape. It walks the tree and knows neither graph nor stages.
///
/// Each function computes its output and leaves on the tape what its backward pass does.
final class PlainNet {
    /// A batch of maps, [images][channels][mels][frames], or a parameter, and the loss's gradient with respect to it.
    final class Map {
        let images, channels, mels, frames: Int
        let values: UnsafeMutablePointer<Double>
        let gradient: UnsafeMutablePointer<Double>

        init(_ images: Int, _ channels: Int, _ mels: Int, _ frames: Int) {
            (self.images, self.channels, self.mels, self.frames) = (images, channels, mels, frames)
            let count = images * channels * mels * frames
            values = .allocate(capacity: count)
            values.initialize(repeating: 0, count: count)
            gradient = .allocate(capacity: count)
            gradient.initialize(repeating: 0, count: count)
        }

        convenience init(_ values: [Float]) {
            self.init(1, values.count, 1, 1)
            for (index, value) in values.enumerated() { self.values[index] = Double(value) }
        }

        /// Features of an image.
        var features: Int { channels * mels * frames }
        var count: Int { images * features }

        deinit {
            values.deallocate()
            gradient.deallocate()
        }
    }

    typealias Flow = [(name: String?, map: Map)]

    private struct Scope {
        let prefix: String
        var counts: [String: Int] = [:]

        mutating func count(_ kind: String) -> Int {
            counts[kind, default: 0] += 1
            return counts[kind]!
        }

        func joined(_ name: String) -> String { prefix.isEmpty ? name : "\(prefix).\(name)" }
    }

    /// The blueprint's own names and values of all parameters and statistics; a training changes the running ones.
    let parameters: [String: Map]
    /// Which side of its kink each activation took, and which place of its window each maximum.
    private(set) var decisions: [Int32] = []
    /// What single precision might make of it: every result that is rounded is off by up to so much of its size.
    private let error: Double
    private let salt: UInt64
    private let isTraining: Bool
    private var tape: [() -> Void] = []

    init(parameters: [String: [Float]], isTraining: Bool, error: Double = 0, salt: UInt64 = 0) {
        self.parameters = parameters.mapValues { Map($0) }
        (self.isTraining, self.error, self.salt) = (isTraining, error, salt)
    }

    /// Logits, [segments][classes].
    func logits(_ blueprint: Blueprint, segments: [Float]) -> Map {
        let input = blueprint.input
        let map = Map(segments.count / input.area, 1, input.mels, input.frames)
        for (index, value) in segments.enumerated() { map.values[index] = Double(value) }
        var scope = Scope(prefix: "")
        return chain(blueprint.layers, [(nil, map)], &scope)[0].map
    }

    /// The mean cross-entropy of the logits; its gradient goes to all parameters.
    func loss(_ logits: Map, labels: [Int32]) -> Double {
        let (count, classes) = (logits.images, logits.channels)
        var sum = 0.0
        for image in 0..<count {
            let row = logits.values + image * classes
            let largest = (0..<classes).map { row[$0] }.max()!
            let total = (0..<classes).reduce(0) { $0 + exp(row[$1] - largest) }
            sum += largest + log(total) - row[Int(labels[image])]
            for index in 0..<classes {
                logits.gradient[image * classes + index] =
                    (exp(row[index] - largest) / total - (index == Int(labels[image]) ? 1 : 0)) / Double(count)
            }
        }
        for backward in tape.reversed() { backward() }
        for map in parameters.values { round(map.gradient, map.count) }
        return sum / Double(count)
    }

    // MARK: - Rounding

    /// Equal values are rounded alike, and zeros not at all, so that ties stay ties.
    private func round(_ values: UnsafeMutablePointer<Double>, _ count: Int, scale: Double? = nil) {
        guard error > 0 else { return }
        let mean = scale ?? size(values, count)
        for index in 0..<count where values[index] != 0 {
            var hash = SplitMix64(state: values[index].bitPattern ^ salt)
            let unit = Double(hash.next() >> 11) * 0x1p-52 - 1
            values[index] += error * unit * (abs(values[index]) + mean)
        }
    }

    private func size(_ values: UnsafeMutablePointer<Double>, _ count: Int) -> Double {
        var sum = 0.0
        for index in 0..<count { sum += values[index] * values[index] }
        return (sum / Double(count)).squareRoot()
    }

    /// A layer's output is done; `backward` takes its gradient on.
    private func done(_ output: Map, rounded: Bool, _ backward: @escaping () -> Void) -> Map {
        if rounded { round(output.values, output.count) }
        tape.append { [self] in
            if rounded { round(output.gradient, output.count) }
            backward()
        }
        return output
    }

    /// Values that are moved, each to one place of the output or to several: `source` of each place of the output.
    private func moved(_ x: Map, to y: Map, _ source: [Int]) -> Map {
        for (to, from) in source.enumerated() { y.values[to] = x.values[from] }
        return done(y, rounded: false) {
            for (to, from) in source.enumerated() { x.gradient[from] += y.gradient[to] }
        }
    }

    // MARK: - The tree

    private func chain(_ layers: [Layer], _ flow: Flow, _ scope: inout Scope) -> Flow {
        layers.reduce(flow) { layer($1, $0, &scope) }
    }

    private func layer(_ layer: Layer, _ flow: Flow, _ scope: inout Scope) -> Flow {
        switch layer {
        case .convolution(let settings):
            let depth = scope.count("convolution")
            let name = scope.prefix.isEmpty ? "convolution.\(depth)" : "\(scope.prefix).\(depth)"
            return [(nil, convolution(settings, name, single(flow)))]
        case .norm(let settings):
            return [(nil, norm(settings, scope.joined("norm\(scope.count("norm"))"), single(flow)))]
        case .activation(let activation): return flow.map { ($0.name, self.activation(activation, $0.map)) }
        case .pool(let settings): return [(nil, pool(settings, single(flow)))]
        case .globalPool(let kind, let axis): return [(nil, globalPool(kind, axis, single(flow)))]
        case .branches(let branches, let join): return self.branches(branches, join, flow, &scope)
        case .recurrent(let settings):
            let count = scope.count(settings.cell.rawValue)
            return [
                (nil, recurrent(settings, scope.joined(settings.cell.rawValue + (count == 1 ? "" : "\(count)")), flow))
            ]
        case .windows(let count, let layers):
            let inside = chain(layers, [(nil, cut(single(flow), count))], &scope)
            return [(nil, joined(single(inside), count))]
        case .dropout: return flow
        case .flatten: return [(nil, flat(flow.map(\.map)))]
        case .dense(let units):
            return [(nil, dense(units, scope.joined("dense\(scope.count("dense"))"), flat(flow.map(\.map))))]
        case .standardise: return [(nil, standardise(flow[0].map))]
        }
    }

    private func single(_ flow: Flow) -> Map { flow.count == 1 ? flow[0].map : flat(flow.map(\.map)) }

    private func branches(_ branches: [Branch], _ join: Join, _ flow: Flow, _ scope: inout Scope) -> Flow {
        let group = scope.count("branches")
        let input = branches.count == 1 ? flow : [(nil, single(flow))]
        var outputs: [(branch: Branch, flow: Flow)] = []
        for (index, branch) in branches.enumerated() {
            var inner = Scope(prefix: scope.joined(branch.name ?? "branch\(group).\(index + 1)"))
            outputs.append((branch, chain(branch.layers, input, &inner)))
        }
        if branches.count == 1 || join == .features {
            return outputs.flatMap { output in output.flow.map { (output.branch.name, $0.map) } }
        }
        let maps = outputs.map { single($0.flow) }
        switch join {
        case .features: return [(nil, flat(maps))]
        case .channels:
            return [
                (
                    nil,
                    side(maps, Map(maps[0].images, maps.reduce(0) { $0 + $1.channels }, maps[0].mels, maps[0].frames))
                )
            ]
        case .time:
            return [
                (
                    nil,
                    side(
                        maps, Map(maps[0].images, maps[0].channels, maps[0].mels, maps.reduce(0) { $0 + $1.frames }),
                        inTime: true)
                )
            ]
        case .add: return [(nil, sum(maps))]
        }
    }

    // MARK: - Joins and windows

    /// All features in a row, map by map.
    private func flat(_ maps: [Map]) -> Map {
        let y = Map(maps[0].images, maps.reduce(0) { $0 + $1.features }, 1, 1)
        return side(maps, y)
    }

    /// Side by side along the channels or along time.
    private func side(_ maps: [Map], _ y: Map, inTime: Bool = false) -> Map {
        let rows = inTime ? y.channels * y.mels : 1
        func each(_ body: (Map, Int, Int) -> Void) {
            for image in 0..<y.images {
                for row in 0..<rows {
                    var to = (image * rows + row) * (y.features / rows)
                    for x in maps {
                        let length = x.features / rows
                        for index in 0..<length { body(x, (image * rows + row) * length + index, to + index) }
                        to += length
                    }
                }
            }
        }
        each { x, from, to in y.values[to] = x.values[from] }
        return done(y, rounded: false) { each { x, from, to in x.gradient[from] += y.gradient[to] } }
    }

    private func sum(_ maps: [Map]) -> Map {
        let y = Map(maps[0].images, maps[0].channels, maps[0].mels, maps[0].frames)
        for x in maps { for index in 0..<y.count { y.values[index] += x.values[index] } }
        return done(y, rounded: true) {
            for x in maps { for index in 0..<y.count { x.gradient[index] += y.gradient[index] } }
        }
    }

    private func cut(_ x: Map, _ count: Int) -> Map {
        let width = x.frames / count
        let y = Map(x.images * count, x.channels, x.mels, width)
        return moved(
            x, to: y,
            (0..<y.count).map { index in
                let (row, frame) = index.quotientAndRemainder(dividingBy: width)
                let (image, place) = row.quotientAndRemainder(dividingBy: x.channels * x.mels)
                return (image / count * x.channels * x.mels + place) * x.frames + image % count * width + frame
            })
    }

    private func joined(_ x: Map, _ count: Int) -> Map {
        let y = Map(x.images / count, x.channels, x.mels, x.frames * count)
        return moved(
            x, to: y,
            (0..<y.count).map { index in
                let (row, frame) = index.quotientAndRemainder(dividingBy: y.frames)
                let (image, place) = row.quotientAndRemainder(dividingBy: x.channels * x.mels)
                return ((image * count + frame / x.frames) * x.channels * x.mels + place) * x.frames + frame % x.frames
            })
    }

    // MARK: - Layers

    /// Zeros before an axis, and the length of its output.
    private func windows(_ padding: Padding.Axis, _ size: Int, _ window: Int, _ stride: Int) -> (
        before: Int, count: Int
    ) {
        switch padding {
        case .same:
            let count = (size + stride - 1) / stride
            return (max((count - 1) * stride + window - size, 0) / 2, count)
        case .valid: return (0, (size - window) / stride + 1)
        case .explicit(let before, let after): return (before, (size + before + after - window) / stride + 1)
        }
    }

    private func convolution(_ settings: ConvolutionSettings, _ name: String, _ x: Map) -> Map {
        let (kernel, stride) = (settings.kernel, settings.stride)
        let down = windows(settings.padding.mels, x.mels, kernel.mels, stride.mels)
        let along = windows(settings.padding.frames, x.frames, kernel.frames, stride.frames)
        let (weight, bias) = (parameters["\(name).weight"]!, parameters["\(name).bias"])
        let y = Map(x.images, settings.channels, down.count, along.count)
        /// Every product: places of the output, of the input and of the weights.
        func each(_ body: (Int, Int, Int) -> Void) {
            var to = 0
            for image in 0..<x.images {
                for output in 0..<y.channels {
                    for mel in 0..<y.mels {
                        for frame in 0..<y.frames {
                            let (top, left) = (mel * stride.mels - down.before, frame * stride.frames - along.before)
                            let (first, last) = (max(0, -left), min(kernel.frames, x.frames - left))
                            for input in 0..<x.channels {
                                for row in max(0, -top)..<max(max(0, -top), min(kernel.mels, x.mels - top)) {
                                    let from = ((image * x.channels + input) * x.mels + top + row) * x.frames + left
                                    let tap = ((output * x.channels + input) * kernel.mels + row) * kernel.frames
                                    var column = first
                                    while column < last {
                                        body(to, from + column, tap + column)
                                        column += 1
                                    }
                                }
                            }
                            to += 1
                        }
                    }
                }
            }
        }
        let area = y.mels * y.frames
        if let bias {
            for index in 0..<y.count { y.values[index] = bias.values[index / area % y.channels] }
        }
        each { y.values[$0] += x.values[$1] * weight.values[$2] }
        return done(y, rounded: true) {
            each {
                x.gradient[$1] += y.gradient[$0] * weight.values[$2]
                weight.gradient[$2] += y.gradient[$0] * x.values[$1]
            }
            guard let bias else { return }
            for index in 0..<y.count { bias.gradient[index / area % y.channels] += y.gradient[index] }
        }
    }

    private func norm(_ settings: NormSettings, _ name: String, _ x: Map) -> Map {
        func of(_ part: String) -> Map { parameters["\(name).\(part)"]! }
        let (scale, shift, mean, variance) = (of("weight"), of("bias"), of("running_mean"), of("running_var"))
        let y = Map(x.images, x.channels, x.mels, x.frames)
        let area = x.mels * x.frames
        let places = (0..<x.channels).map { channel in
            (0..<x.images * area).map { ($0 / area * x.channels + channel) * area + $0 % area }
        }
        let count = Double(x.images * area)
        var inverses: [Double] = []
        let normed = Map(x.images, x.channels, x.mels, x.frames)
        for (channel, places) in places.enumerated() {
            var (m, v) = (mean.values[channel], variance.values[channel])
            if isTraining {
                m = places.reduce(0) { $0 + x.values[$1] } / count
                round(&m, 1, scale: size(x.values, x.count))
                let squares = places.reduce(0) { $0 + (x.values[$1] - m) * (x.values[$1] - m) }
                v = squares / count
                mean.values[channel] += settings.momentum * (m - mean.values[channel])
                variance.values[channel] += settings.momentum * (squares / max(count - 1, 1) - variance.values[channel])
            }
            inverses.append(1 / (v + settings.epsilon).squareRoot())
            for place in places {
                normed.values[place] = (x.values[place] - m) * inverses[channel]
                y.values[place] = normed.values[place] * scale.values[channel] + shift.values[channel]
            }
        }
        return done(y, rounded: true) { [self] in
            for (channel, places) in places.enumerated() {
                var sum = places.reduce(0) { $0 + y.gradient[$1] }
                var product = places.reduce(0) { $0 + y.gradient[$1] * normed.values[$1] }
                round(&sum, 1, scale: count.squareRoot() * size(y.gradient, y.count))
                round(&product, 1, scale: count.squareRoot() * size(y.gradient, y.count))
                shift.gradient[channel] += sum
                scale.gradient[channel] += product
                let factor = scale.values[channel] * inverses[channel]
                for place in places {
                    var slope = y.gradient[place] - sum / count - normed.values[place] * product / count
                    // What is left of three numbers has their rounding.
                    round(&slope, 1, scale: abs(y.gradient[place]) + size(y.gradient, y.count))
                    x.gradient[place] += factor * slope
                }
            }
        }
    }

    private func activation(_ activation: Activation, _ x: Map) -> Map {
        let y = Map(x.images, x.channels, x.mels, x.frames)
        var slopes = [Double](repeating: 0, count: x.count)
        for index in 0..<x.count {
            let value = x.values[index]
            switch activation {
            case .leakyReLU(let slope):
                slopes[index] = value > 0 ? 1 : Double(slope)
                y.values[index] = slopes[index] * value
                if slope != 1 { decisions.append(value > 0 ? 1 : 0) }
            case .elu:
                y.values[index] = value > 0 ? value : exp(value) - 1
                slopes[index] = value > 0 ? 1 : exp(value)
            case .sigmoid:
                y.values[index] = 1 / (1 + exp(-value))
                slopes[index] = y.values[index] * (1 - y.values[index])
            case .tanh:
                y.values[index] = tanh(value)
                slopes[index] = 1 - y.values[index] * y.values[index]
            }
        }
        return done(y, rounded: true) {
            for index in 0..<x.count { x.gradient[index] += slopes[index] * y.gradient[index] }
        }
    }

    private func pool(_ settings: PoolSettings, _ x: Map) -> Map {
        let (window, stride) = (settings.window, settings.stride)
        let down = windows(settings.padding.mels, x.mels, window.mels, stride.mels)
        let along = windows(settings.padding.frames, x.frames, window.frames, stride.frames)
        let y = Map(x.images, x.channels, down.count, along.count)
        var taken: [[Int]] = []
        for map in 0..<x.images * x.channels {
            for mel in 0..<y.mels {
                for frame in 0..<y.frames {
                    let (top, left) = (mel * stride.mels - down.before, frame * stride.frames - along.before)
                    let places = (top..<top + window.mels).filter { 0..<x.mels ~= $0 }.flatMap { row in
                        (left..<left + window.frames).filter { 0..<x.frames ~= $0 }
                            .map { (map * x.mels + row) * x.frames + $0 }
                    }
                    switch settings.kind {
                    case .average: taken.append(places)
                    case .max:
                        let best = places.dropFirst().reduce(places[0]) { x.values[$1] > x.values[$0] ? $1 : $0 }
                        decisions.append(Int32(best))
                        taken.append([best])
                    }
                }
            }
        }
        for (to, places) in taken.enumerated() {
            y.values[to] = places.reduce(0) { $0 + x.values[$1] } / Double(places.count)
        }
        return done(y, rounded: settings.kind == .average) {
            for (to, places) in taken.enumerated() {
                for place in places { x.gradient[place] += y.gradient[to] / Double(places.count) }
            }
        }
    }

    private func globalPool(_ kind: GlobalPool, _ axis: PoolAxis, _ x: Map) -> Map {
        let window =
            switch axis {
            case .frequency: x.mels × 1
            case .time: 1 × x.frames
            case .both: x.mels × x.frames
            }
        func pooled(_ kind: PoolKind) -> Map { pool(PoolSettings(kind: kind, window: window), x) }
        switch kind {
        case .max: return pooled(.max)
        case .average: return pooled(.average)
        case .both:
            let maps = [pooled(.max), pooled(.average)]
            return side(maps, Map(x.images, 2 * x.channels, maps[0].mels, maps[0].frames))
        }
    }

    private func dense(_ units: Int, _ name: String, _ x: Map) -> Map {
        let (weight, bias) = (parameters["\(name).weight"]!, parameters["\(name).bias"]!)
        let y = Map(x.images, units, 1, 1)
        product(x.values, rows: x.images, x.features, weight, bias, y.values)
        return done(y, rounded: true) { [self] in
            productGradient(x.values, x.gradient, rows: x.images, x.features, weight, bias, y.gradient)
        }
    }

    private func standardise(_ x: Map) -> Map {
        let (mean, deviation) = (parameters["standardisation.mean"]!, parameters["standardisation.deviation"]!)
        let y = Map(x.images, x.channels, x.mels, x.frames)
        for index in 0..<x.count {
            let mel = index / x.frames % x.mels
            y.values[index] = (x.values[index] - mean.values[mel]) / deviation.values[mel]
        }
        return done(y, rounded: true) {}
    }

    /// y = x w' + b, added.
    private func product(
        _ x: UnsafeMutablePointer<Double>, rows: Int, _ features: Int, _ weight: Map, _ bias: Map,
        _ y: UnsafeMutablePointer<Double>
    ) {
        for row in 0..<rows {
            for unit in 0..<bias.count {
                var sum = bias.values[unit]
                for feature in 0..<features {
                    sum += x[row * features + feature] * weight.values[unit * features + feature]
                }
                y[row * bias.count + unit] += sum
            }
        }
    }

    private func productGradient(
        _ x: UnsafeMutablePointer<Double>, _ gradient: UnsafeMutablePointer<Double>?, rows: Int, _ features: Int,
        _ weight: Map, _ bias: Map, _ of: UnsafeMutablePointer<Double>
    ) {
        for row in 0..<rows {
            for unit in 0..<bias.count {
                let slope = of[row * bias.count + unit]
                bias.gradient[unit] += slope
                for feature in 0..<features {
                    weight.gradient[unit * features + feature] += slope * x[row * features + feature]
                    if let gradient {
                        gradient[row * features + feature] += slope * weight.values[unit * features + feature]
                    }
                }
            }
        }
    }
}

// MARK: - Recurrent layers

extension PlainNet {
    private func recurrent(_ settings: RecurrentSettings, _ name: String, _ flow: Flow) -> Map {
        var maps = flow.map(\.map)
        var sequence: Map  // [sequences][steps] as images and channels, features as mels
        switch settings.sequence {
        case .batch:
            let row = flat(maps)
            sequence = moved(row, to: Map(1, row.images, row.channels, 1), Array(0..<row.count))
        case .time(let order):
            if !order.isEmpty, maps.count > 1 { maps = order.map { name in flow.first { $0.name == name }!.map } }
            let steps = maps.map(\.frames).max()!
            let columns = maps.map { map in
                let features = map.channels * map.mels
                return moved(
                    map, to: Map(map.images * steps, features, 1, 1),
                    (0..<map.images * steps * features).map { index in
                        let (step, feature) = index.quotientAndRemainder(dividingBy: features)
                        let frame = step % steps / (steps / map.frames)
                        return (step / steps * features + feature) * map.frames + frame
                    })
            }
            let rows = flat(columns)
            sequence = moved(rows, to: Map(maps[0].images, steps, rows.channels, 1), Array(0..<rows.count))
        }
        let (sequences, steps, hidden) = (sequence.images, sequence.channels, settings.hidden)
        var outputs: [Map] = []
        for layer in 0..<settings.layers {
            outputs = (0..<settings.directions).map { direction in
                let suffix = "l\(layer)" + (direction == 1 ? "_reverse" : "")
                return cell(settings.cell, name, suffix, sequence, backwards: direction == 1)
            }
            // Each step's outputs, direction by direction.
            let rows = outputs.map {
                moved($0, to: Map(sequences * steps, hidden, 1, 1), Array(0..<$0.count))
            }
            let joined = flat(rows)
            sequence = moved(joined, to: Map(sequences, steps, joined.channels, 1), Array(0..<joined.count))
        }
        let width = settings.directions * hidden
        if settings.sequence == .batch {
            return moved(sequence, to: Map(steps, width, 1, 1), Array(0..<sequence.count))
        }
        switch settings.returns {
        case .sequence:
            return moved(
                sequence, to: Map(sequences, width, 1, steps),
                (0..<sequence.count).map { index in
                    let (row, step) = index.quotientAndRemainder(dividingBy: steps)
                    return (row / width * steps + step) * width + row % width
                })
        case .last:
            return moved(
                sequence, to: Map(sequences, width, 1, 1),
                (0..<sequences * width).map { index in
                    // The second direction ends at the first step.
                    let step = index % width < hidden ? steps - 1 : 0
                    return (index / width * steps + step) * width + index % width
                })
        }
    }

    /// One direction of one layer: [sequences][steps][hidden].
    private func cell(_ cell: RecurrentSettings.Cell, _ name: String, _ suffix: String, _ x: Map, backwards: Bool)
        -> Map
    {
        func of(_ part: String) -> Map { parameters["\(name).\(part)_\(suffix)"]! }
        let (input, state, inputBias, stateBias) = (of("weight_ih"), of("weight_hh"), of("bias_ih"), of("bias_hh"))
        let (steps, features, gates) = (x.channels, x.mels, cell.gates)
        let hidden = inputBias.count / gates
        let y = Map(x.images, steps, hidden, 1)
        let order = backwards ? Array((0..<steps).reversed()) : Array(0..<steps)
        var backwardOfSteps: [() -> Void] = []
        for sequence in 0..<x.images {
            // State and memory before each step, the first of zeros.
            var (earlier, memory) = (Map(1, hidden, 1, 1), Map(1, hidden, 1, 1))
            for step in order {
                let at = (sequence * steps + step)
                let (projected, recurrent) = (Map(1, gates * hidden, 1, 1), Map(1, gates * hidden, 1, 1))
                product(x.values + at * features, rows: 1, features, input, inputBias, projected.values)
                product(earlier.values, rows: 1, hidden, state, stateBias, recurrent.values)
                let (now, kept) = (Map(1, hidden, 1, 1), Map(1, hidden, 1, 1))
                let back =
                    cell == .lstm
                    ? lstm(projected, recurrent, memory, kept, now) : gru(projected, recurrent, earlier, now)
                round(kept.values, hidden)
                round(now.values, hidden)
                for unit in 0..<hidden { y.values[at * hidden + unit] = now.values[unit] }
                backwardOfSteps.append { [self, earlier] in
                    for unit in 0..<hidden { now.gradient[unit] += y.gradient[at * hidden + unit] }
                    round(now.gradient, hidden)
                    back()
                    productGradient(
                        x.values + at * features, x.gradient + at * features, rows: 1, features, input, inputBias,
                        projected.gradient)
                    productGradient(
                        earlier.values, earlier.gradient, rows: 1, hidden, state, stateBias, recurrent.gradient)
                }
                (earlier, memory) = (now, kept)
            }
        }
        return done(y, rounded: false) { for backward in backwardOfSteps.reversed() { backward() } }
    }

    /// Gates i, f, g, o: c = f c + i g, h = o tanh c.
    private func lstm(_ a: Map, _ b: Map, _ before: Map, _ memory: Map, _ state: Map) -> () -> Void {
        let hidden = state.count
        func gate(_ index: Int, _ unit: Int) -> Double {
            let sum = a.values[index * hidden + unit] + b.values[index * hidden + unit]
            return index == 2 ? tanh(sum) : 1 / (1 + exp(-sum))
        }
        for unit in 0..<hidden {
            memory.values[unit] = gate(1, unit) * before.values[unit] + gate(0, unit) * gate(2, unit)
            state.values[unit] = gate(3, unit) * tanh(memory.values[unit])
        }
        return {
            for unit in 0..<hidden {
                let (i, f, g, o) = (gate(0, unit), gate(1, unit), gate(2, unit), gate(3, unit))
                let t = tanh(memory.values[unit])
                let slope = state.gradient[unit]
                let ofMemory = memory.gradient[unit] + slope * o * (1 - t * t)
                before.gradient[unit] += ofMemory * f
                let slopes = [
                    ofMemory * g * i * (1 - i), ofMemory * before.values[unit] * f * (1 - f),
                    ofMemory * i * (1 - g * g),
                    slope * t * o * (1 - o),
                ]
                for (index, slope) in slopes.enumerated() {
                    a.gradient[index * hidden + unit] += slope
                    b.gradient[index * hidden + unit] += slope
                }
            }
        }
    }

    /// Gates r, z, n: n = tanh(a + r b), h = (1 - z) n + z h.
    private func gru(_ a: Map, _ b: Map, _ before: Map, _ state: Map) -> () -> Void {
        let hidden = state.count
        func gates(_ unit: Int) -> (r: Double, z: Double, n: Double) {
            let r = 1 / (1 + exp(-a.values[unit] - b.values[unit]))
            let z = 1 / (1 + exp(-a.values[hidden + unit] - b.values[hidden + unit]))
            return (r, z, tanh(a.values[2 * hidden + unit] + r * b.values[2 * hidden + unit]))
        }
        for unit in 0..<hidden {
            let (_, z, n) = gates(unit)
            state.values[unit] = (1 - z) * n + z * before.values[unit]
        }
        return {
            for unit in 0..<hidden {
                let (r, z, n) = gates(unit)
                let slope = state.gradient[unit]
                before.gradient[unit] += slope * z
                let ofN = slope * (1 - z) * (1 - n * n)
                let ofR = ofN * b.values[2 * hidden + unit] * r * (1 - r)
                let ofZ = slope * (before.values[unit] - n) * z * (1 - z)
                for (index, slopes) in [(ofR, ofR), (ofZ, ofZ), (ofN, ofN * r)].enumerated() {
                    a.gradient[index * hidden + unit] += slopes.0
                    b.gradient[index * hidden + unit] += slopes.1
                }
            }
        }
    }
}
