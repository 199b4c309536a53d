import Foundation
import Training

/// The trainings of a plan that are not finished, one after the other. Ctrl-C ends them so that the same command goes on.
struct PlannedTrainings<Member> {
    let threads: Int?
    /// Whether the others are trained where one leads nowhere.
    var goesOnAfterDivergence = false
    /// Told every event of every training.
    var callbacks: [any TrainingCallback] = []
    /// What a member is called: "deep, batch 64, seed 0".
    let words: (Member) -> String
    /// The member's run, and whether it has begun; nil where it cannot be trained, of which it has told.
    let run: (Member) throws -> (run: TrainingRun, hasBegun: Bool)?

    /// - Parameter finished: called after each training but the last.
    func train(_ members: [Member], finished: () throws -> Void) throws {
        // The words of this very command.
        let command = "genre " + CommandLine.arguments.dropFirst().map(shellWord).joined(separator: " ")
        let interruption = Interruption()
        for (index, member) in members.enumerated() {
            do { try interruption.check() } catch {
                note("continue with: \(command)")
                throw error
            }
            note("run \(index + 1) of \(members.count): \(words(member))")
            guard let (run, hasBegun) = try run(member) else { continue }
            do {
                _ = try genre.train(
                    run, threads: threads, resuming: hasBegun, interruption: interruption, callbacks: callbacks,
                    next: command)
            } catch TrainingError.diverged(let divergence) where goesOnAfterDivergence {
                note("genre: \(words(member)): \(TrainingError.diverged(divergence))")
                continue
            }
            reportAfterTraining(run, threads: threads)
            if index + 1 < members.count { try finished() }
        }
    }
}
