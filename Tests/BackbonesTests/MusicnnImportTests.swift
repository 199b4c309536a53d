import Features
import Foundation
import ModelFile
import NeuralNetwork
import Storage
import Testing

@testable import Backbones

@Suite struct MusicnnImportTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    /// Every layer is in the tags: the order of the pools, what dead filters leave in the biases, the axes of the kernels.
    @Test(arguments: ["MSD_musicnn", "MSD_vgg"])
    func aNetOfTheWheelGivesItsTwinsTags(variant: String) throws {
        let model = try SmallWheel.model(variant)
        let found = try GoldenSound.tags(of: model.parameters)
        let wanted = try #require(SmallWheel.facts.tags[variant])
        try #require(found.count == wanted.count)
        for (found, wanted) in zip(found, wanted) { #expect(abs(found - wanted) < 2e-6) }
    }

    @Test func deadFiltersAreLeftOutAndSaid() throws {
        let model = try SmallWheel.model()
        let channels = model.parameters.plan.parameters.filter { $0.name.hasSuffix(".1.bias") }.map { $0.shape[0] }
        #expect(channels == [3, 3, 2, 2, 2, 4, 4, 4])
        let imported = try #require(model.card.imported)
        #expect(imported.changes?.contains("5 of the 17 filters") == true)
        #expect(imported.work?.contains("Pons & Serra") == true && imported.licence == "A licence of nobody's.")
        #expect(imported.sha256 == SmallWheel.facts.sha256)
        #expect(try SmallWheel.model("MSD_vgg").card.imported?.changes == nil)
    }

    @Test func theModelTellsTagsAndKeepsThatInItsFile() throws {
        let model = try SmallWheel.model()
        let file = sandbox.folder.appendingPathComponent("m.safetensors")
        try model.write(to: file)
        let read = try TrainedModel(contentsOf: file)
        #expect(read.card.tellsTags && read.card.genres == SmallWheel.facts.names)
        #expect(read.card.recipe == .musicnn && read.card.imported == model.card.imported)
        // Earlier versions would take the tags for genres that exclude each other.
        #expect(try SafetensorsFile(file).metadata["format_version"] == "3")
    }

    @Test func anotherWheelIsRefusedByItsDigest() throws {
        let release = SmallWheel.release(sha256: String(repeating: "0", count: 64))
        #expect {
            try TrainedModel(musicnnWheel: SmallWheel.url, release: release, toolVersion: "test")
        } throws: {
            "\($0)".contains("is not the wheel of musicnn 0.1.0") && "\($0)".contains(SmallWheel.facts.sha256)
                && "\($0)".contains("pip download --no-deps musicnn==0.1.0")
        }
    }

    @Test func numbersThatAreNotTheAuthorsAreRefused() throws {
        let release = SmallWheel.release { $0[3] += 3e-5 }
        #expect {
            try TrainedModel(musicnnWheel: SmallWheel.url, release: release, toolVersion: "test")
        } throws: {
            "\($0)".contains("for the tag 'slow'") && "\($0)".contains("nothing was kept")
        }
    }

    @Test func unknownVariantsAreNamedWithTheKnown() {
        #expect(throws: BackboneError.unknownVariant(name: "MSD_big", known: ["MSD_musicnn", "MSD_vgg"])) {
            try SmallWheel.model("MSD_big")
        }
        #expect(throws: Never.self) { try MusicnnRelease.current.variant("musicnn-mtt-vgg") }
    }

    /// The unpacked wheel, with the digests of what is read.
    private func unpacked() throws -> (folder: URL, release: MusicnnRelease) {
        let folder = sandbox.folder.appendingPathComponent("unpacked \(UUID().uuidString)")
        let zip = try ZipFile(SmallWheel.url, format: "wheel")
        var files: [String: String] = [:]
        for name in zip.names {
            let contents = try zip.contents(of: name)
            let data = withExtendedLifetime(contents.owner) { Data(contents.bytes) }
            // As the release's wheel has it.
            let own = name.contains(".dist-info/LICENSE") ? "musicnn-0.1.0.dist-info/LICENSE.md" : name
            let file = folder.appendingPathComponent(own)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try data.write(to: file)
            files[own] = SHA256.hexDigest(of: data)
        }
        return (folder, SmallWheel.release(files: files))
    }

    @Test func theUnpackedFolderGivesTheSameModel() throws {
        let (folder, release) = try unpacked()
        let ofWheel = try SmallWheel.model()
        for place in [folder, folder.appendingPathComponent("musicnn")] {
            let model = try TrainedModel(musicnnWheel: place, release: release, toolVersion: "test")
            #expect(model.parameters.digest == ofWheel.parameters.digest)
            #expect(model.card.genres == ofWheel.card.genres)
            let imported = try #require(model.card.imported)
            #expect(imported.licence == "A licence of nobody's.")
            #expect(imported.file == "musicnn/MSD_musicnn/.data-00000-of-00001")
            #expect(imported.sha256 == release.files[imported.file])
        }
        // The licence as a checkout has it.
        try FileManager.default.moveItem(
            at: folder.appendingPathComponent("musicnn-0.1.0.dist-info/LICENSE.md"),
            to: folder.appendingPathComponent("LICENSE.md"))
        #expect(throws: Never.self) {
            try TrainedModel(musicnnWheel: folder, release: release, toolVersion: "test")
        }
    }

    @Test(arguments: [
        ("musicnn/MSD_musicnn/.index", "a hidden file"), ("musicnn/MSD_musicnn/.data-00000-of-00001", "a hidden file"),
        ("musicnn/configuration.py", "it lacks"), ("musicnn-0.1.0.dist-info/LICENSE.md", "it holds no licence"),
    ])
    func aFileOfTheFolderThatLacksOrDiffersIsNamed(name: String, problem: String) throws {
        let (folder, release) = try unpacked()
        let file = folder.appendingPathComponent(name)
        var data = try Data(contentsOf: file)
        data[data.count / 2] ^= 1
        try data.write(to: file)
        func expect(_ words: String) {
            #expect {
                try TrainedModel(musicnnWheel: folder, release: release, toolVersion: "test")
            } throws: {
                "\($0)".contains(words) && "\($0)".contains(folder.path)
            }
        }
        expect("'\(name)', the SHA-256 is")
        try Data(data.dropLast()).write(to: file)
        expect("'\(name)', the SHA-256 is")
        try FileManager.default.removeItem(at: file)
        expect(problem)
        // A folder, and a link that leads nowhere, in the file's place.
        try FileManager.default.createDirectory(at: file, withIntermediateDirectories: true)
        #expect(throws: (any Error).self) {
            try TrainedModel(musicnnWheel: folder, release: release, toolVersion: "test")
        }
    }

    /// Cut short, or with a byte changed anywhere: an error, and no trap.
    @Test func damagedWheelsAreRefused() throws {
        let good = [UInt8](try Data(contentsOf: SmallWheel.url))
        let file = sandbox.folder.appendingPathComponent("w.whl")
        func expectRefusal(_ bytes: [UInt8], _ place: String) throws {
            try Data(bytes).write(to: file)
            // The digest is that of the damaged file, so that what lies behind it is tried.
            let release = SmallWheel.release(sha256: SHA256.hexDigest(of: Data(bytes)))
            for variant in ["MSD_musicnn", "MSD_vgg"] {
                do {
                    let model = try TrainedModel(
                        musicnnWheel: file, variant: variant, release: release, toolVersion: "test")
                    // Times, permissions and members that are not read may change.
                    #expect(model.card.genres.count == 5, "\(place)")
                } catch { #expect(error is StorageError || error is BackboneError, "\(place): \(error)") }
            }
        }
        for count in stride(from: 0, to: good.count, by: good.count / 40) {
            try Data(good[..<count]).write(to: file)
            #expect(throws: StorageError.self) {
                try TrainedModel(musicnnWheel: file, release: SmallWheel.release(), toolVersion: "test")
            }
        }
        var random = SeededGenerator(state: 7)
        for _ in 0..<150 {
            var bytes = good
            let place = Int(random.next() % UInt64(good.count))
            bytes[place] ^= UInt8(1 + random.next() % 255)
            try expectRefusal(bytes, "byte \(place)")
        }
        // The directory, byte by byte.
        for place in stride(from: good.count - 500, to: good.count, by: 3) {
            var bytes = good
            bytes[place] ^= 0x81
            try expectRefusal(bytes, "byte \(place)")
        }
    }

    /// Real weights, where the user has them: the test sound's tags are the authors'.
    @Test(
        .enabled(
            if: InstalledModels.standard()?.file(of: "musicnn") != nil,
            "needs musicnn's weights: 'genre fetch musicnn'"))
    func installedWeightsGiveTheAuthorsTags() throws {
        let file = try #require(InstalledModels.standard()?.file(of: "musicnn"))
        let model = try TrainedModel(contentsOf: file)
        for (found, wanted) in zip(try GoldenSound.tags(of: model.parameters), Golden.msdMusicnn) {
            #expect(abs(found - wanted) < 2e-6)
        }
    }
}

/// Numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
