import Foundation
import NeuralNetwork
import Randomness
import Testing

/// Nets of any shape do what their blueprints say: random ones against a plain walk of the tree in double precision.
///
/// How close single precision can come depends on the net (a norm over two values multiplies rounding by hundreds), so
/// each net sets its own bound: the plain walk is repeated with every result off by up to one unit in the last place of
/// single precision, and the executor may be ``allowance`` times as far from the exact walk as the furthest of these. Nets
/// are compared where they have a derivative: values are drawn again where a walk that is 64 times as imprecise takes
/// another side of a kink or another place of a maximum.
@Suite struct PropertyTests {
    private static let allowance = 16.0
    private static let unit = 0x1p-23
    private static let chunk = 20

    @Test(arguments: 0..<18)
    func randomNetsMatchAPlainWalkOfTheTree(chunk: Int) throws {
        var undecided = 0
        for index in 0..<Self.chunk {
            let seed = UInt64(chunk * Self.chunk + index)
            var random = RandomNet(seed: seed, work: 40_000)
            let blueprint = random.blueprint()
            let json = String(decoding: try JSONEncoder().encode(blueprint), as: UTF8.self)
            if try !check(blueprint, seed: seed, "seed \(seed): \(json)") { undecided += 1 }
        }
        #expect(undecided <= 2, "values without kinks are found for nearly every net")
    }

    /// Values of one net and batch.
    private struct Draw {
        let segments: [Float]
        let labels: [Int32]
        let parameters: [String: [Float]]

        init(_ plan: NetworkPlan, count: Int, seed: UInt64, attempt: Int) {
            var stream = RandomStream(seed: seed, purpose: "values \(attempt)")
            segments = (0..<count * plan.blueprint.input.area).map { _ in Float(stream.normal()) }
            labels = (0..<count).map { _ in Int32(stream.index(below: plan.classes)) }
            var parameters: [String: [Float]] = [:]
            for parameter in plan.parameters {
                let isScale = parameter.initialiser == .one
                let fan = parameter.shape.dropFirst().reduce(1, *)
                let width = isScale || fan == 1 ? 0.4 : (4 / Double(fan)).squareRoot()
                parameters[parameter.name] = (0..<parameter.count).map { _ in
                    Float(stream.uniform(-width, width) + (isScale ? 1 : 0))
                }
            }
            self.parameters = parameters
        }
    }

    /// What a walk gives, each quantity in one row.
    private struct Outcome {
        var rows: [String: [Double]] = [:]
        var decisions: [Int32] = []

        init(_ plan: NetworkPlan, _ draw: Draw, training: Bool, error: Double = 0, salt: UInt64 = 0) {
            let net = PlainNet(parameters: draw.parameters, isTraining: training, error: error, salt: salt)
            let logits = net.logits(plan.blueprint, segments: draw.segments)
            rows["logits"] = (0..<logits.count).map { logits.values[$0] }
            if training {
                rows["loss"] = [net.loss(logits, labels: draw.labels)]
                for parameter in plan.parameters {
                    let map = net.parameters[parameter.name]!
                    rows[parameter.name] = (0..<map.count).map {
                        parameter.role == .statistic ? map.values[$0] : map.gradient[$0]
                    }
                }
            }
            decisions = net.decisions
        }
    }

    private func distance(_ a: [Double], _ b: [Double]) -> Double {
        zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }

    /// - Returns: whether values were found at which the net has a derivative.
    private func check(_ blueprint: Blueprint, seed: UInt64, _ what: String) throws -> Bool {
        let plan = try NetworkPlan(blueprint)
        var stream = RandomStream(seed: seed, purpose: "batch")
        let batch = [1, 2, 3, 5, 9, 17][stream.index(below: plan.multiplyAdds < 8000 ? 6 : 4)]
        let count = stream.uniform() < 0.6 ? batch : 1 + stream.index(below: batch)
        let threads = 1 + stream.index(below: 3)

        for attempt in 0..<10 {
            let draw = Draw(plan, count: count, seed: seed, attempt: attempt)
            let exact = [true, false].map { Outcome(plan, draw, training: $0) }
            let rough = [true, false].map { Outcome(plan, draw, training: $0, error: 64 * Self.unit, salt: 1) }
            guard zip(exact, rough).allSatisfy({ $0.decisions == $1.decisions }) else { continue }
            let found = try run(plan, draw, batch: batch, count: count, threads: threads)
            for (index, exact) in exact.enumerated() {
                let near = [2, 3, 4].map {
                    Outcome(plan, draw, training: index == 0, error: Self.unit, salt: UInt64($0))
                }
                compare(found[index], exact.rows, near.map(\.rows), plan, "\(what), batch \(count) of \(batch)")
            }
            return true
        }
        return false
    }

