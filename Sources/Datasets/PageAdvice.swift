import Foundation
import Storage

/// Tells the kernel how a mapped file is used, so that opening a large one reads and keeps little of it.
struct PageAdvice {
    private let start: UnsafeMutableRawPointer
    private let count: Int

    init(_ file: MappedFile) {
        start = UnsafeMutableRawPointer(mutating: file.bytes.baseAddress!)
        count = file.count
    }

    func expectRandomAccess() { madvise(start, count, Int32(MADV_RANDOM)) }

    func expectAnything() { madvise(start, count, Int32(MADV_NORMAL)) }

    /// Has the stretch from `place` on read into the system's cache while this process goes on.
    func fetch(from place: Int, count length: Int) {
        let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
        let first = min(place, count) / pageSize * pageSize
        madvise(start + first, min(length, count - first), Int32(MADV_WILLNEED))
    }

    /// Takes the pages before a place out of this process; they stay in the system's cache.
    func release(upTo place: Int) {
        let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
        let whole = min(place, count) / pageSize * pageSize
        if whole > 0 { madvise(start, whole, Int32(MADV_DONTNEED)) }
    }
}
