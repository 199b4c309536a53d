import Audio
import Features
import Foundation
import Storage

/// Turns one file after the other into what a store keeps of it. One maker serves any number of threads.
struct TrackMaker: Sendable {
    enum Outcome: Sendable {
        /// `chunk` of the track is not yet known.
        case track(StoredTrack, StoredRows, stamp: FileStamp?, isReused: Bool)
        case skipped(StoredSkip, stamp: FileStamp?)
    }

    /// Seconds of sound that any thread may decode at any time; longer files go one after the other, so that memory stays
    /// bounded.
    private static let longestAtOnce: Double = 20 * 60

    let extractor: FeatureExtractor
    let precision: StorePrecision
    let roots: [URL]
    let reuse: StoreReuse
    /// Whether files with corrupt packets give features; else they are left out.
    let allowsDamaged: Bool
    private let longFiles = NSLock()

    init(
        extractor: FeatureExtractor, precision: StorePrecision, roots: [URL], reuse: StoreReuse, allowsDamaged: Bool
    ) {
        self.allowsDamaged = allowsDamaged
        self.extractor = extractor
        self.precision = precision
        self.roots = roots
        self.reuse = reuse
    }

    /// - Parameters:
    ///   - genre: the file's.
    ///   - buffer: the thread's own, of `FileContent.pieceBytes`.
    ///   - augmenter: the thread's own, where tracks get augmented segments.
    func outcome(
        of file: AudioListing.File, genre: String, through buffer: UnsafeMutableRawBufferPointer,
        _ augmenter: SegmentAugmenter?
    ) -> Outcome {
        let source = relativePath(file.url)
        let now = FileStamp.now
        if let fault = file.fault {
            return .skipped(
                StoredSkip(
                    id: file.id, genre: genre, source: source, content: nil, reason: "\(source): \(fault)"), stamp: nil)
        }
        let stamp = FileStamp(file.url.path)
        let settled = stamp.flatMap { $0.isSettled(at: now) ? $0 : nil }
        func skipped(_ reason: String, content: StoreHash?, isDamage: Bool? = nil) -> Outcome {
            let path = file.url.path
            let relative = reason.hasPrefix(path) ? source + reason.dropFirst(path.count) : "\(source): \(reason)"
            return .skipped(
                StoredSkip(
                    id: file.id, genre: genre, source: source, content: content, reason: relative,
                    isDamage: isDamage),
                stamp: content == nil ? nil : settled)
        }
        /// What is there already for a file of that content.
        func known(_ content: StoreHash, bytes: Int) -> Outcome? {
            if let (old, rows) = reuse.track(content: content, bytes: bytes) {
                if !allowsDamaged && old.remarks.isDamaged {
                    return skipped(old.remarks.damageRefused, content: content, isDamage: true)
                }
                var track = old
                track.id = file.id
                track.genre = genre
                track.artist = file.artist ?? old.taggedArtist
                track.side = file.side
                track.source = source
                return .track(track, rows, stamp: settled, isReused: true)
            }
            if let skip = reuse.skip(file.id, content: content), !allowsDamaged || skip.isDamage != true {
                return .skipped(skip, stamp: settled)
            }
            return nil
        }

        if let stamp, let content = reuse.content(ofFile: file.id, stamp: stamp),
            let outcome = known(content, bytes: stamp.size)
        {
            return outcome
        }
        var content: StoreHash?
        var pieces = FileContent()
        if let opened = try? FilePieces.read(file.url, through: buffer, { pieces.add($0) }) {
            content = pieces.hash(bytes: opened.size)
        }
        if let stamp, let content, let outcome = known(content, bytes: stamp.size) { return outcome }

        do {
            let made = try make(file.url, augmenter)
            // What was hashed and what was decoded must be the same bytes.
            guard let stamp, let content, FileStamp(file.url.path) == stamp else {
                return skipped("the file changed while it was read; run again", content: nil)
            }
            if !allowsDamaged && made.remarks.isDamaged {
                return skipped(made.remarks.damageRefused, content: content, isDamage: true)
            }
            var track = StoredTrack(
                id: file.id, genre: genre, artist: file.artist ?? made.artist, taggedArtist: made.artist,
                side: file.side, source: source,
                bytes: stamp.size, content: content, sound: made.sound, samples: made.samples, rows: made.rowCount,
                augmented: made.augmented, values: made.values,
                silent: made.silent, chunk: 0)
            track.remarks = made.remarks
            return .track(track, made.rows, stamp: settled, isReused: false)
        } catch let error as AudioError {
            return skipped("\(error)", content: error.mayPass ? nil : content)
        } catch FeatureError.outOfMemory {
            return skipped("\(FeatureError.outOfMemory)", content: nil)
        } catch {
            return skipped("\(error)", content: content)
        }
    }