    private func compare(
        _ found: [String: [Double]], _ exact: [String: [Double]], _ near: [[String: [Double]]], _ plan: NetworkPlan,
        _ what: String
    ) {
        #expect(found.count == exact.count)
        let gradients = plan.parameters.filter { $0.role != .statistic }.compactMap { exact[$0.name] }
        let greatest = gradients.map { distance($0, $0.map { _ in 0 }) }.max() ?? 0
        for (name, row) in exact {
            let rounding = near.map { distance($0[name]!, row) }.max()!
            var scale = distance(row, row.map { _ in 0 })
            // A bias before a norm has no gradient but rounding.
            if plan.parameters.contains(where: { $0.name == name && $0.role != .statistic }) {
                scale = max(scale, 0.01 * greatest)
            }
            let bound = Self.allowance * rounding + 2e-6 * scale
            let off = distance(found[name]!, row)
            #expect(
                found[name]!.count == row.count && off <= bound,
                "\(name) is off by \(off), where \(bound) is allowed and its size is \(scale); \(what)")
        }
    }

    /// What the executor makes of it, in training without dropout and in inference.
    private func run(
        _ plan: NetworkPlan, _ draw: Draw, batch: Int, count: Int, threads: Int
    ) throws -> [[String: [Double]]] {
        var quiet = plan.blueprint
        quiet.layers = Self.withoutDropout(quiet.layers)
        let store = try ParameterStore(plan: NetworkPlan(quiet))
        let same = try ParameterStore(plan: plan)
        for parameter in plan.parameters {
            try same.set(parameter, to: draw.parameters[parameter.name]!)
            try store.set(parameter, to: draw.parameters[parameter.name]!)
        }
        let pool = try ThreadPool(threads: threads)
        // Whatever the memory held before must not matter.
        let executor = try Executor(
            parameters: store, batch: batch, mode: .training(dropoutSeed: 0), pool: pool, fill: 0xFF)
        let inference = try Executor(parameters: same, batch: batch, mode: .inference, pool: pool, fill: 0xFF)
        for executor in [executor, inference] {
            draw.segments.withUnsafeBufferPointer {
                executor.inputs.update(from: $0.baseAddress!, count: $0.count)
            }
        }
        var rows: [String: [Double]] = [:]
        rows["loss"] = [executor.gradientStep(count: count, labels: draw.labels, step: 0).lossSum / Double(count)]
        rows["logits"] = executor.lastLogits(count: count).map(Double.init)
        for parameter in plan.parameters {
            rows[parameter.name] =
                (parameter.role == .statistic ? store.canonical(parameter) : executor.gradient(of: parameter))
                .map(Double.init)
        }
        _ = inference.probabilities(count: count)
        return [rows, ["logits": inference.lastLogits(count: count).map(Double.init)]]
    }

    /// Dropout at a rate of 0: the layers are there and change nothing.
    private static func withoutDropout(_ layers: [Layer]) -> [Layer] {
        layers.map { layer in
            switch layer {
            case .dropout: return .dropout(rate: 0)
            case .recurrent(var settings):
                settings.dropout = 0
                return .recurrent(settings)
            case .branches(let branches, let join):
                return .branches(
                    branches.map { branch in
                        var branch = branch
                        branch.layers = withoutDropout(branch.layers)
                        return branch
                    }, join: join)
            case .windows(let count, let layers): return .windows(count, layers: withoutDropout(layers))
            case .convolution, .norm, .activation, .pool, .globalPool, .flatten, .dense, .standardise: return layer
            }
        }
    }
}
