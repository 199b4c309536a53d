import Architectures
import ArgumentParser
import Datasets
import Features
import Foundation
import ModelFile
import NeuralNetwork
import Training

/// What Tab offers for arguments and options.
enum Completions {
    static let nets = Architecture.all.map(\.name)
    static let builtInModels = builtInNames
    static let audioRecipes = FeatureRecipe.all.filter(\.makesSegmentsFromAudio).map(\.name)
    /// The rules of splits, a usual number of folds where one is asked for.
    static let splitRules = SplitRule.known.map { $0.rule.replacing(":K", with: ":5").replacing(":PATH", with: ":") }
    static let schedules = ["constant", "cosine", "step:30:0.1", "plateau:5:0.5", "inverse-time:1e-5"]
    static let optimisers = OptimiserSettings.Name.allCases.map(\.rawValue)
    static let watched = WatchedMeasure.allCases.map(\.rawValue)
    static let frozen = ["towers", "conv1"]

    /// Files of music, playlists and folders.
    static let audio = CompletionKind.file()
    /// Built-in models, model files and run folders.
    static let model = words(builtInModels, orFiles: ["safetensors"])
    /// A model to begin with, or none.
    static let base = words(["none"] + builtInModels, orFiles: ["safetensors"])
    static let netOrModel = words(nets + builtInModels, orFiles: ["safetensors"])
    static let modelOrData = words(
        builtInModels, orFiles: ["safetensors", "csv", "tsv", "npz", "npy", "pkl"])
    /// Data to train or judge on: folders and the files that are data.
    static let data = CompletionKind.file(extensions: ["csv", "tsv", "npz", "npy", "pkl"])
    static let net = CompletionKind.list(nets)
    static let recipe = CompletionKind.list(audioRecipes)
    static let split = words(splitRules)

    // MARK: words and files

    /// Words, or files with these endings and folders: no kind of the parser's. What the parser makes of it stands in the
    /// scripts as a mark, which ``finished(_:)`` replaces.
    static func words(_ words: [String], orFiles extensions: [String] = []) -> CompletionKind {
        .shellCommand("GENRE-WORDS \(words.joined(separator: " ")) -- \(extensions.joined(separator: " "))")
    }

    /// A script as the parser generates it, with what each shell says for words and files in place of the marks.
    static func finished(_ script: String) -> String {
        let mark = /GENRE-WORDS (?<words>[^"'()\n]*?) -- (?<extensions>[a-z0-9 ]*)/
        func parts(_ text: Substring) -> (words: [String], extensions: [String])? {
            guard let match = text.firstMatch(of: mark) else { return nil }
            return (
                match.words.split(separator: " ").map(String.init),
                match.extensions.split(separator: " ").map(String.init)
            )
        }
        return script.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard let (words, extensions) = parts(line) else { return String(line) }
            if line.contains("compgen") || line.contains("add_completions") {
                return bash(line, words, extensions)
            }
            return line.contains("complete -c") ? fish(line, words, extensions) : zsh(line, words, extensions)
        }.joined(separator: "\n")
    }

    private static func bash(_ line: Substring, _ words: [String], _ extensions: [String]) -> String {
        let indent = line.prefix { $0 == " " }
        let function = line.dropFirst(indent.count).prefix { $0 != " " }
        let list = words.map { "'\($0)'" }.joined(separator: "$'\\n'")
        var lines = ["\(indent)\(function) -W \(list)"]
        if !extensions.isEmpty {
            lines.append("\(indent)\(function) -o plusdirs -fX '!*.@(\(extensions.joined(separator: "|")))'")
        }
        return lines.joined(separator: "\n")
    }

    /// The mark stands in `{local -a list;list=(${(f)"$(MARK)"});_describe -V "" list}`.
    private static func zsh(_ line: Substring, _ words: [String], _ extensions: [String]) -> String {
        let list = words.map { $0.replacing(":", with: "\\:") }.joined(separator: " ")
        let patterns = extensions.map { "*.\($0)" }.joined(separator: " ")
        let files = extensions.isEmpty ? "" : ";_files -g \"\(patterns)\""
        return String(line).replacing(/\{local -a list;list=.*?GENRE-WORDS.*?_describe -V "" list\}/) { _ in
            "{compadd - \(list)\(files)}"
        }
    }

    /// The mark stands in `'(MARK)'`; files are what the parser writes for them in this shell.
    private static func fish(_ line: Substring, _ words: [String], _ extensions: [String]) -> String {
        String(line).replacing(/'\(GENRE-WORDS[^)]*\)'/) { _ in
            let files = extensions.map { "; __fish_complete_suffix .\($0)" }.joined()
            return "'(printf \"%s\\n\" \(words.joined(separator: " "))\(files))'"
        }
    }
}
