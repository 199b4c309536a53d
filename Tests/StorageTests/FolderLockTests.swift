import Foundation
import Storage
import Testing

@Suite struct FolderLockTests {
    /// Who holds a lock may remove the folder: then the lock's file is no longer what others find there.
    @Test func theLockOfARemovedFolderIsNone() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lock-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var first = try FolderLock(ifFree: folder)
        #expect(try FolderLock(ifFree: folder) == nil)
        // Another waits while the folder goes and comes again.
        let waits = DispatchSemaphore(value: 0)
        let holder = Holder(try #require(first))
        first = nil
        let other = Thread {
            waits.wait()
            try? FileManager.default.removeItem(at: folder)
            try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            holder.release()
        }
        other.start()
        let second = try FolderLock(folder) { waits.signal() }
        // It holds the new file, so no one else gets it.
        #expect(try FolderLock(ifFree: folder) == nil)
        withExtendedLifetime(second) {}
    }

    private final class Holder: @unchecked Sendable {  // given up by one thread, once
        private var lock: FolderLock?
        init(_ lock: FolderLock) { self.lock = lock }
        func release() { lock = nil }
    }
}
