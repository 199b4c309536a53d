import Foundation
import ModelFile
import Report

/// A fusion's card as text.
enum FusionText {
    /// - Parameter origin: how a member's weights came to be, in lines.
    static func card(of fusion: FusedModel, name: String, origin: (ModelCard) -> [String]) -> String {
        let genres = fusion.genres.map(StandardStreams.oneLine).joined(separator: ", ")
        var lines = [
            "\(name): a fusion of \(counted(fusion.members.count, "model")), \(fusion.genres.count) genres (\(genres))",
            "verdict on a track: the weighted geometric mean of the members' confidences, divided by its sum",
        ]
        if let calibration = fusion.calibration {
            lines.append(
                "then its own temperature \(decimal(calibration.temperature, places: 2)), fitted on "
                    + "\(calibration.tracks) tracks; calibration error there \(percent(calibration.errorAfter)), "
                    + "\(percent(calibration.errorBefore)) without")
        }
        lines.append("made by version \(fusion.toolVersion)")
        for member in fusion.members {
            let card = member.model.card
            lines += [
                "",
                "\(StandardStreams.oneLine(member.name)): weight \(decimal(member.weight, places: 2)), "
                    + (member.every == 1 ? "all segments" : "one of \(member.every) segments"),
                "  \(card.architecture), \(counted(member.model.parameters.plan.parameterCount, "parameter")), recipe "
                    + "\(card.recipe.name), \(Int(card.recipe.sampleRate)) Hz",
            ]
            if let backbone = card.backbone {
                lines.append("  built on the installed model '\(backbone.name)', weights of digest \(backbone.weights)")
            }
            if let scores = card.scores {
                lines.append("  alone on its \(card.scoredSide) tracks: \(line(of: scores))")
            }
            lines += origin(card).flatMap { $0.split(separator: "\n", omittingEmptySubsequences: false) }.map {
                "  \($0)"
            }
        }
        return lines.joined(separator: "\n")
    }
}

/// A fusion's card as `--json` prints it.
struct FusionCard: Encodable {
    struct Member: Encodable {
        let name: String
        let weight: Double
        let every: Int
        let card: ModelCard
    }

    let name: String
    let genres: [String]
    let members: [Member]
    let temperature: Double?
    let toolVersion: String

    init(_ fusion: FusedModel, name: String) {
        self.name = name
        genres = fusion.genres
        members = fusion.members.map {
            Member(name: $0.name, weight: $0.weight, every: $0.every, card: $0.model.card)
        }
        temperature = fusion.calibration?.temperature
        toolVersion = fusion.toolVersion
    }
}
