import Foundation
import Storage

/// Lists that name the tracks of each side.
struct SplitLists {
    struct Entry {
        var name: String
        var side: SegmentSet.Side
        /// Where a table's entry leads, if it is the path of a file.
        var path: String?
    }

    /// What they were read from, for messages and the rule's name.
    var source: String
    var entries: [Entry]

    /// A partition of GTZAN's.
    init(_ partition: GTZAN.Partition) {
        source = partition.rawValue
        entries = GTZAN.sides(partition).sorted { $0.key < $1.key }.map { Entry(name: $0.key, side: $0.value) }
    }

    /// - Parameter path: a table of path,side; a folder with one train*.txt, one valid*.txt (or val*.txt) and perhaps one
    ///   test*.txt, a track a line; or FOLDER/NAME for FOLDER/train_NAME.txt and its like.
    init(path: String) throws(DatasetError) {
        source = path
        entries = []
        let url = URL(fileURLWithPath: path)
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue {
            try readTable(url)
        } else if isFolder.boolValue {
            try readLists(in: url, named: nil)
        } else {
            let folder = url.deletingLastPathComponent()
            guard FileManager.default.fileExists(atPath: folder.path) else { throw .missing(path: path) }
            try readLists(in: folder, named: url.lastPathComponent)
        }
        guard !entries.isEmpty else { throw .badSplit("\(path) names no track") }
    }

    private mutating func readTable(_ url: URL) throws(DatasetError) {
        let table = try TextTable(url)
        let name = try table.column("path", "track", "file")
        let side = try table.column("side", "split")
        if let odd = table.oddRows.first {
            throw .badTable(
                path: url.path, line: odd.line,
                problem: "\(odd.fields) fields, and the header has \(table.header.count)")
        }
        for row in table.rows where !row.fields[side].isEmpty {
            guard let known = SegmentSet.Side(named: row.fields[side]) else {
                throw .badTable(
                    path: url.path, line: row.line,
                    problem: "'\(row.fields[side])' is no side; write train, validation or test")
            }
            let folder = url.deletingLastPathComponent()
            let entry = row.fields[name]
            let file = URL(fileURLWithPath: ListedPath.find(entry, in: folder.path) ?? entry, relativeTo: folder)
            entries.append(Entry(name: row.fields[name], side: known, path: file.standardizedFileURL.path))
        }
    }

    private mutating func readLists(in folder: URL, named name: String?) throws(DatasetError) {
        let files: [String]
        do { files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() } catch {
            throw .unreadable(path: folder.path, reason: error.localizedDescription)
        }
        for (side, starts) in [
            (SegmentSet.Side.training, ["train"]), (.validation, ["valid", "val"]), (.test, ["test"]),
        ] {
            let own = files.filter { file in
                guard file.hasSuffix(".txt") else { return false }
                guard let name else { return starts.contains { file.hasPrefix($0) } }
                let stem = String(file.dropLast(4))
                return
                    (starts + ["validation"].filter { _ in side == .validation }
                    + ["training"].filter { _ in side == .training })
                    .contains { stem == "\($0)_\(name)" || stem == "\($0)-\(name)" }
            }
            guard own.count <= 1 else {
                throw .badSplit(
                    "\(folder.path) holds several lists for one side (\(own.joined(separator: ", "))); name one kind, as in"
                        + " file:\(folder.path)/NAME for train_NAME.txt, valid_NAME.txt and test_NAME.txt")
            }
            guard let file = own.first else {
                if side == .test { continue }
                throw .badSplit(
                    "\(folder.path) holds no \(starts[0])\(name.map { "_\($0)" } ?? "*").txt;"
                        + " a split needs lists to train and to validate")
            }
            var text = try TextTable.text(of: folder.appendingPathComponent(file))
            while let line = text.next() {
                let name = line.trimmingCharacters(in: .whitespaces)
                if !name.isEmpty, !name.hasPrefix("#") { entries.append(Entry(name: name, side: side)) }
            }
        }
    }

    /// The sides with the test side in place of the validation side, where no track is on that: published features often
    /// come without it.
    static func judging(_ sides: [SegmentSet.Side?]) -> [SegmentSet.Side?] {
        sides.contains(.validation) ? sides : sides.map { $0 == .test ? .validation : $0 }
    }

    /// The side of each of the set's tracks, nil for those in no list.
    ///
    /// - Parameter warning: called where listed tracks are absent or tracks are in no list.
    /// - Throws: `DatasetError.badSplit` where a track is on two sides, or no list names a track of the set.
    func sides(of set: SegmentSet, warning: (String) -> Void) throws(DatasetError) -> [SegmentSet.Side?] {
        let names = TrackNames(set)
        var sides = [SegmentSet.Side?](repeating: nil, count: set.tracks.count)
        var givenName = [String](repeating: "", count: set.tracks.count)
        var absent: [String] = []
        for entry in entries {
            let found = names.tracks(named: entry.name, path: entry.path)
            if found.isEmpty { absent.append(entry.name) }
            for track in found {
                if let other = sides[track], other != entry.side {
                    throw .badSplit(
                        "\(source) puts a track on two sides: '\(givenName[track])' on \(other.rawValue) and"
                            + " '\(entry.name)' on \(entry.side.rawValue)")
                }
                sides[track] = entry.side
                givenName[track] = entry.name
            }
        }
        guard sides.contains(where: { $0 != nil }) else {
            throw .badSplit(
                "\(source) names none of the data's tracks; it names '\(entries[0].name)' and the like, the data has"
                    + " '\(set.tracks.first?.id ?? "none")'")
        }
        if !absent.isEmpty {
            warning("\(absent.count) of \(entries.count) listed tracks are not in the data (\(firstFew(absent)))")
        }
        let left = set.tracks.indices.filter { sides[$0] == nil }.map { set.tracks[$0].id }
        if !left.isEmpty {
            warning("\(left.count) of the data's tracks are in no list and left out (\(firstFew(left)))")
        }
        return sides
    }
}

/// "a, b, c, …"
func firstFew(_ names: [String]) -> String {
    names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", …" : "")
}

extension SegmentSet.Side {
    /// From the words that tables use.
    init?(named text: String) {
        switch text.lowercased() {
        case "train", "training": self = .training
        case "valid", "val", "validation": self = .validation
        case "test", "testing": self = .test
        default: return nil
        }
    }
}
