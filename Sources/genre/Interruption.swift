import ArgumentParser
import Dispatch
import Foundation
import Training

/// Ctrl-C, the signal that ends services and that of a terminal which goes away stop a training after the step in progress;
/// a second one ends the program at once. What reads the program's output may end by the same Ctrl-C: that is no reason to
/// stop earlier. It listens as long as it lives: one for several trainings ends them where one of them alone could no
/// longer be stopped, too.
final class Interruption: TrainingCallback, @unchecked Sendable {  // the signal is behind the lock
    private let lock = NSLock()
    private var received: Int32?
    private var sources: [any DispatchSourceSignal] = []
    private let queue = DispatchQueue(label: "signals")
    private static let signals = [SIGINT, SIGTERM, SIGHUP]
    /// Those that end the program where nothing listens.
    private var taken: [Int32] = [SIGPIPE]

    init() {
        signal(SIGPIPE, SIG_IGN)
        for number in Self.signals {
            // A program started by nohup lives on without its terminal.
            if number == SIGHUP, Self.isIgnored(number) { continue }
            signal(number, SIG_IGN)
            taken.append(number)
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
        for number in taken { signal(number, SIG_DFL) }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        sigaction(number, nil, &action)
        #if os(Linux)
            let handler = action.__sigaction_handler.sa_handler
        #else
            let handler = action.__sigaction_u.__sa_handler
        #endif
        return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    var isStopWanted: Bool { signalReceived != nil }

    func receive(_ event: TrainingEvent, from trainer: Trainer) {
        if signalReceived != nil { trainer.stop(.interrupted) }
    }
}
