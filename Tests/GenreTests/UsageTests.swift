import Audio
import Foundation
import Testing

/// Wrong usage exits with 2, bad data with 1; both say what to do and leave nothing behind.
@Suite struct UsageTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func versionAndHelpGoToStandardOutput() throws {
        let version = try Tool.run("--version")
        #expect(version.status == 0 && version.output.contains("."))
        for arguments in [["--help"], ["train", "--help"], ["help", "predict"]] {
            let help = try Tool.run(arguments)
            #expect(help.status == 0 && help.output.contains("USAGE") && help.diagnostics.isEmpty)
        }
    }

    @Test(arguments: [
        ["nonsense"], ["train"], ["train", "x", "--epochs", "many"], ["train", "x", "--epochs", "0"],
        ["train", "x", "--net", "alexnet"], ["train", "x", "--batch", "-1"], ["train", "x", "--l1", "nan"],
        ["train", "x", "--threads", "0"], ["train", "x", "--segments", "none"], ["predict"], ["evaluate", "x"],
        ["train", "x", "--frobnicate"],
        ["bench", "features", "--recipe", "precomputed"], ["bench", "features", "--passes", "0"],
        ["bench", "--net", "alexnet"], ["reproduce", "x", "--net", "deep:many"], ["reproduce", "x", "--net", "deep:0"],
        ["draw", "no-such-net"], ["draw", "deep", "deep"], ["report", "a", "b", "--data", "x"],
        ["report", "a", "b", "--no-data"], ["report", "a", "b", "--audit", "x"],
        ["report", "a", "--data", "x", "--no-data"], ["train", "x", "--stretch-factor", "duration"],
        ["train", "x", "--average-last", "2", "--patience", "3"],
    ])
    func wrongUsageExitsWithTwo(arguments: [String]) throws {
        let outcome = try Tool.run(arguments, in: folder.url)
        #expect(outcome.status == 2, "\(arguments)")
        #expect(outcome.output.isEmpty && !outcome.diagnostics.isEmpty)
        #expect(try folder.contents().isEmpty)
    }

    /// What optimisers, schedules, penalties and towers cannot be, each refused with the option's name.
    @Test(arguments: [
        ("--momentum", ["--momentum", "0.9"]), ("--momentum", ["--optimizer", "sgd", "--momentum", "1"]),
        ("--momentum", ["--optimizer", "sgd", "--momentum", "nan"]),
        ("--momentum", ["--optimizer", "sgd", "--momentum", "-0.5"]),
        ("--nesterov", ["--nesterov"]), ("--nesterov", ["--optimizer", "sgd", "--nesterov"]),
        ("--rho", ["--rho", "0.9"]), ("--rho", ["--optimizer", "adadelta", "--rho", "1"]),
        ("--rho", ["--optimizer", "adadelta", "--rho", "inf"]),
        ("--weight-decay", ["--weight-decay", "-0.1"]), ("--weight-decay", ["--weight-decay", "nan"]),
        ("--weight-decay", ["--optimizer", "adamw", "--weight-decay", "0.5", "--learning-rate", "2"]),
        ("--learning-rate", ["--learning-rate", "inf"]), ("--learning-rate", ["--learning-rate", "0"]),
        ("--epsilon", ["--optimizer", "adadelta", "--epsilon", "0"]), ("--beta2", ["--beta2", "1"]),
        ("optimizer 'rmsprop'", ["--optimizer", "rmsprop"]),
        ("--schedule", ["--schedule", "linear"]), ("--schedule", ["--schedule", "plateau:-1:0.5"]),
        ("--schedule", ["--schedule", "plateau:3:1"]), ("--schedule", ["--schedule", "plateau:3:nan"]),
        ("--schedule", ["--schedule", "plateau:3:0.5:f1"]), ("--schedule", ["--schedule", "step:0:0.1"]),
        ("--schedule", ["--schedule", "inverse-time:inf"]), ("--schedule", ["--schedule", "inverse-time:-1"]),
        ("--l2", ["--l2", "-1"]), ("--l2", ["--l2", "nan"]), ("--l2", ["--l2", "towers=inf"]),
        ("--l2", ["--l2", "towers="]), ("--l1", ["--l1", "-1"]),
        ("--tower", ["--tower", "time"]), ("--tower", ["--net", "pons-timefrequency-init"]),
        ("--masks", ["--masks", "2"]), ("--masks", ["--spec-augment", "--masks", "-1"]),
        ("--mixup", ["--mixup", "-1"]), ("--depth", ["--depth", "1.5"]), ("--low-pass", ["--low-pass", "-0.1"]),
    ])
    func aSettingThatMakesNoSenseIsRefusedByItsName(option: String, words: [String]) throws {
        let net = words.contains("--net") ? [] : ["--net", "shallow"]
        let outcome = try Tool.run(["train", "x"] + net + words, in: folder.url)
        #expect(outcome.status == 2, "\(words): \(outcome.diagnostics)")
        #expect(outcome.output.isEmpty && outcome.diagnostics.contains(option), "\(words): \(outcome.diagnostics)")
        #expect(try folder.contents().isEmpty)
    }

    /// Runs a line of a shell in which GENRE is the tool.
    private func shell(_ line: String) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", line]
        process.currentDirectoryURL = folder.url
        process.environment = ProcessInfo.processInfo.environment.merging(["GENRE": Tool.url.path]) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "/dev/full is Linux's"),
        arguments: [
            (">/dev/full", "No space left"), (">&-", "standard output cannot be written"),
        ])
    func lostResultsAreAFailure(redirection: String, words: String) throws {
        for arguments in ["inspect gtzan-compact", "--help", "inspect gtzan-compact --json"] {
            let outcome = try shell("\"$GENRE\" \(arguments) 2>&1 \(redirection)")
            #expect(outcome.status == 1 && outcome.output.contains(words), "\(arguments): \(outcome.output)")
        }
    }

    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "/dev/full is Linux's"),
        arguments: ["2>/dev/full", "2>&-"])
    func diagnosticsThatCannotBeWrittenAreNoFailure(redirection: String) throws {
        try tone("good.wav", seconds: 7)
        // What is said of the bad file does not get into the results, either.
        let outcome = try shell("\"$GENRE\" predict good.wav bad.wav -o results.jsonl \(redirection)")
        #expect(outcome.status == 1 && outcome.output.contains("good.wav"))
        let results = try String(contentsOfFile: folder.path("results.jsonl"), encoding: .utf8)
        #expect(results.split(separator: "\n").allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") })
        #expect(try shell("\"$GENRE\" nonsense \(redirection)").status == 2)
    }

    private func expectFailure(_ data: String, status: Int32 = 1, naming text: String) throws {
        let before = try folder.contents()
        let outcome = try Tool.run("train", data, "--from", "none", "--epochs", "1", "-o", folder.path("run"))
        #expect(outcome.status == status, "\(outcome.diagnostics)")
        #expect(outcome.diagnostics.contains(text), "\(outcome.diagnostics) should name \(text)")
        #expect(outcome.output.isEmpty)
        #expect(try folder.contents() == before, "something was left behind")
    }

    private func tone(_ name: String, seconds: Double) throws {
        let file = folder.url.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        let samples = (0..<Int(seconds * 22_050)).map { Float(sin(Double($0) * 0.1)) * 0.5 }
        try WaveFile.write(samples, sampleRate: 22_050, to: file)
    }

    @Test func featuresAreMeasuredFolderByFolder() throws {
        for name in ["a/1.wav", "a/2.wav", "b/1.wav"] { try tone(name, seconds: 2) }
        let folders = [folder.path("a"), folder.path("b")]
        let outcome = try Tool.run(["bench", "features", "--passes", "1", "--threads", "1", "--json"] + folders)
        #expect(outcome.status == 0, "\(outcome.diagnostics)")
        let lines = try outcome.objects()
        #expect(lines.map { $0["folder"] as? String } == folders)
        #expect(lines.map { $0["tracks"] as? Int } == [2, 1])
        #expect(lines.map { $0["segments"] as? Int } == [6, 3])
        for key in ["ms_min", "ms_median", "ffmpeg_decode_ms", "decode_ms", "feature_ms"] {
            #expect(lines.allSatisfy { $0[key] as? Double ?? 0 > 0 }, "\(key)")
        }
        let table = try Tool.run(["bench", "features", "--passes", "1", folders[0]])
        #expect(table.status == 0 && table.output.contains("schindler"))
    }

    @Test func aMissingPath() throws { try expectFailure(folder.path("nowhere"), naming: "nowhere") }

    @Test func anEmptyFolder() throws {
        try FileManager.default.createDirectory(atPath: folder.path("empty"), withIntermediateDirectories: true)
        try expectFailure(folder.path("empty"), naming: "empty")
    }

    @Test func oneGenreOnly() throws {
        for number in 0..<3 { try tone("data/jazz/\(number).wav", seconds: 2) }
        try expectFailure(folder.path("data"), naming: "jazz")
    }

    @Test func genresThatDifferOnlyByCase() throws {
        for genre in ["jazz", "Jazz", "rock"] {
            for number in 0..<2 { try tone("data/\(genre)/\(number).wav", seconds: 2) }
        }
        let outcome = try Tool.run("train", folder.path("data"), "-o", folder.path("run"))
        #expect(outcome.status == 1)
        #expect(outcome.diagnostics.contains("jazz") && outcome.diagnostics.contains("Jazz"))
    }

    @Test func filesThatAreTooShort() throws {
        for genre in ["jazz", "rock"] {
            for number in 0..<2 { try tone("data/\(genre)/\(number).wav", seconds: 0.2) }
        }
        try expectFailure(folder.path("data"), naming: "0.wav")
    }

    @Test func aTruncatedAndAForeignPickle() throws {
        try folder.write(Data([0x80, 4, 0x95, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0x5D]), to: "cut/train.pkl")
        try folder.write(Data([0x80, 4, 0x5D, 0x2E]), to: "cut/val.pkl")
        try expectFailure(folder.path("cut"), naming: "train.pkl")
        // protocol 4, os.system('true')
        let hostile = Data([0x80, 4]) + Data("cos\nsystem\n(S'true'\ntR.".utf8)
        try folder.write(hostile, to: "hostile/train.pkl")
        try folder.write(hostile, to: "hostile/val.pkl")
        try expectFailure(folder.path("hostile"), naming: "system")
    }
}
