import Features
import Foundation
import Testing

@testable import Datasets

/// Writes numpy's files: .npy, and .npz with stored members.
enum Numpy {
    static func npy(_ descr: String, _ shape: [Int], _ data: [UInt8]) -> [UInt8] {
        let extents = shape.map { "\($0)," }.joined()
        let header = "{'descr': '\(descr)', 'fortran_order': False, 'shape': (\(extents)), }"
        return [0x93] + Array("NUMPY".utf8) + [1, 0] + little(UInt16(header.utf8.count)) + Array(header.utf8) + data
    }

    static func floats(_ shape: [Int], _ values: [Float]) -> [UInt8] {
        npy("<f4", shape, values.flatMap { little($0.bitPattern) })
    }

    static func integers(_ values: [Int]) -> [UInt8] { npy("<i8", [values.count], values.flatMap { little($0) }) }

    static func texts(_ texts: [String]) -> [UInt8] {
        let width = max(texts.map(\.unicodeScalars.count).max() ?? 1, 1)
        return npy(
            "<U\(width)", [texts.count],
            texts.flatMap { text in
                let scalars = text.unicodeScalars.map(\.value)
                return (scalars + [UInt32](repeating: 0, count: width - scalars.count)).flatMap(little)
            })
    }

    static func npz(_ members: [(name: String, bytes: [UInt8])]) -> [UInt8] {
        var data: [UInt8] = []
        var directory: [UInt8] = []
        for (name, bytes) in members {
            let file = Array("\(name).npy".utf8)
            let sizes = little(crc(bytes)) + little(UInt32(bytes.count)) + little(UInt32(bytes.count))
            directory += [0x50, 0x4B, 1, 2, 20, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0] + sizes
            directory +=
                little(UInt16(file.count)) + [UInt8](repeating: 0, count: 12) + little(UInt32(data.count)) + file
            data += [0x50, 0x4B, 3, 4, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0] + sizes
            data += little(UInt16(file.count)) + [0, 0] + file + bytes
        }
        let count = little(UInt16(members.count))
        return data + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + count + count
            + little(UInt32(directory.count)) + little(UInt32(data.count)) + [0, 0]
    }

    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        var value: UInt32 = ~0
        for byte in bytes {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
        return ~value
    }

    private static func little(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}

@Suite struct ArraysTests {
    /// Spectrograms whose value tells track, band and frame.
    private func values(_ tracks: Int, _ mels: Int, _ frames: Int) -> [Float] {
        (0..<(tracks * mels * frames)).map(Float.init)
    }

    private func open(
        _ members: [(name: String, bytes: [UInt8])], in folder: URL, segments: SegmentChoice = .all
    ) throws -> SegmentSet {
        let file = folder.appendingPathComponent("x.npz")
        try Data(Numpy.npz(members)).write(to: file)
        return try DatasetLoader.open([file], .init(segments: segments)).set
    }

    private func segment(_ set: SegmentSet, _ index: Int) throws -> [Float] {
        var values = [Float](repeating: .nan, count: set.valueCount)
        try set.read(index, into: &values)
        return values
    }

