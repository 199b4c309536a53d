import Foundation
import ModelFile
import NeuralNetwork
import Storage
import Testing

@testable import Backbones

/// What Tools/make_backbone_fixtures.py says of its wheel.
struct SmallWheel: Decodable {
    let sha256: String
    let names: [String]
    let tags: [String: [Float]]

    static let url = Bundle.module.url(forResource: "small", withExtension: "whl", subdirectory: "Fixtures")!
    static let facts: SmallWheel = {
        let url = Bundle.module.url(forResource: "small", withExtension: "json", subdirectory: "Fixtures")!
        return try! JSONDecoder().decode(SmallWheel.self, from: Data(contentsOf: url))
    }()

    /// The release that the wheel is of, or would be with another digest or other numbers.
    static func release(
        sha256: String? = nil, files: [String: String] = [:], changing change: (inout [Float]) -> Void = { _ in }
    ) -> MusicnnRelease {
        func variant(_ name: String, _ net: MusicnnRelease.Variant.Net) -> MusicnnRelease.Variant {
            var golden = facts.tags[name] ?? []
            change(&golden)
            return .init(
                name: name, net: net, installedName: name, tags: "MSD_LABELS", data: "noise", golden: golden)
        }
        return MusicnnRelease(
            name: "musicnn 0.1.0", sha256: sha256 ?? facts.sha256, files: files,
            sizes: .init(timbre: 4, rhythm: 3, middle: 4, units: 6, vgg: 3, tags: 5),
            variants: [variant("MSD_musicnn", .musicnn), variant("MSD_vgg", .vgg)])
    }

    static func model(_ variant: String? = nil) throws -> TrainedModel {
        try TrainedModel(musicnnWheel: url, variant: variant, release: release(), toolVersion: "test")
    }
}

/// A folder that goes away with its owner.
final class Sandbox {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("backbones-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }
}
