import Features
import Foundation
import ModelFile
import NeuralNetwork
import Storage

extension TrainedModel {
    /// Makes a model of tags from the wheel of musicnn, as pip downloads it, or from the folder that it was unpacked to. Nothing of the wheel is executed; its digest,
    /// the checksums of archive and checkpoint, the tensors' shapes and, last, the net's output on a test sound are checked.
    ///
    /// - Parameters:
    ///   - variant: "MSD_musicnn", "MTT_musicnn", "MSD_vgg" or "MTT_vgg"; nil for the first.
    ///   - toolVersion: of the program that imports.
    /// - Throws: ``BackboneError``, `StorageError`.
    public init(
        musicnnWheel url: URL, variant name: String? = nil, release: MusicnnRelease = .current, toolVersion: String
    ) throws {
        let variant = try release.variant(name)
        let wheel = try MusicnnWheel(url, release: release)
        let layers = CheckpointLayers(bundle: try wheel.bundle(of: variant.name))
        let net: TakenNet
        do throws(ByteCursor.Fault) {
            net =
                switch variant.net {
                case .musicnn: try TakenNet(musicnn: layers, sizes: release.sizes)
                case .vgg: try TakenNet(vgg: layers, sizes: release.sizes)
                }
        } catch {
            throw BackboneError.damaged(file: url.path, part: "'musicnn/\(variant.name)'", problem: error.problem)
        }
        let tags = try wheel.tags(variant.tags, count: release.sizes.tags)
        let parameters = try ParameterStore(plan: NetworkPlan(net.blueprint))
        for specification in parameters.plan.parameters {
            try parameters.set(specification, to: net.tensors[specification.name] ?? [])
        }
        for (index, found) in try GoldenSound.tags(of: parameters).enumerated() {
            let wanted = variant.golden[index]
            guard abs(found - wanted) <= GoldenSound.bound else {
                throw BackboneError.otherNumbers(
                    file: url.path, variant: variant.name, tag: tags[index], found: found, wanted: wanted)
            }
        }
        let origin = wheel.origin(of: variant.name)
        let imported = ImportedWeights(
            file: origin.file, sha256: origin.sha256,
            work: "\(variant.name) of \(release.name) by Pons & Serra (2019), trained on \(variant.data)",
            licence: try wheel.licence(), changes: net.changes)
        var card = ModelCard(
            blueprint: net.blueprint, genres: tags, recipe: .musicnn, imported: imported, toolVersion: toolVersion)
        card.outputs = .tags
        try card.check(file: url.path)
        self.init(card: card, parameters: parameters)
    }
}
