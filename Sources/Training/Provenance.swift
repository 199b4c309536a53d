import Foundation
import Storage

/// When, how, where and by what program a training was begun or went on: for people, and for telling why two runs of the
/// same configuration differ. Nothing hangs on it.
public struct Provenance: Codable, Sendable, Hashable {
    /// ISO 8601, with the zone.
    public var date: String
    /// The program's arguments, its own name first.
    public var command: [String]
    /// As the processor calls itself.
    public var processor: String
    public var cores: Int
    public var system: String
    /// Digest (SHA-256) of the executable, hexadecimal: the build that the bits depend on, whatever its sources were; nil
    /// where it cannot be read.
    public var executable: String?
    /// The commit that this very executable was built of, with "-dirty" where the sources had changes; nil where no one
    /// has vouched for it.
    public var commit: String?

    /// Of this moment and process.
    public static func now() -> Provenance {
        let format = ISO8601DateFormatter()
        format.timeZone = .current
        format.formatOptions = [.withInternetDateTime]
        let information = ProcessInfo.processInfo
        return Provenance(
            date: format.string(from: Date()), command: CommandLine.arguments, processor: processorName,
            cores: information.activeProcessorCount, system: systemName, executable: build.digest,
            commit: build.commit)
    }

    /// The executable is hashed once a process, and only where a run is begun.
    private static let build: (digest: String?, commit: String?) = {
        guard let file = Bundle.main.executableURL?.resolvingSymlinksInPath(),
            let mapped = try? MappedFile(file)
        else { return (nil, nil) }
        var hash = SHA256()
        withExtendedLifetime(mapped) { hash.update(mapped.bytes) }
        let digest = hash.hexDigest()
        // Beside the program in a checkout's build folder, in share/ where it was installed.
        let name = file.lastPathComponent + ".commit"
        let folder = file.deletingLastPathComponent()
        let stamps = [
            folder.appendingPathComponent(name),
            folder.deletingLastPathComponent().appendingPathComponent("share/genrekit/\(name)"),
        ]
        return (digest, stamps.lazy.compactMap { commit(of: digest, stamp: $0) }.first)
    }()

    /// What a stamp says of an executable: "DIGEST COMMIT" on one line, written by the script that built it. A stamp of
    /// another digest is of another build, and says nothing.
    static func commit(of digest: String, stamp: URL) -> String? {
        guard let size = try? stamp.resourceValues(forKeys: [.fileSizeKey, .isRegularFileKey]),
            size.isRegularFile == true, size.fileSize ?? 0 <= 1000,
            let text = try? String(contentsOf: stamp, encoding: .utf8)
        else { return nil }
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, words[0] == digest, words[1].wholeMatch(of: /[0-9a-f]{40,64}(-dirty)?/) != nil else {
            return nil
        }
        return String(words[1])
    }

    private static var processorName: String {
        #if os(Linux)
            let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
            for key in ["model name", "Model", "Hardware", "cpu model"] {
                let line = text.split(separator: "\n").first {
                    $0.hasPrefix(key) && $0.dropFirst(key.count).drop { $0 == "\t" || $0 == " " }.hasPrefix(":")
                }
                guard let value = line?.split(separator: ":", maxSplits: 1).last else { continue }
                let name = value.trimmingCharacters(in: .whitespaces)
                if !name.isEmpty { return name }
            }
            return machine
        #else
            var size = 0
            guard sysctlbyname("machdep.cpu.brand_string", nil, &size, nil, 0) == 0, size > 0 else { return machine }
            var bytes = [UInt8](repeating: 0, count: size)
            sysctlbyname("machdep.cpu.brand_string", &bytes, &size, nil, 0)
            return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        #endif
    }

    /// "x86_64", "aarch64".
    private static var machine: String {
        var name = utsname()
        uname(&name)
        return withUnsafeBytes(of: name.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// "Debian GNU/Linux 12 (bookworm), Linux 6.1.0, x86_64".
    private static var systemName: String {
        var name = utsname()
        uname(&name)
        func text<Field>(_ field: Field) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        let release = (try? String(contentsOfFile: "/etc/os-release", encoding: .utf8)) ?? ""
        let pretty = release.split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") }?
            .dropFirst("PRETTY_NAME=".count).trimmingCharacters(in: CharacterSet(charactersIn: "\"'"))
        return [pretty, "\(text(name.sysname)) \(text(name.release))", machine].compactMap { $0 }
            .filter { !$0.isEmpty }.joined(separator: ", ")
    }
}
