import Foundation
import ModelFile
import Training

/// When, how, where and by what program a model's run was begun, from the config.json beside it; nothing where there is
/// none, or where it is of another training.
func provenanceLines(of card: ModelCard, at file: URL?) -> [String] {
    guard let file, let record = try? RunFolder(at: file.deletingLastPathComponent()).record(),
        record.dataHash == card.dataHash, record.configuration.seed == card.configuration?.seed,
        record.configuration.net == card.configuration?.net
    else { return [] }
    func lines(_ provenance: Provenance, _ verb: String) -> [String] {
        [
            "\(verb) \(provenance.date) by: \(provenance.command.map(shellWord).joined(separator: " "))",
            "  on \(provenance.processor), \(provenance.cores) cores, \(provenance.system)",
            provenance.executable.map { "  program: SHA-256 \($0)" },
            provenance.commit.map { "  built of commit \($0)" },
        ].compactMap { $0 }
    }
    return (record.provenance.map { lines($0, "begun") } ?? [])
        + (record.resumed ?? []).flatMap { lines($0, "resumed") }
        + (record.divergence.map { ["given up: \($0)"] } ?? [])
}
