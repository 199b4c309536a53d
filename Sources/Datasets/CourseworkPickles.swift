import Features
import Foundation

/// A folder with train.pkl and val.pkl: ready-made segments and a fixed split.
enum CourseworkPickles {
    static let files: [(name: String, side: SegmentSet.Side)] = [
        ("train.pkl", .training), ("val.pkl", .validation),
    ]

    /// - Throws: `DatasetError.halfOfPickles` where only one of the two is there.
    static func isPresent(in folder: URL) throws(DatasetError) -> Bool {
        let present = files.map(\.name).filter {
            FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path)
        }
        if present.count == 1 {
            let missing = files.map(\.name).first { $0 != present[0] } ?? ""
            throw .halfOfPickles(path: folder.path, present: present[0], missing: missing)
        }
        return present.count == files.count
    }

    static func open(_ folder: URL, progress: DatasetLoader.Progress) throws -> SegmentSet {
        var pickles: [PickledRows] = []
        let steps = 1000
        for (index, file) in files.enumerated() {
            pickles.append(
                try PickledRows(folder.appendingPathComponent(file.name)) { part in
                    progress((index * steps + Int(part * Double(steps))) / files.count, steps)
                })
        }
        progress(steps, steps)
        let recipes = try pickles.map { try $0.detectRecipe() }
        let recipe = recipes.allSatisfy { $0 == recipes[0] } ? recipes[0] : .precomputed

        var tracks: [SegmentSet.Track] = []
        var known: [String: Int32] = [:]
        var owners: [Int32] = []
        for (rows, file) in zip(pickles, files) {
            for (index, row) in rows.rows.enumerated() {
                if let track = known[row.name] {
                    let other = tracks[Int(track)]
                    guard other.label == row.label else {
                        throw DatasetError.badRow(
                            path: rows.url.path, row: index,
                            reason: "the track '\(row.name)' has the label \(row.label), and \(other.label) before")
                    }
                    guard other.side == file.side else {
                        throw DatasetError.trackOnBothSides(path: folder.path, track: row.name)
                    }
                    owners.append(track)
                } else {
                    known[row.name] = Int32(tracks.count)
                    owners.append(Int32(tracks.count))
                    tracks.append(
                        .init(id: "\(PickledRows.genres[row.label])/\(row.name)", label: row.label, side: file.side))
                }
            }
        }
        return SegmentSet(
            genres: PickledRows.genres, recipe: recipe, tracks: tracks,
            segments: owners.enumerated().map { .init(track: $0.element, place: Int32($0.offset)) },
            source: PickleSegments(files: pickles))
    }
}
