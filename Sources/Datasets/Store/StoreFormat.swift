import Audio
import Features
import Foundation
import Storage

/// How a store keeps its values.
public enum StorePrecision: String, Codable, Sendable, CaseIterable {
    case float32
    /// Half the room; log-mel values, from -14 to 20, keep three digits (rounded by at most 0.008).
    case float16

    public var bytesPerValue: Int { self == .float32 ? 4 : 2 }
}

/// What every chunk and the index of a store agree on.
struct StoreHeader: Codable, Sendable, Hashable {
    static let format = "genrekit segment store"
    static let version = 3
    /// Those that can be opened: 2 does not say which segments are silent.
    static let readable = 2...version

    var format = Self.format
    var version = Self.version
    var recipe: FeatureRecipe
    var precision: StorePrecision
    /// `FeatureExtractor.arithmetic` of the program that made the rows.
    var arithmetic: String
    /// How the augmented segments were made; none where there are none.
    var augmentation: SoundAugmentation?
}

extension StoreHeader {
    /// Of a store that this program makes now.
    init(_ settings: StoreSettings) {
        self.init(
            recipe: settings.recipe, precision: settings.precision, arithmetic: FeatureExtractor.arithmetic,
            augmentation: settings.augmentation)
    }
}

/// A 64-bit hash as 16 hexadecimal digits, for JSON's numbers are not made for 64 bits.
struct StoreHash: Codable, Sendable, Hashable {
    var value: UInt64

    init(_ value: UInt64) { self.value = value }

    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard text.utf8.count == 16, let value = UInt64(text, radix: 16) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "'\(text)' is no hash of 16 digits"))
        }
        self.value = value
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        let digits = String(value, radix: 16)
        try container.encode(String(repeating: "0", count: 16 - digits.count) + digits)
    }
}

/// All that is known of a track in a store but its rows.
struct StoredTrack: Codable, Sendable, Hashable {
    /// "genre/file name", the tensor's name too.
    var id: String
    var genre: String
    /// From the listing, or else from the file's tags.
    var artist: String?
    /// From the file's tags alone: what stays true of a file whatever lists it.
    var taggedArtist: String?
    var side: SegmentSet.Side?
    /// The file's path below the data folder.
    var source: String
    /// Of the file.
    var bytes: Int
    /// A hash of the file's bytes (`FileContent`).
    var content: StoreHash
    /// `contentHash` of the decoded samples at the recipe's rate: copies in other containers share it.
    var sound: StoreHash
    /// At the recipe's rate.
    var samples: Int
    var rows: Int
    /// Augmented segments, whose rows follow the track's own: variant by variant of the first segment chosen, and so on.
    var augmented: Int?
    /// `contentHash` of all rows as stored.
    var values: StoreHash
    /// Packets of the file that were corrupt; none where there were none.
    var damagedPackets: Int?
    /// Whether the sound ends before the end that the file's header names.
    var endIsMissing: Bool?
    /// The channel, from 0, that was taken since the channels cancel in their mean.
    var channelTaken: Int?
    /// Segments with nothing to hear, as [first, last] of each run of them; none where there are none. Never all.
    var silent: [[Int]]?
    /// The number of the chunk that holds the rows.
    var chunk: Int
}

extension StoredTrack {
    /// The track's own rows and those of augmented segments.
    func allRows(_ recipe: FeatureRecipe) -> Int { rows + (augmented ?? 0) * recipe.trueFrames }

    /// Whether the runs of silent segments lie in order within the track's `count` segments, and leave some.
    func hasSoundRuns(of count: Int) -> Bool {
        guard let silent else { return true }
        var (next, total) = (0, 0)
        for run in silent {
            guard run.count == 2, next <= run[0], run[0] <= run[1], run[1] < count else { return false }
            next = run[1] + 1
            total += run[1] - run[0] + 1
        }
        return total < count
    }

    /// What decoding showed of the file.
    var remarks: SoundRemarks {
        get {
            SoundRemarks(
                damagedPackets: damagedPackets ?? 0, endIsMissing: endIsMissing ?? false, channelTaken: channelTaken)
        }
        set {
            damagedPackets = newValue.damagedPackets > 0 ? newValue.damagedPackets : nil
            endIsMissing = newValue.endIsMissing ? true : nil
            channelTaken = newValue.channelTaken
        }
    }

    var silentCount: Int { (silent ?? []).reduce(0) { $0 + $1[1] - $1[0] + 1 } }

    /// The audible ones among the track's `count` segments, run by run.
    func audibleRuns(of count: Int) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var start = 0
        for run in silent ?? [] {
            if run[0] > start { result.append(start..<run[0]) }
            start = run[1] + 1
        }
        if start < count { result.append(start..<count) }
        return result
    }
}

