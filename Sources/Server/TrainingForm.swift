import Architectures
import Foundation

/// The options of `genre train` that the page offers, each with what it may be. The training itself checks them once more.
struct TrainingForm: Encodable, Sendable {
    struct Option: Encodable, Sendable {
        enum Kind: String, Encodable, Sendable { case choice, number, integer, flag, text }

        /// As the command line has it.
        let name: String
        let label: String
        let kind: Kind
        let help: String
        var choices: [String]?
        var least: Double?
        var greatest: Double?
        /// What is used where nothing is said, in words.
        var usual: String?
        /// Shown at once, or only among all options.
        var isCommon = false

        private enum CodingKeys: String, CodingKey {
            case name, label, kind, help, choices, least, greatest, usual
            case isCommon = "common"
        }
    }

    struct Source: Encodable, Sendable {
        let id: String
        let name: String
    }

    let data: [Source]
    let options: [Option]

    static let options: [Option] = [
        Option(
            name: "--net", label: "Net", kind: .choice, help: "Without one, a built-in model is fitted to the data.",
            choices: Architecture.all.filter(\.beginnings.isEmpty).map(\.name), usual: "from the built-in model",
            isCommon: true),
        Option(
            name: "--epochs", label: "Epochs", kind: .integer, help: "Passes over the training segments.", least: 1,
            greatest: 100_000, usual: "as the net's authors", isCommon: true),
        Option(
            name: "--learning-rate", label: "Learning rate", kind: .number, help: "The size of a step.", least: 1e-9,
            greatest: 100, usual: "as the net's authors", isCommon: true),
        Option(
            name: "--batch", label: "Batch", kind: .integer, help: "Segments a step.", least: 1, greatest: 4096,
            usual: "as the net's authors", isCommon: true),
        Option(
            name: "--split", label: "Split", kind: .text,
            help: "random, artist, kfold:5, artist-kfold:5 …: how tracks are divided.", usual: "random",
            isCommon: true),
        Option(
            name: "--seed", label: "Seed", kind: .integer, help: "Of initial weights, order, dropout, split.", least: 0,
            greatest: 9e15, usual: "0", isCommon: true),
        Option(
            name: "--optimizer", label: "Optimizer", kind: .choice, help: "As PyTorch computes it.",
            choices: ["sgd", "adam", "adamw", "adadelta"], usual: "as the net's authors"),
        Option(
            name: "--weight-decay", label: "Weight decay", kind: .number, help: "Of all parameters.", least: 0,
            greatest: 1, usual: "0; adamw 0.01"),
        Option(
            name: "--l1", label: "L1", kind: .number, help: "Factor of the weights' absolute values in the loss.",
            least: 0, greatest: 100, usual: "as the net's authors"),
        Option(
            name: "--segments", label: "Segments of a track", kind: .text, help: "A number, or 'all'.", usual: "15"),
        Option(
            name: "--average-last", label: "Average of the last epochs", kind: .integer,
            help: "Make the model from the mean of the weights at the ends of so many last epochs.", least: 1,
            greatest: 1000),
        Option(
            name: "--schedule", label: "Schedule", kind: .text, help: "constant, cosine, step:EPOCHS:FACTOR …",
            usual: "as the net's authors"),
        Option(
            name: "--patience", label: "Patience", kind: .integer,
            help: "Stop when nothing has improved for so many epochs; 0 for never.", least: 0, greatest: 100_000,
            usual: "never"),
        Option(
            name: "--watch", label: "Watched measure", kind: .choice, help: "What the best model goes by.",
            choices: ["loss", "raw", "max", "maj"], usual: "raw"),
        Option(name: "--spec-augment", label: "SpecAugment", kind: .flag, help: "Mask random bands and frames."),
        Option(
            name: "--mixup", label: "Mixup", kind: .number, help: "Mix segments and labels in pairs; say 0.2.",
            least: 0.001, greatest: 10, usual: "none"),
        Option(
            name: "--class-weights", label: "Class weights", kind: .flag,
            help: "Weigh the loss by the inverse of a genre's number of segments."),
        Option(
            name: "--balanced-sampling", label: "Balanced sampling", kind: .flag,
            help: "Take every genre equally often."),
    ]

    /// The arguments for options and their values, as a form sends them.
    ///
    /// - Throws: ``ServerError/badBody(problem:)`` naming the first option that is unknown or has no value of its kind.
    static func arguments(_ values: [String: String]) throws(ServerError) -> [String] {
        var arguments: [String] = []
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            guard let option = options.first(where: { $0.name == name }) else {
                throw .badBody(problem: "there is no option '\(Uploads.cleaned(name))' in the form")
            }
            let value = value.trimmingCharacters(in: .whitespaces)
            if value.isEmpty { continue }
            func refuse(_ what: String) -> ServerError { .badBody(problem: "\(name) must be \(what)") }
            switch option.kind {
            case .flag:
                guard ["true", "false"].contains(value) else { throw refuse("true or false") }
                if value == "true" { arguments.append(name) }
                continue
            case .choice:
                guard option.choices?.contains(value) ?? false else {
                    throw refuse("one of \(option.choices?.joined(separator: ", ") ?? "")")
                }
            case .number, .integer:
                let (least, greatest) = (option.least ?? -.infinity, option.greatest ?? .infinity)
                guard let number = Double(value), number >= least, number <= greatest,
                    option.kind == .number || number == number.rounded() && Int(value) != nil
                else {
                    let kind = option.kind == .integer ? "a whole number" : "a number"
                    throw refuse("\(kind) from \(Self.words(least)) to \(Self.words(greatest))")
                }
            case .text:
                // What is no path and no option: lists in files are for the command line.
                guard value.utf8.count <= 100, value.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9:.,=-]*/) != nil,
                    !value.hasPrefix("file")
                else { throw refuse("a word of letters, digits and ':.,='") }
            }
            arguments += [name, value]
        }
        return arguments
    }

    private static func words(_ number: Double) -> String {
        number == number.rounded() && abs(number) < 1e15 ? String(Int(number)) : "\(number)"
    }
}
