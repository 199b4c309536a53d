import ArgumentParser
import Dispatch
import Foundation
import Training

/// Ctrl-C, and the signal that ends services, stop a training after the step in progress; a second one ends the program
/// at once. It listens as long as it lives: one for several trainings ends them where one of them alone could no longer be
/// stopped, too.
final class Interruption: TrainingCallback, @unchecked Sendable {  // the signal is behind the lock
    private let lock = NSLock()
    private var received: Int32?
    private var sources: [any DispatchSourceSignal] = []
    private let queue = DispatchQueue(label: "signals")
    private static let signals = [SIGINT, SIGTERM]

    init() {
        for number in Self.signals {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { [weak self] in self?.take(number) }
            source.resume()
            sources.append(source)
        }
    }

    private func take(_ number: Int32) {
        lock.lock()
        let isSecond = received != nil
        received = received ?? number
        lock.unlock()
        if isSecond { _exit(128 + number) }
        note("\ngenre: stopping after this step; once more to stop at once")
    }

    private var signalReceived: Int32? { lock.withLock { received } }

    /// 128 and the signal's number, as shells say it.
    var exitCode: Int32 { 128 + (signalReceived ?? SIGINT) }

    /// - Throws: the command's exit code, once there was a signal.
    func check() throws { if signalReceived != nil { throw ExitCode(exitCode) } }

    deinit {
        // Signals end the program again.
        for source in sources { source.cancel() }
        for number in Self.signals { signal(number, SIG_DFL) }
    }

    func receive(_ event: TrainingEvent, from trainer: Trainer) {
        if signalReceived != nil { trainer.stop(.interrupted) }
    }
}
