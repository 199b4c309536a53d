import Architectures
import ArgumentParser
import Benchmarks
import Foundation
import ModelFile
import NeuralNetwork
import Report

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure the speed of the nets, or of feature extraction, on this machine.",
        discussion: """
            Examples:
              genre bench --net shallow --batch 64
              genre bench features GTZAN
            """,
        subcommands: [BenchNets.self, BenchFeatures.self], defaultSubcommand: BenchNets.self)
}

struct BenchNets: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nets",
        abstract: "Measure training steps and inference of the nets.",
        discussion: """
            Each figure is the minimum (and median) of repeated passes on random segments. GFLOP/s count the operations of \
            a direct convolution, so kernels in the Fourier domain can pass the machine's multiply-add peak.

            Examples:
              genre bench --net shallow --net deep --batch 64
              genre bench nets --parts --net crnn
              genre bench features GTZAN --passes 3
            """)

    @Option(
        help:
            """
            Nets to measure: \(netNames); a net in a file (.json); or that of a model. Repeat for several; by default all.
            """, completion: Completions.net)
    var net: [String] = []
    @Option(help: "Batch sizes. Repeat for several; by default 1, 16, 64 and 256.", completion: .default)
    var batch: [Int] = []
    @Option(help: "Mel bands of the segments; the nets' own size is 80 x 80.", completion: .default) var mels: Int?
    @Option(help: "Frames of the segments.", completion: .default) var frames: Int?
    @Option(help: "train or inference; by default both.") var phase: NetBenchmark.Phase?
    @Option(
        help: "Timed passes of each; by default as many as fit in about two seconds, at least 5.", completion: .default)
    var passes: Int?
    @Option(help: "Number of threads; by default one per core.", completion: .default) var threads: Int?
    @Flag(help: "Show what the milliseconds of a training step go to, instead.") var parts = false
    @Flag(help: "Print one JSON object a measurement, then one with peak_memory_bytes.") var json = false

    func run() throws {
        let architectures = try (net.isEmpty ? Architecture.paper : net.map(architecture)).map(resized)
        let batches = batch.isEmpty ? [1, 16, 64, 256] : batch
        guard batches.allSatisfy({ 1...65_536 ~= $0 }) else { throw ValidationError("--batch must be 1 to 65536.") }
        guard passes.map({ $0 >= 1 }) ?? true else { throw ValidationError("--passes must be at least 1.") }
        let pool = try ThreadPool(threads: try checked(threads: threads))
        if parts { return try showParts(architectures, batches: batch.isEmpty ? [64] : batch, pool: pool) }
        let peak = pool.measurePeak()
        if !json {
            show(
                "\(pool.threads) threads, \(activeInstructionSet), multiply-add peak "
                    + "\(Int((peak * 1e-9).rounded())) GFLOP/s\n\n"
                    + "net".left(16) + "phase".left(11) + "batch".right(6) + "min ms".right(11) + "median ms".right(11)
                    + "segments/s".right(12) + "GFLOP/s".right(9) + "of peak".right(9))
        }
        for architecture in architectures {
            for phase in phase.map({ [$0] }) ?? NetBenchmark.Phase.allCases {
                for batch in batches {
                    let benchmark = NetBenchmark(architecture: architecture, phase: phase, batch: batch)
                    let result = try benchmark.run(passes: passes, pool: pool, peak: peak)
                    if json { try printJSON(result) } else { show(row(of: result)) }
                }
            }
        }
        if json {
            try printJSON(["peak_memory_bytes": peakMemory()])
        } else {
            show("\npeak memory \(peakMemory() >> 20) MB")
        }
    }

    private func showParts(_ architectures: [Architecture], batches: [Int], pool: ThreadPool) throws {
        for architecture in architectures {
            for batch in batches {
                let parts = try NetBenchmark(architecture: architecture, phase: .train, batch: batch)
                    .parts(passes: passes ?? 20, pool: pool)
                if json {
                    try printJSON(
                        PartsObject(
                            net: architecture.name, batch: batch, threads: pool.threads, isa: activeInstructionSet,
                            parts: parts.map { .init(part: $0.part, msMin: $0.msMin) }))
                    continue
                }
                show("\(architecture.name), batch \(batch), \(pool.threads) threads, \(activeInstructionSet): least ms")
                for part in parts { show("  " + part.part.left(24) + decimal(part.msMin, places: 2).right(8)) }
                show("  " + "sum".left(24) + decimal(parts.reduce(0) { $0 + $1.msMin }, places: 2).right(8) + "\n")
            }
        }
    }

    /// A named net, a net in a file, or that of a model, which may have fewer filters than the named one.
    private func architecture(_ name: String) throws -> Architecture {
        let isFile = FileManager.default.fileExists(atPath: name)
        guard Architecture.named(name) == nil || isFile, isFile || isModel(name) else {
            return try genre.architecture(named: name)
        }
        guard mels == nil, frames == nil else {
            throw ValidationError("'\(name)' has its own size of segments: leave --mels and --frames out.")
        }
        let blueprint =
            name.lowercased().hasSuffix(".json") ? try readBlueprint(name) : try openModel(name).card.blueprint
        return Architecture(
            name: URL(fileURLWithPath: name).deletingPathExtension().lastPathComponent, summary: "",
            input: blueprint.input
        ) { _, _ in blueprint }
    }

    /// The architecture with the segment size that was asked for.
    private func resized(_ architecture: Architecture) throws -> Architecture {
        guard mels != nil || frames != nil else { return architecture }
        let native = architecture.input
        let resized = architecture.taking((mels ?? native.mels) × (frames ?? native.frames))
        // A size that does not fit is said before anything is measured.
        _ = try NetworkPlan(resized.blueprint(genres: 10))
        return resized
    }

    private func row(of result: NetBenchmark.Result) -> String {
        let figures = [
            decimal(result.msMin, places: 3).right(11), decimal(result.msMedian, places: 3).right(11),
            decimal(result.segmentsPerSecond, places: 0).right(12), decimal(result.gflops, places: 0).right(9),
            percent(result.peakShare).right(9),
        ]
        return result.net.left(16) + result.phase.rawValue.left(11) + String(result.batch).right(6) + figures.joined()
    }
}

extension NetBenchmark.Phase: ExpressibleByArgument {}

private struct PartsObject: Encodable {
    struct Part: Encodable {
        let part: String
        let msMin: Double

        private enum CodingKeys: String, CodingKey {
            case part
            case msMin = "ms_min"
        }
    }

    let net: String
    let batch: Int
    let threads: Int
    let isa: String
    let parts: [Part]
}
