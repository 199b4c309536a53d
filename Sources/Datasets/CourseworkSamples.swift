import Features
import Foundation
import Storage

/// The coursework's file of 2018, music_genres_dataset.pkl: two pickled dicts one after the other, to train and to judge,
/// each with `data` (samples, 0.93 s a row), `labels` (0...9) and `track_id`.
///
/// It holds no features: they are computed when it is opened, by the recipe `coursework-2018`, and kept in memory (25.6 kB
/// a row). Protocols 2 to 4 are read, Python 2's included; `data` may be a list of arrays or one array.
enum CourseworkSamples {
    static let fileName = "music_genres_dataset.pkl"

    private struct Row {
        var offset: Int
        var label: Int
        var track: Int64
        var side: SegmentSet.Side
    }

    /// What all rows share.
    private struct Layout {
        var element: PickledElement
        var samples: Int
    }

    static func isPresent(in folder: URL) -> Bool {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent(fileName).path)
    }

    /// - Throws: `DatasetError.missing`, `.unreadable`, `.badPickle`, `.refusedGlobal`, `.badRow`, `.badArrays`,
    ///   `.trackOnBothSides`; `FeatureError.outOfMemory`.
    static func open(_ url: URL, threads: Int, progress: @escaping DatasetLoader.Progress) throws -> SegmentSet {
        let file: MappedFile
        do { file = try MappedFile(url) } catch {
            if case .missing = error { throw DatasetError.missing(path: url.path) }
            throw DatasetError.unreadable(path: url.path, reason: "\(error)")
        }
        let (rows, layout) = try parse(file)
        let genres = PickledRows.genres
        var tracks: [SegmentSet.Track] = []
        var known: [Int64: Int] = [:]
        var segments: [SegmentSet.Segment] = []
        for (index, row) in rows.enumerated() {
            let track = known[row.track] ?? tracks.count
            if track == tracks.count {
                known[row.track] = track
                tracks.append(
                    .init(id: "\(genres[row.label])/track \(row.track)", label: row.label, side: row.side))
            }
            guard tracks[track].label == row.label else {
                throw DatasetError.badRow(
                    path: url.path, row: index,
                    reason: "the track \(row.track) has the label \(row.label), and \(tracks[track].label) before")
            }
            guard tracks[track].side == row.side else {
                throw DatasetError.trackOnBothSides(path: url.path, track: "\(row.track)")
            }
            segments.append(.init(track: Int32(track), place: Int32(index)))
        }
        var recipe = FeatureRecipe.coursework2018
        recipe.segmentSamples = layout.samples
        if isSixteenBit(file, rows, layout) { recipe.sampleScale = 32_768 }
        let source = try features(of: rows, layout, recipe, file, threads: threads, progress: progress)
        return SegmentSet(genres: genres, recipe: recipe, tracks: tracks, segments: segments, source: source)
    }

    // MARK: the pickles

    private static func parse(_ file: MappedFile) throws(DatasetError) -> ([Row], Layout) {
        guard file.count > 0 else { throw .badPickle(path: file.path, offset: 0, reason: "the file is empty") }
        guard file.bytes[0] == 0x80 else {
            throw .badPickle(
                path: file.path, offset: 0,
                reason: "it is no pickle of protocol 2 or later; if it is one of protocol 0 or 1, load its two dicts in"
                    + " Python and dump them again with protocol=4")
        }
        var rows: [Row] = []
        var layout: Layout?
        var position = 0
        for side in [SegmentSet.Side.training, .validation] {
            guard position < file.count else {
                throw .badPickle(
                    path: file.path, offset: position, reason: "the second dict, of the tracks to judge, is missing")
            }
            var machine = PickleMachine(
                PickleCursor(path: file.path, bytes: file.bytes, position: position, end: file.count))
            machine.rowsAreArrays = true
            machine.rows = rows.count
            let value = try machine.run()
            try read(value, machine, side, &rows, &layout)
            position = machine.cursor.position
        }
        guard position == file.count else {
            throw .badPickle(
                path: file.path, offset: position, reason: "\(file.count - position) bytes follow the second dict")
        }
        guard let layout, !rows.isEmpty else { throw .noTracks(path: file.path) }
        // One array may be named in every two bytes, and each row takes its features.
        guard rows.count <= file.count / max(layout.samples * layout.element.bytes, 1) else {
            throw .badPickle(path: file.path, offset: 0, reason: "its \(rows.count) rows share their samples")
        }
        return (rows, layout)
    }

    private static func read(
        _ value: PickleValue, _ machine: PickleMachine, _ side: SegmentSet.Side, _ rows: inout [Row],
        _ layout: inout Layout?
    ) throws(DatasetError) {
        let name = side == .training ? "first" : "second"
        func fault(_ reason: String) -> DatasetError {
            .badArrays(path: machine.cursor.path, problem: "its \(name) pickle \(reason)")
        }
        guard case .dictionary(let index) = value else { throw fault("holds no dict") }
        let items = machine.dictionaries[Int(index)]
        func entry(_ key: StaticString) throws(DatasetError) -> PickleValue {
            for place in stride(from: 0, to: items.count, by: 2) {
                if let span = machine.block(items[place]), machine.cursor.equal(span, key) { return items[place + 1] }
            }
            throw fault("has no '\(key)'")
        }
        let arrays = try samples(try entry("data"), machine, fault)
        let labels = try integers(try entry("labels"), machine, "labels", fault)
        let tracks = try integers(try entry("track_id"), machine, "track_id", fault)
        guard arrays.count == labels.count, arrays.count == tracks.count else {
            throw fault("has \(arrays.count) data, \(labels.count) labels and \(tracks.count) track ids")
        }
        for (place, array) in arrays.enumerated() {
            func badRow(_ reason: String) -> DatasetError {
                .badRow(path: machine.cursor.path, row: rows.count, reason: reason)
            }
            let own = Layout(element: array.element, samples: array.count)
            let all = layout ?? own
            layout = all
            let recipe = FeatureRecipe.coursework2018
            guard 1 + own.samples / recipe.hop == recipe.segmentFrames else {
                throw badRow(
                    "it has \(own.samples) samples; \((recipe.segmentFrames - 1) * recipe.hop) to"
                        + " \(recipe.segmentFrames * recipe.hop - 1) make \(recipe.segmentFrames) frames")
            }
            guard own.samples == all.samples, own.element == all.element else {
                throw badRow(
                    "it has \(own.samples) samples (\(own.element)), and the first has \(all.samples) (\(all.element))")
            }
            guard let label = Int(exactly: labels[place]), PickledRows.genres.indices.contains(label) else {
                throw badRow("its label is \(labels[place]), outside 0...\(PickledRows.genres.count - 1)")
            }
            rows.append(Row(offset: array.offset, label: label, track: tracks[place], side: side))
        }
    }

    private static func samples(
        _ value: PickleValue, _ machine: PickleMachine, _ fault: (String) -> DatasetError
    ) throws(DatasetError) -> [(offset: Int, count: Int, element: PickledElement)] {
        func usable(_ element: PickledElement?) throws(DatasetError) -> PickledElement {
            guard let element, element == .float32 || element == .float64 || element == .int16 else {
                throw fault("holds samples of a type that is not read; write float32, float64 or int16")
            }
            return element
        }
        switch value {
        case .array(let index):
            let array = machine.arrays[Int(index)]
            guard let shape = array.shape, shape.count == 2 else { throw fault("has data of no shape [rows, samples]") }
            let element = try usable(array.element)
            // Rows of nothing may be as many as one likes.
            guard shape[0] == 0 || shape[1] > 0 else { throw fault("has rows without samples") }
            return (0..<shape[0]).map { (array.offset + $0 * shape[1] * element.bytes, shape[1], element) }
        case .list(let index):
            var result: [(offset: Int, count: Int, element: PickledElement)] = []
            for (row, item) in machine.lists[Int(index)].enumerated() {
                guard case .array(let index) = item, let shape = machine.arrays[Int(index)].shape, shape.count == 1
                else { throw fault("has data whose row \(row) is no array of samples") }
                let array = machine.arrays[Int(index)]
                result.append((array.offset, shape[0], try usable(array.element)))
            }
            return result
        default: throw fault("has data that are no list of arrays")
        }
    }

    private static func integers(
        _ value: PickleValue, _ machine: PickleMachine, _ what: String, _ fault: (String) -> DatasetError
    ) throws(DatasetError) -> [Int64] {
        var result: [Int64] = []
        switch value {
        case .list(let index):
            for (row, item) in machine.lists[Int(index)].enumerated() {
                guard case .integer(let number) = item else { throw fault("has \(what) whose row \(row) is no number") }
                result.append(number)
            }
        case .array(let index):
            let array = machine.arrays[Int(index)]
            guard let shape = array.shape, shape.count == 1, let element = array.element else { fallthrough }
            for row in 0..<shape[0] {
                guard let number = machine.integer(at: array.offset + row * element.bytes, element) else {
                    throw fault("has \(what) that are no whole numbers")
                }
                result.append(number)
            }
        default: throw fault("has \(what) that are no list of numbers")
        }
        return result
    }

    // MARK: features

    private static func samples(_ file: MappedFile, _ row: Row, _ layout: Layout, factor: Float) -> [Float] {
        let kind: PictureValues =
            switch layout.element {
            case .float64: .float64
            case .int16: .int16
            default: .float32
            }
        return withExtendedLifetime(file) {
            TrackFeatures(
                picture: UnsafeRawBufferPointer(
                    rebasing: file.bytes[row.offset..<(row.offset + layout.samples * kind.bytes)]),
                values: kind, mels: 1, frames: layout.samples, factor: factor
            ).values
        }
    }

    /// Whether samples are of 16-bit scale, not ±1, as the first rows tell.
    private static func isSixteenBit(_ file: MappedFile, _ rows: [Row], _ layout: Layout) -> Bool {
        layout.element == .int16
            || rows.prefix(16).contains { samples(file, $0, layout, factor: 1).contains { abs($0) > 2 } }
    }

    private static func features(
        of rows: [Row], _ layout: Layout, _ recipe: FeatureRecipe, _ file: MappedFile, threads: Int,
        progress: @escaping DatasetLoader.Progress
    ) throws -> ComputedSegments {
        let extractor = try FeatureExtractor(recipe: recipe)
        guard let result = ComputedSegments(count: rows.count, valueCount: recipe.mels * recipe.segmentFrames) else {
            throw FeatureError.outOfMemory
        }
        let work = RowWork(count: rows.count, progress: progress)
        DispatchQueue.concurrentPerform(iterations: max(1, min(threads, rows.count))) { _ in
            while let index = work.next() {
                do {
                    let values = samples(file, rows[index], layout, factor: Float(1 / recipe.sampleScale))
                    result.set(index, try extractor.segments(of: values).values)
                    work.finish()
                } catch {
                    work.fail(
                        index, DatasetError.badRow(path: file.path, row: index, reason: "its samples: \(error)"))
                }
            }
        }
        if let failure = work.failure { throw failure }
        return result
    }
}

