import Features
import Foundation
import Testing

@testable import Datasets

/// What a net of tags says of segments, in numpy's archive, as data.
@Suite struct TaggramsTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("taggrams-\(UUID())")

    private static let ids = ["blues/blues.00001.au", "blues/blues.00001.au", "jazz/jazz.00002.au", "jazz/other.au"]
    private static let values: [Float] = [0, 0.5, 1, 0.25, 0.125, 0.75, 0.5, 0.5]

    private func open(
        values: [Float] = values, shape: [Int] = [4, 2], genres: [Int] = [0, 0, 1, 1], ids: [String] = ids,
        more: [(name: String, bytes: [UInt8])] = [], options: DatasetOptions = DatasetOptions()
    ) throws -> LoadedDataset {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("x.npz")
        let members = [
            ("X", Numpy.floats(shape, values)), ("Y", Numpy.integers(genres)), ("IDS", Numpy.texts(ids)),
        ]
        try Data(Numpy.npz(members + more)).write(to: file)
        #expect(DatasetLoader.areTaggrams([file]))
        return try DatasetLoader.open([file], options)
    }

    private func fault(_ body: () throws -> LoadedDataset) -> String {
        do {
            _ = try body()
            return "none"
        } catch { return "\(error)" }
    }

    @Test func segmentsOfATrackStandTogether() throws {
        let data = try open()
        let set = data.set
        #expect(data.kind == .taggrams && set.recipe == .outputs(2) && set.recipe.isOutputs)
        #expect(set.genres == ["blues", "jazz"] && set.count == 4)
        #expect(set.tracks.map(\.id) == ["blues/blues.00001.au", "jazz/jazz.00002.au", "jazz/other.au"])
        #expect((0..<4).map(set.track) == [0, 0, 1, 2])
        var values = [Float](repeating: -1, count: 2)
        try set.read(1, into: &values)
        #expect(values == [1, 0.25])
        // Known names find their artists and their place in GTZAN's partitions.
        #expect(GTZAN.name(of: set.tracks[0].id) == "blues.00001")
    }

    @Test func copiesAreToldByTheirValues() throws {
        let values: [Float] = [0, 0.5, 1, 0.25, 0, 0.5, 1, 0.25]
        let ids = ["blues/a", "blues/a", "blues/b", "blues/b", "jazz/c", "jazz/c"]
        let set = try open(values: values + [1, 1, 1, 1], shape: [6, 2], genres: [0, 0, 0, 0, 1, 1], ids: ids).set
        #expect(
            set.tracks[0].soundHash == set.tracks[1].soundHash && set.tracks[0].soundHash != set.tracks[2].soundHash)
    }

    @Test func genresAreNamedByTheFileOrByFolders() throws {
        let named = try open(ids: ["a", "a", "b", "c"], more: [("genres", Numpy.texts(["ska", "dub"]))]).set
        #expect(named.genres == ["dub", "ska"] && named.tracks.map(\.id) == ["ska/a", "dub/b", "dub/c"])
        let folders = try open(genres: [7, 7, 3, 3], ids: ["ska/a", "ska/a", "dub/b", "dub/c"]).set
        #expect(folders.genres == ["dub", "ska"] && folders.tracks[0].id == "ska/a")
        // A number with two folders is no genre's.
        #expect(try open(ids: ["x/a", "x/a", "y/b", "z/c"]).set.genres == ["0", "1"])
        let artists = try open(more: [("artist", Numpy.texts(["A", "A", "B", ""]))]).set
        #expect(artists.tracks.map(\.artist) == ["A", "B", nil])
    }

    @Test func someSegmentsOfEachTrack() throws {
        let set = try open(options: .init(segments: .random(count: 1))).set
        #expect(set.count == 3 && (0..<3).map(set.track) == [0, 1, 2])
    }

    @Test func whatMakesNoSenseIsNamed() {
        #expect(
            fault { try open(values: [0, 0.5, 1.5, 0, 0, 0, 0, 0]) }.contains("row 1: the value of column 0 is 1.5"))
        #expect(
            fault { try open(values: [0, 0, 0, .nan, 0, 0, 0, 0]) }.contains("row 1: the value of column 1 is nan"))
        #expect(fault { try open(values: [0, -0.1, 0, 0, 0, 0, 0, 0]) }.contains("probabilities are 0 to 1"))
        #expect(fault { try open(shape: [4, 2, 1]) }.contains("it must be float32, [segments, tags]"))
        #expect(fault { try open(shape: [2, 4]) }.contains("there are 2 segments in 'X', but 4 in 'Y'"))
        #expect(fault { try open(ids: Array(Self.ids[..<3])) }.contains("but 3 in 'IDS'"))
        #expect(fault { try open(genres: [0, 1, 1, 1]) }.contains("is of two genres"))
        #expect(
            fault { try open(genres: [0, 1, 0, 1], ids: ["blues/a", "jazz/b", "blues/a", "jazz/c"]) }
                .contains("row 2: the track 'blues/a' comes again"))
        #expect(fault { try open(options: .init(recipe: "musicnn")) }.contains("'musicnn' cannot be had from them"))
    }
}
