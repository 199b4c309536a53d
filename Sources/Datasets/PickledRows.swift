import Features
import Foundation
import Storage

/// The rows of one coursework pickle (train.pkl or val.pkl): where each spectrogram lies in the mapped file.
///
/// A file of 2 GB opens in well under a second and takes a few MB: neither spectrograms nor samples are read or copied.
public final class PickledRows: Sendable {
    public static let mels = 80
    public static let frames = 80
    static let valueCount = mels * frames
    /// Genres of the labels 0...9.
    public static let genres = [
        "blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock",
    ]

    public struct Row: Sendable {
        /// "disco.00000.wav"
        public var name: String
        public var label: Int
        /// Of the spectrogram's 6,400 floats, from the start of the file.
        var spectrogram: Int
        /// Of the samples, and their number; 0 where there are none of use.
        var samples: Int
        var sampleCount: Int
    }

    public let url: URL
    public let rows: [Row]
    let file: MappedFile

    /// - Throws: `DatasetError.missing`, `.unreadable`, `.badPickle`, `.refusedGlobal`, `.badRow`.
    public init(_ url: URL, progress: (Double) -> Void = { _ in }) throws(DatasetError) {
        self.url = url
        let file: MappedFile
        do { file = try MappedFile(url) } catch {
            if case .missing = error { throw .missing(path: url.path) }
            throw .unreadable(path: url.path, reason: "\(error)")
        }
        self.file = file
        guard file.count > 0 else { throw .badPickle(path: url.path, offset: 0, reason: "the file is empty") }
        rows = try withoutActuallyEscaping(progress) { (progress) throws(DatasetError) in
            try Self.parse(file, progress: progress)
        }
    }

    /// The values of a row's spectrogram, [mel][frame].
    /// - Throws: `DatasetError.badRow` where a value is not a finite number.
    func readSpectrogram(_ index: Int, into values: UnsafeMutablePointer<Float>) throws(DatasetError) {
        let bytes = Self.valueCount * MemoryLayout<Float>.size
        withExtendedLifetime(file) {
            UnsafeMutableRawPointer(values).copyMemory(
                from: file.bytes.baseAddress! + rows[index].spectrogram, byteCount: bytes)
        }
        let fault = FeatureChecks.firstNotFinite(UnsafeBufferPointer(start: values, count: Self.valueCount))
        if let fault {
            throw .badRow(
                path: url.path, row: index, reason: "value \(fault) of its spectrogram is not a finite number")
        }
    }

    /// A row's samples, ±1; nil where the row has none, or only zeros.
    func samples(_ index: Int) -> [Float]? {
        let row = rows[index]
        guard row.sampleCount > 0 else { return nil }
        let values = withExtendedLifetime(file) {
            (0..<row.sampleCount).map { place in
                Float(file.bytes.loadUnaligned(fromByteOffset: row.samples + 8 * place, as: Double.self) / 32_768)
            }
        }
        return values.contains { $0 != 0 } ? values : nil
    }

    /// Whether the rows were made by the coursework's recipe: `coursework` where a few rows that have samples agree with
    /// them within 2e-5, else `precomputed`.
    public func detectRecipe() throws(FeatureError) -> FeatureRecipe {
        let extractor = try FeatureExtractor(recipe: .coursework)
        var values = [Float](repeating: 0, count: Self.valueCount)
        let last = max(rows.count - 1, 0)
        for index in Set([0, last / 3, last * 2 / 3, last]).sorted() where index < rows.count {
            guard let samples = samples(index), samples.count == FeatureRecipe.coursework.segmentSamples,
                (try? readSpectrogram(index, into: &values)) != nil,
                let computed = try? extractor.segments(of: samples)
            else { return .precomputed }
            for (value, wanted) in zip(values, computed.values) where abs(value - wanted) > 2e-5 {
                return .precomputed
            }
        }
        return rows.isEmpty ? .precomputed : .coursework
    }

    // MARK: parsing

    private static func parse(
        _ file: MappedFile, progress: @escaping (Double) -> Void
    ) throws(DatasetError) -> [Row] {
        let pages = PageAdvice(file)
        // A fault alone must fetch one page and no more; but stretches fetched whole, samples and all, come several times
        // sooner from a disk than the few pages of each row that are looked at.
        pages.expectRandomAccess()
        defer { pages.expectAnything() }
        var machine = PickleMachine(
            PickleCursor(path: file.path, bytes: file.bytes, position: 0, end: file.count))
        machine.onProgress = { position in
            pages.release(upTo: position)
            pages.fetch(from: position, count: 1 << 26)
            progress(Double(position) / Double(file.count))
        }
        guard case .list(let list) = try machine.run() else {
            throw machine.cursor.fault("the pickle holds no list of rows")
        }
        pages.release(upTo: file.count)
        let items = machine.lists[Int(list)]
        guard !items.isEmpty else { throw machine.cursor.fault("the pickle holds no rows") }
        var rows: [Row] = []
        rows.reserveCapacity(items.count)
        for (index, item) in items.enumerated() {
            rows.append(try row(item, index, machine))
            if index % 512 == 511 { pages.release(upTo: rows[index].spectrogram) }
        }
        pages.release(upTo: file.count)
        return rows
    }

    /// A row is (name, tensor [1, 80, 80], label, samples).
    private static func row(
        _ item: PickleValue, _ index: Int, _ machine: PickleMachine
    ) throws(DatasetError) -> Row {
        func fault(_ reason: String) -> DatasetError {
            .badRow(path: machine.cursor.path, row: index, reason: reason)
        }
        guard let values = machine.elements(item).map(Array.init), values.count == 4 else {
            throw fault("it is no tuple of name, spectrogram, label and samples")
        }
        guard case .text(let span) = values[0] else { throw fault("its first element is no file name") }
        let name = try machine.cursor.text(span)
        guard !name.isEmpty else { throw fault("its file name is empty") }
        guard case .tensor(let tensor) = values[1] else { throw fault("its second element is no tensor") }
        let spectrogram = machine.tensors[Int(tensor)]
        guard spectrogram.shape == [1, mels, frames] else {
            throw fault("its spectrogram has the shape \(spectrogram.shape), not [1, \(mels), \(frames)]")
        }
        guard case .integer(let label) = values[2] else { throw fault("its third element is no label") }
        guard genres.indices.contains(Int(label)) else {
            throw fault("its label is \(label), outside 0...\(genres.count - 1)")
        }
        guard case .array(let array) = values[3], let shape = machine.arrays[Int(array)].shape else {
            throw fault("its fourth element is no array of samples")
        }
        let samples = machine.arrays[Int(array)]
        guard shape.count == 1 else {
            throw fault("its samples have the shape \(shape) in \(samples.byteCount) bytes")
        }
        return Row(
            name: name, label: Int(label), spectrogram: spectrogram.offset, samples: samples.offset,
            sampleCount: samples.element == .float64 ? shape[0] : 0)
    }
}
