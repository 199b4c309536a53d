import NeuralNetwork
import Randomness

/// Draws nets of up to twelve layers: every kind of layer, branches of every join, odd sizes. What does not fit is drawn
/// again.
struct RandomNet {
    private var stream: RandomStream
    private var left: Int
    private let input: Extent
    private let classes: Int
    /// Multiply-adds of a segment, at most.
    private let work: Int

    init(seed: UInt64, work: Int) {
        stream = RandomStream(seed: seed, purpose: "net")
        self.work = work
        left = 1 + stream.index(below: 11)
        input = Extent(mels: 1 + stream.index(below: 13), frames: 1 + stream.index(below: 24))
        classes = 2 + stream.index(below: 4)
    }

    mutating func blueprint() -> Blueprint {
        var first: [Layer] = []
        if left > 1, happens(0.15) {
            first = [.standardise]
            left -= 1
        }
        let (input, work) = (input, work)
        let layers = chain(from: first, depth: 0) { layers in
            guard let plan = try? NetworkPlan(Blueprint("random", input: input) { layers + [.dense(units: 3)] }) else {
                return false
            }
            // Maps cost as much as products here.
            return plan.multiplyAdds + plan.graph.values.reduce(0) { $0 + $1.count * $1.images } < work
        }
        return Blueprint("random", input: input) { layers + [.dense(units: classes)] }
    }

    private mutating func happens(_ probability: Double) -> Bool { stream.uniform() < probability }

    private mutating func one<Element>(of elements: [Element]) -> Element {
        elements[stream.index(below: elements.count)]
    }

    /// Layers in a row, as long as any are left.
    private mutating func chain(from: [Layer], depth: Int, fits: ([Layer]) -> Bool) -> [Layer] {
        var layers = from
        while left > 0, depth == 0 || happens(0.75) {
            var isFound = false
            for _ in 0..<12 {
                let before = left
                let more = draw(depth: depth) { fits(layers + $0) }
                if !more.isEmpty, left >= 0, fits(layers + more) {
                    layers += more
                    isFound = true
                    break
                }
                left = before
            }
            if !isFound { break }
        }
        return layers
    }

    private mutating func size(_ largest: Int) -> Int { 1 + stream.index(below: largest) }

    private mutating func extent(_ mels: Int, _ frames: Int) -> Extent { size(mels) × size(frames) }

    private mutating func channels() -> Int { happens(0.15) ? 14 + stream.index(below: 6) : size(5) }

    private mutating func padding() -> Padding {
        func axis(_ random: inout Self) -> Padding.Axis {
            switch random.stream.index(below: 3) {
            case 0: .same
            case 1: .valid
            default: .explicit(before: random.stream.index(below: 3), after: random.stream.index(below: 3))
            }
        }
        return Padding(mels: axis(&self), frames: axis(&self))
    }

    private mutating func activation() -> Layer {
        one(of: [LeakyReLU(0.3), ReLU(), ELU(), Sigmoid(), Tanh(), LeakyReLU(0.3), ReLU()])
    }

    private mutating func draw(depth: Int, fits: ([Layer]) -> Bool) -> [Layer] {
        left -= 1
        switch stream.index(below: 20) {
        case 0...3:
            let isSame = happens(0.5)
            return [
                Convolution(
                    channels(), kernel: extent(5, 6), stride: isSame || happens(0.6) ? 1 × 1 : extent(2, 3),
                    padding: isSame ? .same : padding(), bias: happens(0.8))
            ]
        case 4...5:
            // What one kernel runs together.
            left -= 2
            let (pool, slope) = (MaxPool(extent(3, 4)), happens(0.5) ? ReLU() : LeakyReLU(0.3))
            return [Convolution(channels(), kernel: extent(6, 7))] + (happens(0.5) ? [pool, slope] : [slope, pool])
        case 6...7: return [BatchNorm(momentum: stream.uniform(0.05, 1), epsilon: happens(0.5) ? 1e-5 : 1e-3)]
        case 8...9: return [activation()]
        case 10...11:
            let (window, stride) = (extent(3, 4), happens(0.5) ? nil : extent(2, 3))
            let padding = happens(0.6) ? Padding.valid : padding()
            return [
                happens(0.5)
                    ? MaxPool(window, stride: stride, padding: padding)
                    : AveragePool(window, stride: stride, padding: padding)
            ]
        case 12: return [.globalPool(one(of: [.max, .average, .both]), over: one(of: [.frequency, .time, .both]))]
        case 13...15: return depth < 3 ? branches(depth: depth, fits: fits) : [activation()]
        case 16...17:
            let isGRU = happens(0.4)
            let isBatch = !isGRU && happens(0.2)
            var order: [String] = []
            if happens(0.3) { order = happens(0.5) ? ["a", "b"] : ["b", "a"] }
            return [
                .recurrent(
                    RecurrentSettings(
                        cell: isGRU ? .gru : .lstm, hidden: happens(0.2) ? 17 : size(6), layers: isGRU ? 1 : size(2),
                        bidirectional: happens(0.5), dropout: happens(0.3) ? 0.4 : 0,
                        sequence: isBatch ? .batch : .time(order: order),
                        returns: !isBatch && happens(0.5) ? .sequence : .last))
            ]
        case 18:
            let count = one(of: [1, 2, 3, 4])
            let layers = chain(from: [], depth: depth + 1) { fits([.windows(count, layers: $0)]) }
            return [.windows(count, layers: layers)]
        default:
            return [one(of: [Dropout(0.5), Flatten(), Dense(size(18)), Dense(size(7))])]
        }
    }

    private mutating func branches(depth: Int, fits: ([Layer]) -> Bool) -> [Layer] {
        let join = one(of: Join.allCases)
        let isNamed = happens(0.5)
        let count = one(of: [1, 2, 2, 2, 3])
        var done: [Branch] = []
        for name in ["a", "b", "c"].prefix(count) {
            for attempt in 0..<6 {
                let before = left
                func with(_ layers: [Layer]) -> [Branch] { done + [Branch(isNamed ? name : nil) { layers }] }
                let layers =
                    attempt == 5
                    ? [] : chain(from: [], depth: depth + 1) { fits([.branches(with($0), join: .features)]) }
                if fits([.branches(with(layers), join: join)]) {
                    done = with(layers)
                    break
                }
                left = before
            }
        }
        return done.isEmpty ? [] : [.branches(done, join: join)]
    }
}