    @Test func floatsAreTakenAsTheyAre() throws {
        try withTemporaryFolder { folder in
            let frames = 80 + 45
            let all = values(4, 3, frames)
            let set = try open(
                [
                    ("mel", Numpy.floats([4, 3, frames], all)),
                    ("label", Numpy.texts(["rock", "blues", "rock", "blues"])),
                    ("track", Numpy.texts(["a", "b", "c", "d"])), ("artist", Numpy.texts(["X", "", "Y", "Z"])),
                ], in: folder)
            #expect(set.genres == ["blues", "rock"] && set.mels == 3 && set.frames == 80)
            #expect(set.tracks.map(\.id) == ["rock/a", "blues/b", "rock/c", "blues/d"])
            #expect(set.tracks.map(\.label) == [1, 0, 1, 0])
            #expect(set.tracks.map(\.artist) == ["X", nil, "Y", "Z"])
            #expect((0..<set.count).map(set.track) == [0, 0, 1, 1, 2, 2, 3, 3], "a segment every 40 frames")
            // Segment 1 of track 2 starts at frame 40.
            let wanted = (0..<3).flatMap { band in (0..<80).map { all[(2 * 3 + band) * frames + 40 + $0] } }
            #expect(try segment(set, 5) == wanted)
            #expect(set.shifts(ofSegment: 5) == -40...5)
            let file = folder.appendingPathComponent("x.npz")
            for recipe in ["schindler", "gtzan-mel"] {
                #expect(throws: DatasetError.recipeFixed(path: file.path, recipe: "precomputed", wanted: recipe)) {
                    try DatasetLoader.open([file], .init(recipe: recipe))
                }
            }
            // Their name says nothing of their size.
            let same = try DatasetLoader.open([file], .init(recipe: "precomputed")).set
            #expect(same.recipe == set.recipe && same.contentHash == set.contentHash)
            let augmentation = SoundAugmentation(stretch: [1.2], segments: 1)
            #expect(throws: DatasetError.augmentationFixed(path: file.path, holds: nil, wanted: augmentation)) {
                try DatasetLoader.open([file], .init(augmentation: augmentation))
            }
        }
    }

    @Test func bytesAreDecibels() throws {
        try withTemporaryFolder { folder in
            var bytes = [UInt8](repeating: 0, count: 2 * 80)
            bytes[80] = 255
            bytes[81] = 51
            let set = try open(
                [("mel", Numpy.npy("|u1", [2, 1, 80], bytes)), ("label", Numpy.integers([1, 0]))], in: folder)
            #expect(set.tracks.map(\.id) == ["1/row 0", "0/row 1"])
            let decibel = log(10.0) / 20
            let found = try segment(set, 1)
            for (value, wanted) in zip(found, [14, 14 - 64 * decibel, 14 - 80 * decibel]) {
                #expect(abs(Double(value) - wanted) < 1e-5)
            }
        }
    }

    @Test func numbersOfGenres() throws {
        try withTemporaryFolder { folder in
            let mel = (name: "mel", bytes: Numpy.floats([2, 1, 80], values(2, 1, 80)))
            func genres(_ labels: [Int], _ others: [(name: String, bytes: [UInt8])] = []) throws -> [String] {
                let set = try open([mel, ("label", Numpy.integers(labels))] + others, in: folder)
                return set.tracks.map { set.genres[$0.label] }
            }
            let plain = try genres([2, 11])
            #expect(plain == ["02", "11"])
            let given = try genres([0, 1], [("genres", Numpy.texts(["polka", "march"]))])
            #expect(given == ["polka", "march"])
            // GTZAN's names give GTZAN's genres, where the numbers agree.
            let names = [(name: "track", bytes: Numpy.texts(["blues.00001", "rock.00002.wav"]))]
            let known = try genres([0, 9], names)
            #expect(known == ["blues", "rock"])
            let others = try genres([0, 8], names)
            #expect(others == ["0", "8"])
            // Numbers beyond GTZAN's ten are not its, whatever the tracks are called.
            let rocks = [(name: "track", bytes: Numpy.texts(["rock.00001", "rock.00002"]))]
            let beyond = try genres([10, 9], rocks)
            #expect(beyond == ["10", "09"])
            #expect { _ = try genres([0, -1]) } throws: { "\($0)".contains("row 1: its label is -1") }
            #expect { _ = try genres([0, 2], [("genres", Numpy.texts(["a", "b"]))]) } throws: {
                "\($0)".contains("row 1: its label is 2, outside 0...1")
            }
        }
    }

    @Test func archivesThatCannotBeUsedAreNamed() throws {
        try withTemporaryFolder { folder in
            let mel = (name: "mel", bytes: Numpy.floats([2, 1, 80], values(2, 1, 80)))
            let label = (name: "label", bytes: Numpy.texts(["a", "b"]))
            func refused(_ words: String, _ members: (name: String, bytes: [UInt8])...) {
                #expect { _ = try open(members, in: folder) } throws: { error in
                    error is DatasetError && "\(error)".hasPrefix("\(folder.path)/x.npz")
                        && "\(error)".contains(words)
                }
            }
            refused("no array 'label'; it has mel", mel)
            refused("no array of bytes or floats", label)
            refused("mel, more", mel, ("more", mel.bytes), label)
            refused("2 spectrograms, but 3 genres", mel, ("label", Numpy.texts(["a", "b", "c"])))
            refused("2 spectrograms, but 1 tracks", mel, label, ("track", Numpy.texts(["a"])))
            refused("2 spectrograms, but 3 artists", mel, label, ("artist", Numpy.texts(["a", "", ""])))
            refused(
                "'a/x' comes twice", ("mel", Numpy.floats([3, 1, 80], values(3, 1, 80))),
                ("label", Numpy.texts(["a", "b", "a"])), ("track", Numpy.texts(["x", "x", "x"])))
            refused("one genre only", mel, ("label", Numpy.texts(["a", "a"])))
            refused("row 1: its genre is ''", mel, ("label", Numpy.texts(["a", ""])))
            refused("row 0: its genre is 'a/b'", mel, ("label", Numpy.texts(["a/b", "c"])))
            refused("not one for each track", mel, ("label", Numpy.npy("|u1", [1, 2], [0, 1])))
            refused("no list of texts", mel, ("label", Numpy.floats([2], [0, 1])))
            refused("79 frames", ("mel", Numpy.floats([2, 1, 79], values(2, 1, 79))), label)
            refused("the order is", ("mel", Numpy.floats([2, 80, 2], values(2, 80, 2))), label)
            var odd = values(2, 1, 80)
            odd[100] = .infinity
            refused("row 1: its spectrogram holds a value", ("mel", Numpy.floats([2, 1, 80], odd)), label)
            refused("is not a sound npy file", ("mel", Array(mel.bytes.dropLast())), label)
            let file = folder.appendingPathComponent("x.npz")
            try Data("no archive".utf8).write(to: file)
            #expect { _ = try DatasetLoader.open([file]) } throws: { "\($0)".contains("not a sound npz file") }
            #expect(throws: DatasetError.fileWithOthers(path: file.path)) { try DatasetLoader.open([folder, file]) }
        }
    }

    @Test func anArrayAndItsLabelsBesideIt() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("x.npy")
            try Data(Numpy.floats([3, 1, 1, 80], values(3, 1, 80))).write(to: file)
            func labels(_ name: String, _ text: String?) throws {
                let file = folder.appendingPathComponent(name)
                if let text {
                    try Data(text.utf8).write(to: file)
                } else {
                    try FileManager.default.removeItem(at: file)
                }
            }
            func refused(_ words: String) {
                #expect { _ = try DatasetLoader.open([file]) } throws: { "\($0)".contains(words) }
            }
            refused("put x.labels.csv beside it")
            try labels("labels.txt", "rock\nblues\r\nrock\n\n")
            let plain = try DatasetLoader.open([file]).set
            #expect(plain.tracks.map(\.id) == ["rock/row 0", "blues/row 1", "rock/row 2"])
            try labels("labels.txt", "rock\n\nrock\n")
            refused("labels.txt, line 2: '' is no genre")
            try labels("x.labels.csv", "genre,track,artist\nrock,a,Me\nblues,b,\nrock,c,You\n")
            let named = try DatasetLoader.open([file]).set
            #expect(named.tracks.map(\.id) == ["rock/a", "blues/b", "rock/c"])
            #expect(named.tracks.map(\.artist) == ["Me", nil, "You"])
            try labels("x.labels.csv", "genre\nrock\nblues\n")
            refused("3 spectrograms, but 2 genres")
            try labels("x.labels.csv", "genre,track\nrock,a\nblues\nrock,c\n")
            refused("line 3: 1 fields, and the header has 2")
        }
    }
}
