import Foundation
import Storage
import SwiftProtobuf

/// Writes one event file of TensorBoard, event by event: a reader sees each as soon as it is written.
final class EventWriter {
    let file: URL
    private let handle: FileHandle

    /// Makes a new file in a folder, which is made where it is missing.
    ///
    /// - Parameter start: in the file's name and first record. TensorBoard reads a folder's files in the order of names.
    init(folder: URL, start: Date) throws {
        let seconds = Int64(start.timeIntervalSince1970)
        file = folder.appendingPathComponent("events.out.tfevents.\(seconds).genrekit")
        do {
            try OutputPlace.checkInnerFolder(folder)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            // One run, one file: that of a run which is replaced would be shown beside it.
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
            where name.hasPrefix("events.out.tfevents.") && name.hasSuffix(".genrekit") {
                try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
            }
            let descriptor = open(file.path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else {
                throw StorageError.cannotWrite(path: file.path, reason: String(cString: strerror(errno)))
            }
            handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        } catch let error as StorageError {
            throw ReportError.cannotWrite(file, error)
        } catch {
            throw ReportError.cannotWrite(file: file.path, problem: error.localizedDescription)
        }
        try write(Self.event(at: start) { $0.fileVersion = "brain.Event:2" })
    }

    deinit { try? handle.close() }

    /// - Parameter step: the epoch.
    func add(_ values: [Tensorboard_Summary.Value], step: Int, at time: Date) throws {
        try write(
            Self.event(at: time) { event in
                event.step = Int64(step)
                event.summary = .with { $0.value = values }
            })
    }

    private static func event(at time: Date, _ fill: (inout Tensorboard_Event) -> Void) -> Tensorboard_Event {
        .with {
            $0.wallTime = time.timeIntervalSince1970
            fill(&$0)
        }
    }

    private func write(_ event: Tensorboard_Event) throws {
        do {
            try handle.write(contentsOf: RecordFile.frame(event.serializedData()))
        } catch {
            throw ReportError.cannotWrite(file: file.path, problem: error.localizedDescription)
        }
    }
}
