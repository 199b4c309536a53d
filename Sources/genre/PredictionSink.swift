import Foundation
import Prediction

/// A file that results are appended to, line by line, so that a broken-off run loses nothing but its last line. It is this
/// process's alone: another that would write to it is refused.
final class PredictionSink {
    private let url: URL
    private let file: FileHandle
    private let format: PredictionFormat
    private let isCSV: Bool
    private var earlier: EarlierResults?

    /// - Parameters:
    ///   - format: that says what the results come from.
    ///   - resuming: keep what is there, but for a line that was cut off; else a file that holds anything is an error.
    init(_ url: URL, format: PredictionFormat, resuming: Bool) throws {
        self.url = url
        self.format = format
        isCSV = Self.isCSV(url)
        let descriptor = open(url.path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw ToolError.unwritable(path: url.path) }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        // Where the file system knows no locks there is none, and that is no error.
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK { throw ToolError.inUse(path: url.path) }

        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 {
            guard resuming else { throw ToolError.alreadyThere(path: url.path) }
            let data = try file.readToEnd() ?? Data()
            guard let earlier = EarlierResults(data, format: format, isCSV: isCSV) else {
                throw ToolError.otherResults(path: url.path)
            }
            self.earlier = earlier
            try file.truncate(atOffset: UInt64(earlier.wholeBytes))
        }
        if isCSV, earlier?.wholeBytes ?? 0 == 0 { try append(format.csvHeader) }
    }

    static func isCSV(_ url: URL) -> Bool { url.pathExtension.lowercased() == "csv" }

    /// Whether the file was heard before; one that failed is to be tried again.
    func hasVerdict(on name: String) -> Bool { earlier?.heard.contains(key(name)) ?? false }

    /// Appends a result. A file that fails once more keeps the line that it has.
    func write(_ input: AudioInputs.Input, _ result: Result<TrackPrediction, any Error>) throws {
        if case .failure = result, earlier?.failed.contains(key(input.name)) ?? false { return }
        if isCSV { return try append(format.csv(input, result)) }
        switch result {
        case .success(let prediction): try append(try format.json(input, prediction))
        case .failure(let error): try append(try format.json(input, error))
        }
    }

    func close() throws { try file.close() }

    private func append(_ line: String) throws {
        do { try file.write(contentsOf: Data((line + "\n").utf8)) } catch {
            throw ToolError.unwritable(path: url.path)
        }
    }

    /// A name as the file has it.
    private func key(_ name: String) -> [UInt8] { Array((isCSV ? CSVLine.flat(name) : name).utf8) }
}
