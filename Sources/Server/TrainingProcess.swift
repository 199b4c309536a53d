import Foundation
import Storage

/// Trainings as processes.
enum TrainingProcess {
    /// Starts a program as the leader of a session of its own, so that no Ctrl-C of the server's terminal reaches it.
    ///
    /// - Parameter log: gets what it says; written anew.
    /// - Throws: `StorageError.cannotWrite` where the log cannot be made or the program cannot start.
    static func spawn(_ words: [String], log: URL) throws -> pid_t {
        #if canImport(Glibc)
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #else
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(
            &actions, 1, log.path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // Sockets and files of the server are closed on the way: NIO, Foundation and this module open them so.
        #if canImport(Glibc)
            let setsid: Int16 = 0x80
        #else
            let setsid = Int16(POSIX_SPAWN_SETSID | POSIX_SPAWN_CLOEXEC_DEFAULT)
        #endif
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&defaults, number) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(
            &attributes, setsid | Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK))
        var pid: pid_t = 0
        let arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        let fault = posix_spawn(&pid, words[0], &actions, &attributes, arguments, environ)
        guard fault == 0 else {
            throw StorageError.cannotWrite(path: log.path, reason: String(cString: strerror(fault)))
        }
        return pid
    }

    /// The process that trains in a folder: who holds its lock. Nil where nobody does.
    ///
    /// Linux lists locks with their holders; elsewhere only the trainings that this server began are known.
    static func holder(of folder: URL) -> pid_t? {
        let file = folder.appendingPathComponent(".lock").path
        var status = stat()
        guard stat(file, &status) == 0, let locks = try? String(contentsOfFile: "/proc/locks", encoding: .utf8) else {
            return nil
        }
        for line in locks.split(separator: "\n") {
            // "1: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF"
            let fields = line.split(separator: " ")
            guard fields.count >= 6, fields[1] == "FLOCK", let pid = pid_t(fields[4]), pid > 0,
                fields[5].split(separator: ":").last.flatMap({ UInt64($0) }) == UInt64(status.st_ino),
                isOpen(file, by: pid)
            else { continue }
            return pid
        }
        return nil
    }

    /// Whether the process has the file open: file systems may share the numbers of their files.
    private static func isOpen(_ file: String, by pid: pid_t) -> Bool {
        let folder = "/proc/\(pid)/fd"
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return false }
        return names.contains { name in
            var (opened, there) = (stat(), stat())
            return stat("\(folder)/\(name)", &opened) == 0 && stat(file, &there) == 0 && opened.st_ino == there.st_ino
                && opened.st_dev == there.st_dev
        }
    }
}
