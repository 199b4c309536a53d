import Foundation

/// Finds files by the names that lists of other machines and systems give them.
package enum ListedPath {
    /// The path of the file or folder that a list's entry names; nil where there is none.
    ///
    /// The entry as it stands comes first. Where it names nothing, these are tried: the other Unicode forms of its parts
    /// (a Mac's decomposed letters, everybody else's composed ones), backslashes as slashes, percent signs decoded, and
    /// of a path on a Windows drive or share the end that is found below the list's folder.
    ///
    /// - Parameter folder: the folder that relative entries start from; "" for the working folder.
    package static func find(_ entry: String, in folder: String) -> String? {
        if let found = existing(entry, in: folder) { return found }
        var names = [entry]
        if entry.utf8.contains(UInt8(ascii: "%")), let decoded = entry.removingPercentEncoding, decoded != entry {
            names.append(decoded)
            if let found = existing(decoded, in: folder) { return found }
        }
        for name in names where name.utf8.contains(UInt8(ascii: "\\")) || drive(name) != nil {
            let slashed = name.replacingOccurrences(of: "\\", with: "/")
            if let found = existing(slashed, in: folder) { return found }
            guard drive(slashed) != nil || slashed.hasPrefix("/") else { continue }
            var parts = slashed.split(separator: "/").map(String.init)
            if drive(slashed) != nil { parts.removeFirst() }
            while !parts.isEmpty {
                if let found = existing(parts.joined(separator: "/"), in: folder) { return found }
                parts.removeFirst()
            }
        }
        return nil
    }

    /// The path of a file: URL, with its percent signs decoded; nil for anything else.
    package static func path(ofFileURL entry: String) -> String? {
        guard entry.lowercased().hasPrefix("file:") else { return nil }
        var rest = Substring(entry.dropFirst(5))
        if rest.hasPrefix("//") {
            rest = rest.dropFirst(2)
            if rest.lowercased().hasPrefix("localhost/") { rest = rest.dropFirst("localhost".count) }
        }
        let path = rest.removingPercentEncoding ?? String(rest)
        // file:///C:/Music/x.mp3
        return path.hasPrefix("/") && drive(String(path.dropFirst())) != nil ? String(path.dropFirst()) : path
    }

    /// The path of a file whose name is not UTF-8, with the bytes that are not repaired, so that the reader of audio says
    /// what is wrong with it; nil where the bytes name no such file.
    package static func misnamed(_ entry: ArraySlice<UInt8>, in folder: String) -> String? {
        guard String(validating: entry, as: UTF8.self) == nil else { return nil }
        let isWhole = entry.first == UInt8(ascii: "/") || folder.isEmpty
        let path = (isWhole ? [] : Array(folder.utf8) + [UInt8(ascii: "/")]) + entry
        let isThere = (path.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer {
            access($0.baseAddress!, F_OK) == 0
        }
        return isThere ? String(decoding: path, as: UTF8.self) : nil
    }

    /// "C:" of "C:\Music"; nil where there is no drive letter.
    private static func drive(_ path: String) -> Substring? {
        let start = path.utf8.prefix(3)
        guard start.count == 3, let letter = start.first, 0x41...0x5A ~= letter & 0xDF,
            start.dropFirst().first == UInt8(ascii: ":"), let third = start.last,
            third == UInt8(ascii: "/") || third == UInt8(ascii: "\\")
        else { return nil }
        return path.prefix(2)
    }

    private static func joined(_ name: String, _ folder: String) -> String {
        name.hasPrefix("/") || folder.isEmpty ? name : folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }

    private static func exists(_ path: String) -> Bool { access(path.isEmpty ? "." : path, F_OK) == 0 }

    /// The entry's path, in whatever Unicode forms its parts have on the disk.
    private static func existing(_ entry: String, in folder: String) -> String? {
        guard !entry.isEmpty else { return nil }
        let path = joined(entry, folder)
        if exists(path) { return path }
        guard !path.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        var found = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            let own = String(part)
            let prefix = found.isEmpty || found.hasSuffix("/") ? found : found + "/"
            let forms = [own, own.precomposedStringWithCanonicalMapping, own.decomposedStringWithCanonicalMapping]
            guard let form = forms.first(where: { exists(prefix + $0) }) else { return nil }
            found = prefix + form
        }
        return found
    }
}
