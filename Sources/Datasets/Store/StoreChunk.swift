import Features
import Foundation
import Storage

/// One file of a store, chunk-00000.safetensors and so on: a tensor [rows][mels] a track, named by its id, F32 or F16, and
/// in the metadata all that the index says of these tracks, so that a store whose making was broken off can be gone on
/// with from its chunks alone.
struct StoreChunk: Sendable {
    /// A chunk is closed once it holds so many bytes of values.
    static let targetBytes = 1 << 25

    var number: Int
    var tracks: [StoredTrack]
    /// Files left out before the last track here and after the last of the chunk before, the first thousand of them.
    var skipped: [StoredSkip]
    let file: SafetensorsFile

    static func name(_ number: Int) -> String {
        let digits = String(number)
        return "chunk-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits + ".safetensors"
    }

    /// The number in a chunk's name; nil for other files.
    static func number(of name: String) -> Int? {
        guard name.hasPrefix("chunk-"), name.hasSuffix(".safetensors"),
            let number = Int(name.dropFirst(6).dropLast(12)), number >= 0, Self.name(number) == name
        else { return nil }
        return number
    }

    /// Whether a file of a folder is a chunk of some store.
    static func isPresent(_ name: String, in folder: URL) -> Bool {
        guard number(of: name) != nil, let file = try? SafetensorsFile(folder.appendingPathComponent(name)) else {
            return false
        }
        return file.metadata["store"] != nil && file.metadata["tracks"] != nil
    }

    static func metadata(
        header: StoreHeader, tracks: [StoredTrack], skipped: [StoredSkip]
    ) throws -> [String: String] {
        [
            "store": try StoreJSON.text(header), "tracks": try StoreJSON.text(tracks),
            "skipped": try StoreJSON.text(skipped),
        ]
    }

    /// What a chunk says of its store.
    static func header(number: Int, in folder: URL) throws -> StoreHeader {
        let file = try SafetensorsFile(folder.appendingPathComponent(name(number)))
        return try JSONDecoder().decode(StoreHeader.self, from: Data((file.metadata["store"] ?? "").utf8))
    }

    /// A chunk of a store whose index is not at hand.
    /// - Throws: `DatasetError.badStore` where it is no sound chunk of that header.
    init(number: Int, in folder: URL, header: StoreHeader) throws(DatasetError) {
        let url = folder.appendingPathComponent(Self.name(number))
        do {
            file = try SafetensorsFile(url)
            let decoder = JSONDecoder()
            guard file.metadata["store"] == (try StoreJSON.text(header)) else {
                throw DatasetError.badStore(path: url.path, reason: "it is of another recipe, precision or version")
            }
            tracks = try decoder.decode([StoredTrack].self, from: Data((file.metadata["tracks"] ?? "").utf8))
            skipped = try decoder.decode([StoredSkip].self, from: Data((file.metadata["skipped"] ?? "").utf8))
        } catch let error as DatasetError {
            throw error
        } catch let error as StorageError {
            throw .badStore(path: url.path, reason: "\(error)")
        } catch {
            throw .badStore(path: url.path, reason: "its metadata cannot be read: \(error.inWords)")
        }
        self.number = number
        for track in tracks { _ = try Self.rows(of: track, in: file, header) }
    }

    /// Where a track's rows lie, valid while the file object lives.
    ///
    /// - Throws: `DatasetError.badStore` where they are not there whole, in the store's type.
    static func rows(
        of track: StoredTrack, in file: SafetensorsFile, _ header: StoreHeader
    ) throws(DatasetError) -> UnsafeRawBufferPointer {
        func bad(_ reason: String) -> DatasetError { .badStore(path: file.url.path, reason: reason) }
        guard file.contains(track.id) else { throw bad("the rows of '\(track.id)' are not in it") }
        do {
            let shape = try file.shape(of: track.id)
            let most = header.augmentation.map { $0.segments * $0.variants.count } ?? 0
            guard (header.augmentation == nil) == (track.augmented == nil), 0...most ~= track.augmented ?? 0 else {
                throw bad("'\(track.id)' has \(track.augmented ?? 0) augmented segments, against what the store says")
            }
            guard max(header.recipe.trueFrames, 1)...Int(Int32.max) ~= track.rows,
                track.allRows(header.recipe) <= Int(Int32.max),
                shape == [track.allRows(header.recipe), header.recipe.mels]
            else {
                throw bad(
                    "'\(track.id)' has the shape \(shape), not \(header.recipe.mels) mel bands of \(track.rows) rows"
                        + " and \(track.augmented ?? 0) augmented segments"
                )
            }
            guard track.hasSoundRuns(of: header.recipe.segmentCount(rows: track.rows)) else {
                throw bad("'\(track.id)' names silent segments that it cannot have")
            }
            let type = try file.type(of: track.id)
            guard type == header.precision.tensorType else { throw bad("'\(track.id)' is of type \(type.rawValue)") }
            let bytes = try file.bytes(of: track.id)
            guard Int(bitPattern: bytes.baseAddress) % header.precision.bytesPerValue == 0 else {
                throw bad("'\(track.id)' does not lie at a multiple of its values' size")
            }
            return bytes
        } catch let error as DatasetError { throw error } catch { throw bad("\(error)") }
    }
}

extension StorePrecision {
    var tensorType: TensorType { self == .float32 ? .float32 : .float16 }
}
