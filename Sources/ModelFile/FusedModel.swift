import Evaluation
import Features
import Foundation
import Storage

/// Several models whose verdicts on a track are joined: each has a recipe of its own, and all have the same genres.
///
/// The joint distribution is the weighted geometric mean of the members' calibrated distributions of the track, divided by
/// its sum: exp(Σ weight × ln p) / Σ. Of models that err independently it is right more often than each of them; a genre
/// that one of them rules out is ruled out.
public struct FusedModel {
    public struct Member {
        /// As cards and verdicts call it: a built-in model's name, or that of a file or run.
        public let name: String
        /// Of its distribution's logarithm; all weights are 1 together.
        public let weight: Double
        /// Every so-manieth of its segments is heard: 1 for all. A net of long segments needs few of them.
        public let every: Int
        public let model: TrainedModel

        public init(name: String, weight: Double = 1, every: Int = 1, model: TrainedModel) {
            self.name = name
            self.weight = weight
            self.every = every
            self.model = model
        }

        /// How the segments that are heard are made.
        public var recipe: FeatureRecipe {
            var recipe = model.card.recipe
            let (stride, overflows) = recipe.segmentStride.multipliedReportingOverflow(by: every)
            recipe.segmentStride = overflows ? .max : stride
            return recipe
        }
    }

    /// At least two; weights are 1 together.
    public let members: [Member]
    /// Fitted to verdicts of all members together; nil where it was not.
    public var calibration: Calibration?
    /// Version of the tool that fused them.
    public var toolVersion: String

    public var genres: [String] { members[0].model.card.genres }

    public static let greatestNumber = 16
    static let greatestStep = 64

    /// - Parameter members: with positive weights of any sum, names of their own, and the same genres in the same order.
    /// - Throws: ``ModelFileError/cannotFuse(problem:)``.
    public init(_ members: [Member], calibration: Calibration? = nil, toolVersion: String) throws(ModelFileError) {
        guard 2...Self.greatestNumber ~= members.count else {
            throw .cannotFuse(problem: "a fusion is of 2 to \(Self.greatestNumber) models, not of \(members.count)")
        }
        guard Set(members.map(\.name)).count == members.count, members.allSatisfy({ 1...255 ~= $0.name.utf8.count })
        else {
            throw .cannotFuse(problem: "two of them have the same name, or one has none, or one of more than 255 bytes")
        }
        for member in members { try Self.check(member, beside: members[0]) }
        let sum = members.reduce(0) { $0 + $1.weight }
        self.members = members.map {
            Member(name: $0.name, weight: $0.weight / sum, every: $0.every, model: $0.model)
        }
        self.calibration = calibration
        self.toolVersion = toolVersion
    }

    private static func check(_ member: Member, beside first: Member) throws(ModelFileError) {
        let card = member.model.card
        func refuse(_ problem: String) -> ModelFileError { .cannotFuse(problem: problem) }
        guard member.weight > 0, member.weight <= 1e6 else {
            throw refuse(
                "the weight of '\(member.name)' is \(member.weight), and must be above 0 and at most a million")
        }
        guard !card.tellsTags else {
            throw refuse(
                "'\(member.name)' tells tags, not genres: fuse a head on it, 'genre train DATA --backbone MODEL'")
        }
        if let caution = card.blueprint.caution { throw refuse("'\(member.name)' cannot predict: \(caution)") }
        guard card.recipe.makesSegmentsFromAudio else {
            throw refuse(
                "'\(member.name)' was trained on '\(card.recipe.name)' spectrograms, which cannot be made from audio")
        }
        guard 1...greatestStep ~= member.every, member.every == 1 || card.recipe.scope == .track else {
            throw refuse(
                "of '\(member.name)' every segment is to be heard, or of one that transforms whole tracks one of up to "
                    + "\(greatestStep)")
        }
        guard card.genres == first.model.card.genres else {
            let isOrder = Set(card.genres) == Set(first.model.card.genres)
            throw refuse(
                "'\(first.name)' has the genres \(first.model.card.genres.joined(separator: ", ")); '\(member.name)' has "
                    + (isOrder ? "the same in another order" : card.genres.joined(separator: ", "))
                    + "; train one of them again on the other's genres")
        }
    }

    // MARK: - File

    /// In a file's metadata; a file of one model has none.
    static let cardKey = "fusion"
    private static let version = 4

    private struct Card: Codable {
        struct Member: Codable {
            var name: String
            var weight: Double
            var every: Int
            var card: ModelCard
        }

        var members: [Member]
        var calibration: Calibration?
        var toolVersion: String
    }

    private var card: Card {
        Card(
            members: members.map {
                Card.Member(name: $0.name, weight: $0.weight, every: $0.every, card: $0.model.card)
            }, calibration: calibration, toolVersion: toolVersion)
    }

    private static func prefix(_ index: Int) -> String { "members.\(index)." }

    /// Writes the fusion with its members beside `url`, then renames it. Of a member on a backbone it holds what the
    /// member's own file holds.
    public func write(to url: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let metadata = [
            "format": TrainedModel.format,
            "format_version": String(Self.version),
            "genres": genres.joined(separator: ","),
            Self.cardKey: String(decoding: try encoder.encode(card), as: UTF8.self),
        ]
        let tensors = try members.enumerated().flatMap { index, member in
            try member.model.ownParameters.map {
                (Self.prefix(index) + $0.name, $0.shape, member.model.parameters.canonical($0))
            }
        }
        try Safetensors.write(tensors: tensors, metadata: metadata, to: url)
    }

    /// What a reader of one model can say of a fusion's file.
    static func memberNames(_ metadata: [String: String]) -> [String] {
        struct Names: Decodable {
            struct Member: Decodable { var name: String }
            var members: [Member]
        }
        let names = metadata[cardKey].flatMap { try? JSONDecoder().decode(Names.self, from: Data($0.utf8)) }
        return names?.members.map(\.name) ?? []
    }

    /// - Throws: ``ModelFileError``.
    init(_ tensors: SafetensorsFile, among installed: InstalledModels?) throws {
        let file = tensors.path
        let metadata = try TrainedModel.checkedMetadata(of: tensors)
        let card: Card
        do {
            card = try JSONDecoder().decode(Card.self, from: Data((metadata[Self.cardKey] ?? "").utf8))
        } catch {
            throw ModelFileError.notAModel(file: file, problem: "its card cannot be read (\(error))")
        }
        guard 2...Self.greatestNumber ~= card.members.count else {
            throw ModelFileError.badCard(
                file: file, field: "members",
                problem: "are \(card.members.count), and must be 2 to \(Self.greatestNumber)")
        }
        do throws(SenselessNumber) { try ModelCard.check(card.calibration) } catch {
            throw ModelFileError.badCard(file: file, field: error.field, problem: error.problem)
        }
        let members = try card.members.enumerated().map { index, member in
            Member(
                name: member.name, weight: member.weight, every: member.every,
                model: try TrainedModel(
                    card: member.card, tensors: tensors, prefix: Self.prefix(index), among: installed))
        }
        do throws(ModelFileError) {
            try self.init(members, calibration: card.calibration, toolVersion: card.toolVersion)
        } catch {
            guard case .cannotFuse(let problem) = error else { throw error }
            throw ModelFileError.badCard(file: file, field: "members", problem: "cannot be fused: \(problem)")
        }
    }
}
