import Architectures
import Benchmarks
import Foundation
import NeuralNetwork
import Report
import Training

/// About how long the trainings of a reproduction take, from a few steps of the nets: a second's work.
///
/// The steps that there is no time for are taken from the first net's by the nets' own ratio. Steps vary with the
/// machine's other work, so an estimate may be wrong by half.
struct ReproductionEstimate {
    /// A training that is not finished.
    struct Member {
        let member: Reproduction.Member
        /// Epochs that are done.
        let done: Int
        /// Of one epoch.
        let secondsPerEpoch: Double
        let epochs: Int

        var seconds: Double { secondsPerEpoch * Double(max(epochs - done, 0)) }
    }

    let members: [Member]
    let trainingSegments: Int
    let validationSegments: Int

    var seconds: Double { members.reduce(0) { $0 + $1.seconds } }

    /// - Parameters:
    ///   - open: members without a finished run.
    ///   - segments: of each side.
    init(
        of open: [Reproduction.Member], _ reproduction: Reproduction, training: Int, validation: Int, pool: ThreadPool
    ) throws {
        trainingSegments = training
        validationSegments = validation
        var times = StepTimes(pool: pool)
        let groups = reproduction.nets + reproduction.batches
        members = try open.map { member in
            let net = groups.first { $0.net.name == member.net }!.net
            let step = try times.seconds(of: net, batch: member.batch)
            let epoch =
                Double(training) / Double(member.batch) * step.training
                + Double(validation) / Double(member.batch) * step.inference
            return Member(
                member: member, done: try reproduction.begunRun(of: member)?.folder.records().count ?? 0,
                secondsPerEpoch: epoch, epochs: reproduction.milestones.last!)
        }
    }
}

/// Times of training steps, as far as a short time reaches.
private struct StepTimes {
    let pool: ThreadPool
    private let start = ContinuousClock.now
    private var known: [String: (training: Double, inference: Double)] = [:]
    private var first: (work: Double, seconds: Double)?

    /// After that no other net is measured.
    private static let budget = Duration.milliseconds(900)

    init(pool: ThreadPool) { self.pool = pool }

    /// Milliseconds of a training step of 64 segments on one machine, for the ratio of the nets that are not measured: a
    /// multiply-add of the shallow net takes longer than one of the others.
    private static let ratios = [
        "shallow": 10.1, "deep": 52.2, "deep-published": 52.2, "crnn": 56.8, "bicrnn": 64.4, "crnn-published": 60,
    ]

    mutating func seconds(of net: Architecture, batch: Int) throws -> (training: Double, inference: Double) {
        let key = "\(net.name) \(batch)"
        if let time = known[key] { return time }
        let work = (Self.ratios[net.name] ?? 50) * Double(batch) / 64
        let training: Double
        if let first, ContinuousClock.now - start > Self.budget {
            training = first.seconds * work / first.work
        } else {
            training = try NetBenchmark(architecture: net, phase: .train, batch: batch).shortStep(pool: pool)
            first = first ?? (work, training)
        }
        // Forward only, and no weights to move: less than half of a step.
        let time = (training, training * 0.42)
        known[key] = time
        return time
    }
}

/// Says after epochs how long all trainings that are left will take, revised by what the epochs took so far.
final class OverallTime: TrainingCallback {
    private var estimates: [ReproductionEstimate.Member]
    private let total: Int
    private let clock = ContinuousClock()
    private var lastWords: ContinuousClock.Instant?
    private var current: Reproduction.Member?
    private var epochsDone = 0
    /// What epochs took over what they were thought to take.
    private var ratios: [Double] = []

    /// Between two lines, but for those at a training's end.
    private static let pause = Duration.seconds(60)

    init(_ estimate: ReproductionEstimate) {
        estimates = estimate.members
        total = estimate.members.count
    }

    /// The next training.
    func begin(_ member: Reproduction.Member, done: Int) {
        current = member
        epochsDone = done
    }

    func receive(_ event: TrainingEvent, from trainer: Trainer) {
        switch event {
        case .epoch(let record):
            guard let place = estimates.firstIndex(where: { $0.member == current }) else { return }
            epochsDone = record.epoch
            let thought = estimates[place].secondsPerEpoch
            if thought > 0, record.seconds.isFinite { ratios.append(record.seconds / thought) }
            let isFirst = lastWords == nil
            guard isFirst || clock.now - lastWords! >= Self.pause else { return }
            lastWords = clock.now
            note("all runs: about \(duration(left)) left")
        case .ended(.completed), .ended(.stoppedEarly):
            estimates.removeAll { $0.member == current }
        default: break
        }
    }

    /// Seconds that are left, by the latest epochs.
    private var left: Double {
        let recent = ratios.suffix(20)
        let ratio = recent.isEmpty ? 1 : recent.reduce(0, +) / Double(recent.count)
        return estimates.reduce(0) { sum, estimate in
            let done = estimate.member == current ? epochsDone : estimate.done
            return sum + estimate.secondsPerEpoch * Double(max(estimate.epochs - done, 0))
        } * ratio
    }
}