/// Rows handed to threads in order, and the first of them that failed.
private final class RowWork: @unchecked Sendable {  // behind the lock
    private let count: Int
    private let progress: DatasetLoader.Progress
    private let lock = NSLock()
    private var started = 0
    private var finished = 0
    private var failed: (row: Int, error: DatasetError)?

    init(count: Int, progress: @escaping DatasetLoader.Progress) {
        self.count = count
        self.progress = progress
    }

    var failure: DatasetError? { lock.withLock { failed?.error } }

    func next() -> Int? {
        lock.withLock {
            guard started < count, failed == nil else { return nil }
            defer { started += 1 }
            return started
        }
    }

    func finish() {
        lock.withLock {
            finished += 1
            progress(finished, count)
        }
    }

    func fail(_ row: Int, _ error: DatasetError) {
        lock.withLock { if row < failed?.row ?? .max { failed = (row, error) } }
    }
}

/// Segments in one stretch of memory, each written once, before any is read; places count them.
private final class ComputedSegments: SegmentSource, @unchecked Sendable {  // no write after the threads have joined
    private let values: UnsafeMutableBufferPointer<Float>
    private let valueCount: Int

    init?(count: Int, valueCount: Int) {
        guard let memory = malloc(count * valueCount * MemoryLayout<Float>.size) else { return nil }
        self.valueCount = valueCount
        values = UnsafeMutableBufferPointer(
            start: memory.bindMemory(to: Float.self, capacity: count * valueCount), count: count * valueCount)
    }

    deinit { free(values.baseAddress) }

    func set(_ index: Int, _ segment: [Float]) {
        precondition(segment.count == valueCount, "one segment")
        segment.withUnsafeBufferPointer {
            (values.baseAddress! + index * valueCount).update(from: $0.baseAddress!, count: valueCount)
        }
    }

    func read(track: Int, place: Int, into segment: UnsafeMutablePointer<Float>) throws(DatasetError) {
        segment.update(from: values.baseAddress! + place * valueCount, count: valueCount)
    }

    /// Segments do not know their tracks here: all count.
    func addValues(to hash: inout SHA256, of tracks: [Int]?) {
        hash.update(counted: String(contentHash(UnsafeRawBufferPointer(values))))
    }
}