    /// A sound without anything to learn from.
    private struct NothingToHear: Error, CustomStringConvertible {
        var description: String { "there is nothing but silence" }
    }

    private struct Made {
        var artist: String?
        var sound: StoreHash
        var samples: Int
        var rowCount: Int
        var augmented: Int?
        var rows: StoredRows
        var values: StoreHash
        var remarks: SoundRemarks
        var silent: [[Int]]?
    }

    private func make(_ url: URL, _ augmenter: SegmentAugmenter?) throws -> Made {
        let rate = extractor.recipe.sampleRate
        do {
            return try make(AudioDecoder.decode(url, sampleRate: rate, longest: Self.longestAtOnce), augmenter)
        } catch AudioError.tooLong {
            return try longFiles.withLock { try make(AudioDecoder.decode(url, sampleRate: rate), augmenter) }
        }
    }

    private func make(_ sound: DecodedAudio, _ augmenter: SegmentAugmenter?) throws -> Made {
        var features = try extractor.rows(of: sound.samples)
        let rowCount = features.rows
        let silence = sound.samples.withUnsafeBufferPointer { samples in
            SegmentLevels(extractor.recipe, of: samples)
                .silence(ofSegments: extractor.recipe.segmentCount(rows: rowCount))
        }
        guard !silence.isWhole else { throw NothingToHear() }
        let silent = silence.runs.map { [$0.lowerBound, $0.upperBound] }
        let hash = StoreHash(sound.samples.withUnsafeBytes(contentHash))
        var augmented: Int?
        if let augmenter {
            let chosen = SegmentAugmenter.chosen(
                augmenter.augmentation, among: silence.audible, sound: hash)
            features.append(rows: try augmenter.rows(of: sound.samples, segments: chosen))
            augmented = chosen.count * augmenter.augmentation.variants.count
        }
        let rows: StoredRows
        let values: UInt64
        switch precision {
        case .float32:
            rows = .float32(features.values)
            values = features.values.withUnsafeBytes(contentHash)
        case .float16:
            let halves = features.halfValues()
            rows = .float16(halves)
            values = halves.withUnsafeBytes(contentHash)
        }
        return Made(
            artist: ArtistNames.artist(ofTags: sound.source.tags), sound: hash, samples: sound.samples.count,
            rowCount: rowCount, augmented: augmented,
            rows: rows, values: StoreHash(values),
            remarks: sound.remarks, silent: silent.isEmpty ? nil : silent)
    }

    /// The path below the data folder that holds the file; the whole path where none does.
    private func relativePath(_ url: URL) -> String {
        let path = url.path
        for root in roots.map(\.path) where path.hasPrefix(root + "/") { return String(path.dropFirst(root.count + 1)) }
        return path
    }
}

extension SoundRemarks {
    /// "3 corrupt packets, its end is missing"; empty where nothing is damaged.
    public var damage: String {
        var words: [String] = []
        if damagedPackets > 0 {
            words.append("\(damagedPackets) corrupt \(damagedPackets == 1 ? "packet" : "packets")")
        }
        if endIsMissing { words.append("its end is missing") }
        return words.joined(separator: ", ")
    }

    /// What is said of a file that is left out for its damage.
    var damageRefused: String {
        "damaged (\(damage)); fetch or copy it again, or take it with --allow-damaged"
    }
}

extension AudioError {
    /// Whether the same file may well be decoded another time.
    fileprivate var mayPass: Bool {
        switch self {
        case .missing, .notAFile, .unreadable, .outOfMemory, .tooLong: true
        default: false
        }
    }
}
