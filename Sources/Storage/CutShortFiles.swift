import Foundation

/// What happens where another program cuts a file short while this one has it mapped: the pages are gone, and the system
/// ends the program by a bus error without a name. With the handler installed it ends with exit code 1 and a message that
/// names the file. A program that uses the libraries decides for itself.
public enum CutShortFiles {
    /// Installs the handler of bus errors.
    public static func nameThem() {
        MappedRanges.prepare()
        var action = sigaction()
        #if canImport(Glibc) || canImport(Musl)
            action.__sigaction_handler.sa_sigaction = { _, info, _ in
                MappedRanges.endNaming(info?.pointee._sifields._sigfault.si_addr)
            }
        #else
            action.__sigaction_u.__sa_sigaction = { _, info, _ in MappedRanges.endNaming(info?.pointee.si_addr) }
        #endif
        // Back to the default first: a fault in the handler itself ends the program.
        action.sa_flags = Int32(truncatingIfNeeded: SA_SIGINFO) | Int32(truncatingIfNeeded: SA_RESETHAND)
        sigaction(SIGBUS, &action, nil)
    }
}

/// The addresses of mapped files. The handler reads them without a lock and without taking memory.
enum MappedRanges {
    private struct Entry {
        var start: UInt
        var end: UInt
        var path: UnsafeMutablePointer<CChar>?
    }

    /// Files beyond these are not named.
    private static let capacity = 4096
    private static let lock = NSLock()
    nonisolated(unsafe) private static let entries: UnsafeMutablePointer<Entry> = {
        let entries = UnsafeMutablePointer<Entry>.allocate(capacity: capacity)
        entries.initialize(repeating: Entry(start: 0, end: 0, path: nil), count: capacity)
        return entries
    }()
    /// Entries ever used.
    nonisolated(unsafe) private static var used = 0

    static func prepare() { lock.withLock { _ = entries } }

    static func add(_ bytes: UnsafeRawBufferPointer, path: String) {
        lock.withLock {
            guard let place = (0..<used).first(where: { entries[$0].path == nil }) ?? (used < capacity ? used : nil)
            else {
                return
            }
            let start = UInt(bitPattern: bytes.baseAddress)
            entries[place] = Entry(start: start, end: start + UInt(bytes.count), path: strdup(path))
            used = max(used, place + 1)
        }
    }

    static func remove(_ bytes: UnsafeRawBufferPointer) {
        lock.withLock {
            let start = UInt(bitPattern: bytes.baseAddress)
            guard let place = (0..<used).first(where: { entries[$0].path != nil && entries[$0].start == start }) else {
                return
            }
            free(entries[place].path)
            entries[place] = Entry(start: 0, end: 0, path: nil)
        }
    }

    /// In a signal handler: says which file holds an address, and ends the program; returns where no file does.
    fileprivate static func endNaming(_ address: UnsafeMutableRawPointer?) {
        let place = UInt(bitPattern: address)
        for index in 0..<used {
            let entry = entries[index]
            guard let path = entry.path, entry.start <= place, place < entry.end else { continue }
            put("genre: ")
            _ = write(STDERR_FILENO, path, strlen(path))
            put(": the file was cut short while it was read; let the program that writes it end, and run again\n")
            _exit(1)
        }
    }

    private static func put(_ text: StaticString) {
        _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    }
}
