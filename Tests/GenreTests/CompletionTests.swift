import Foundation
import Testing

/// What Tab offers, by the scripts that the tool writes.
@Suite struct CompletionTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in [
            "song.mp3", "net.safetensors", "table.csv", "notes.txt", "my music/jazz/a b.mp3", "my-run/log.jsonl",
        ] {
            try folder.write(Data(), to: name)
        }
    }

    private func script(_ shell: String) throws -> String {
        let outcome = try Tool.run("--generate-completion-script", shell)
        #expect(outcome.status == 0 && outcome.diagnostics.isEmpty)
        return outcome.output
    }

    /// What bash offers for the last of some words.
    private func offered(_ words: [String], script: String) throws -> [String] {
        let quoted = words.map { "'\($0)'" }.joined(separator: " ")
        let program = """
            source '\(script)'
            COMP_WORDS=(\(quoted)); COMP_CWORD=\(words.count - 1)
            COMP_LINE="${COMP_WORDS[*]}"; COMP_POINT=${#COMP_LINE}; COMPREPLY=()
            _genre genre "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["--norc", "-c", program]
        process.currentDirectoryURL = folder.url
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init).sorted()
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/bin/bash"), "bash is not there"))
    func bashOffersFilesFoldersNamesAndRules() throws {
        let script = try folder.write(Data(script("bash").utf8), to: "complete.bash")
        let cases: [(words: [String], offered: [String])] = [
            (["genre", "tr"], ["train"]),
            (["genre", "train", "my"], ["my music", "my-run"]),
            (["genre", "train", "t"], ["table.csv"]),
            (["genre", "train", "n"], []),  // neither a text nor a model is data
            (["genre", "train", "--net", "sh"], ["shallow", "short-chunk", "short-chunk-res"]),
            (["genre", "train", "--watch", "m"], ["maj", "max"]),
            (["genre", "train", "--split", "k"], ["kfold:5"]),
            (["genre", "train", "--schedule", "c"], ["constant", "cosine"]),
            (["genre", "train", "--recipe", "gt"], ["gtzan-mel"]),
            (["genre", "train", "-o", "my-"], ["my-run"]),
            (["genre", "train", "--resume", "my-"], ["my-run"]),
            (["genre", "predict", "so"], ["song.mp3"]),
            (["genre", "predict", "--model", "gt"], ["gtzan", "gtzan-compact", "gtzan-musicnn"]),
            (["genre", "predict", "--model", "n"], ["net.safetensors"]),
            (["genre", "predict", "--model", "my-"], ["my-run"]),
            (["genre", "evaluate", "gtzan-c"], ["gtzan-compact"]),
            (["genre", "draw", "deep-"], ["deep-published"]),
            (["genre", "export", "x", "--format", "o"], ["onnx"]),
            (["genre", "report", "my-"], ["my-run"]),
            (["genre", "import", "n"], ["net.safetensors"]),
            (["genre", "bench", "features", "my"], ["my music", "my-run"]),
        ]
        for (words, expected) in cases {
            #expect(try offered(words, script: script) == expected, "\(words)")
        }
    }

    @Test(arguments: [
        ("bash", "-W 'gtzan'"),
        ("zsh", "{compadd - gtzan gtzan-compact gtzan-musicnn;_files -g \"*.safetensors\"}"),
        ("fish", "gtzan-musicnn; __fish_complete_suffix .safetensors"),
    ])
    func eachShellOffersModelsAndFiles(shell: String, words: String) throws {
        let script = try script(shell)
        #expect(script.contains(words))
        #expect(!script.contains("GENRE-WORDS"), "a mark was left")
    }

    /// No argument and no option is without a word on what Tab offers, but for numbers and the like.
    @Test func optionsThatTakeFilesOfferThem() throws {
        let zsh = try script("zsh")
        for option in ["--output", "--resume", "--page", "--tensorboard", "--audit", "--data", "--model"] {
            let lines = zsh.split(separator: "\n").filter { line in
                (line.contains("'\(option)[") || line.contains("\(option)}'[")) && line.contains("]:")
            }
            #expect(!lines.isEmpty && lines.allSatisfy { $0.contains("_files") }, "\(option)")
        }
    }
}