/// A file that gave no features.
struct StoredSkip: Codable, Sendable, Hashable {
    var id: String
    var genre: String
    var source: String
    /// What the file held; none where it could not be read, or where another try may go better.
    var content: StoreHash?
    /// It begins with `source`.
    var reason: String
    /// Whether it was left out for its damage alone.
    var isDamage: Bool?
}

/// index.json.
struct StoreIndex: Codable, Sendable {
    static let name = "index.json"
    /// Bytes: some millions of tracks.
    static let longest = 1 << 31

    var header: StoreHeader
    var genres: [String]
    /// Chunk by chunk, in the order of the listing.
    var tracks: [StoredTrack]
    var skipped: [StoredSkip]
    /// The number of chunk files.
    var chunks: Int
}

extension StoreIndex {
    /// Whether a folder has an index of this format, of whatever version.
    static func isPresent(in folder: URL) -> Bool {
        // A pipe of that name is no index, and nobody may ever write to it.
        let start = Data(regularFileStart(folder.appendingPathComponent(name).path, count: 4096) ?? [])
        return start.range(of: Data("\"format\":\"\(StoreHeader.format)\"".utf8)) != nil
    }

    /// - Throws: `DatasetError.notAStore`, `.otherStoreVersion`, `.badStore`, `.unreadable`.
    init(folder: URL) throws(DatasetError) {
        guard Self.isPresent(in: folder) else { throw .notAStore(path: folder.path) }
        let file = folder.appendingPathComponent(Self.name)
        let data: Data
        do { data = Data(try regularFileBytes(file.path, limit: Self.longest, format: "index")) } catch {
            if case .unreadable(let path, let reason) = error { throw .unreadable(path: path, reason: reason) }
            throw .badStore(path: file.path, reason: "\(error)")
        }
        // Version first: the rest of another version may look like anything.
        struct Start: Decodable {
            struct Header: Decodable {
                var version: Int
            }
            var header: Header
        }
        do {
            let version = try JSONDecoder().decode(Start.self, from: data).header.version
            guard StoreHeader.readable.contains(version) else {
                throw DatasetError.otherStoreVersion(path: folder.path, version: version, known: StoreHeader.version)
            }
        } catch let error as DatasetError { throw error } catch {
            throw .badStore(path: file.path, reason: "the index cannot be read: \(error.inWords)")
        }
        do { self = try JSONDecoder().decode(Self.self, from: data) } catch {
            throw .badStore(path: file.path, reason: "the index cannot be read: \(error.inWords)")
        }
    }

    /// What an index of whatever version says of its store; nil where that cannot be read.
    static func header(in folder: URL) -> StoreHeader? {
        struct Start: Decodable {
            var header: StoreHeader
        }
        let path = folder.appendingPathComponent(name).path
        return (try? regularFileBytes(path, limit: longest, format: "index"))
            .flatMap { try? JSONDecoder().decode(Start.self, from: Data($0)) }?.header
    }

    /// The bytes of index.json: one line a track, so that it can be read and compared.
    func data() throws -> Data {
        var text = Data("{\"header\":".utf8)
        text += try StoreJSON.encode(header)
        text += Data(",\n\"genres\":".utf8)
        text += try StoreJSON.encode(genres)
        text += Data(",\n\"chunks\":\(chunks),\n\"tracks\":[".utf8)
        try append(tracks, to: &text)
        text += Data("],\n\"skipped\":[".utf8)
        try append(skipped, to: &text)
        text += Data("]}\n".utf8)
        return text
    }

    private func append(_ items: [some Encodable], to text: inout Data) throws {
        for (index, item) in items.enumerated() {
            text += Data((index == 0 ? "\n" : ",\n").utf8)
            text += try StoreJSON.encode(item)
        }
    }
}

/// JSON in one form only: equal values, equal bytes.
enum StoreJSON {
    static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    static func text(_ value: some Encodable) throws -> String { String(decoding: try encode(value), as: UTF8.self) }
}

extension Error {
    /// What a JSON decoder complains about, short.
    var inWords: String {
        switch self as? DecodingError {
        case .keyNotFound(let key, _): "'\(key.stringValue)' is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "'\(context.codingPath.map(\.stringValue).joined(separator: "."))' is of another kind"
        case .dataCorrupted(let context): context.debugDescription
        default: localizedDescription
        }
    }
}

/// The hash of a file's bytes: `contentHash` of the hashes of its pieces of 1 MiB and of its length, so that a file of
/// any size is read once, in little memory.
struct FileContent {
    static let pieceBytes = 1 << 20

    private(set) var hashes: [UInt64] = []

    mutating func add(_ piece: UnsafeRawBufferPointer) { hashes.append(contentHash(piece)) }

    func hash(bytes: Int) -> StoreHash {
        StoreHash((hashes + [UInt64(bytes)]).withUnsafeBytes(contentHash))
    }
}
