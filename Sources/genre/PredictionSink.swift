import Foundation
import Prediction
import Storage

/// A file that results are appended to, line by line, so that a broken-off run loses nothing but its last line. It is this
/// process's alone: another that would write to it is refused.
final class PredictionSink {
    /// What is in the file's place already.
    enum Earlier {
        /// A file that holds anything is an error.
        case none
        /// Results are kept, but for a line that was cut off.
        case kept
        /// Whatever file it is, a new one takes its place.
        case replaced
    }

    private let url: URL
    private let file: FileHandle
    private let format: PredictionFormat
    private let layout: ResultsLayout
    private var earlier: EarlierResults?

    /// - Parameter format: that says what the results come from.
    init(_ url: URL, format: PredictionFormat, layout: ResultsLayout, earlier kept: Earlier) throws {
        self.url = url
        self.format = format
        self.layout = layout
        if case .replaced = kept, (try? FileManager.default.destinationOfSymbolicLink(atPath: url.path)) != nil {
            unlink(url.path)
        }
        // Nothing is written through a link, and opening a pipe could wait for ever.
        let descriptor = open(url.path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            if errno == ELOOP { throw StorageError.isLink(path: url.path) }
            if errno == EISDIR { throw StorageError.notAFile(path: url.path) }
            throw ToolError.unwritable(path: url.path, reason: String(cString: strerror(errno)))
        }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ToolError.notForResults(path: url.path)
        }
        // Where the file system knows no locks there is none, and that is no error.
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK { throw ToolError.inUse(path: url.path) }

        if status.st_size > 0 {
            switch kept {
            case .none: throw ToolError.alreadyThere(path: url.path)
            case .replaced: try file.truncate(atOffset: 0)
            case .kept:
                let data = try WholeFile.bytes(of: descriptor, path: url.path, atMost: .max)
                guard let earlier = EarlierResults(data, format: format, layout: layout) else {
                    throw ToolError.otherResults(path: url.path)
                }
                self.earlier = earlier
                try file.truncate(atOffset: UInt64(earlier.wholeBytes))
            }
        }
        if case .table(let table) = layout, earlier?.wholeBytes ?? 0 == 0 { try append(format.csvHeader(table)) }
    }

    /// Whether the file was heard before; one that failed is to be tried again.
    func hasVerdict(on name: String) -> Bool { earlier?.heard.contains(Array(name.utf8)) ?? false }

    /// Appends a result. A file that fails once more keeps the line that it has.
    func write(_ input: AudioInputs.Input, _ result: Result<TrackPrediction, any Error>) throws {
        if case .failure = result, earlier?.failed.contains(Array(input.name.utf8)) ?? false { return }
        if case .table(let table) = layout { return try append(format.csv(input, result, table)) }
        switch result {
        case .success(let prediction): try append(try format.json(input, prediction))
        case .failure(let error): try append(try format.json(input, error))
        }
    }

    func close() throws { try file.close() }

    private func append(_ line: String) throws {
        let fault = StandardStreams.put(line + "\n", to: file.fileDescriptor)
        guard fault == 0 else { throw ToolError.unwritable(path: url.path, reason: String(cString: strerror(fault))) }
    }
}
