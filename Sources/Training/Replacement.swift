import Foundation
import Storage

/// The place of a run or a series that is to be made, and what lies there and is to go: all of it is looked at and locked
/// before any of it is removed.
struct Replacement {
    private let url: URL
    /// That hold runs.
    private let runs: [RunFolder]
    private let locks: [FolderLock]

    /// What a series has besides its runs.
    private let seriesFiles: [String]

    /// - Parameters:
    ///   - members: names of folders in it that are to hold runs, too.
    ///   - allowed: whether what is there may go.
    ///   - needed: files that must not.
    /// - Throws: ``TrainingError/runExists(folder:)``, ``TrainingError/runInProgress(folder:)``,
    ///   ``TrainingError/badConfiguration(_:)`` where a needed file is in the way.
    init(of url: URL, members: [String] = [], allowed: Bool, needed: [URL]) throws {
        self.url = url
        let isSeries = SeriesFolder.isSeries(url)
        // The plan last: a folder that was cleared in part is still a series.
        seriesFiles =
            isSeries
            ? ["comparison.html", "comparison-figures", "summary.json", "series.json"]
            : members.isEmpty ? [] : ["summary.json"]
        let old = isSeries ? (try? SeriesFolder.open(url).plan.members) ?? [] : []
        let new = [url] + members.map(url.appendingPathComponent)
        let all = new + Set(old).subtracting(members).sorted().map(url.appendingPathComponent)
        if !allowed {
            let summary = url.appendingPathComponent("summary.json")
            guard !isSeries, members.isEmpty || !FileManager.default.fileExists(atPath: summary.path) else {
                throw TrainingError.runExists(folder: url.path)
            }
            if let taken = new.first(where: RunFolder.isRun) { throw TrainingError.runExists(folder: taken.path) }
            let foreign = new.flatMap { RunFolder(at: $0).foreignFiles }
            guard foreign.isEmpty else { throw StorageError.taken(paths: foreign.map(\.path), kind: "a run's files") }
        }
        for file in needed {
            guard let folder = all.first(where: { Self.holds($0, file) }) else { continue }
            throw TrainingError.badConfiguration(
                "\(file.path), which is to be begun with, lies in \(folder.path), whose files will be replaced: name "
                    + "another folder with -o")
        }
        runs = all.filter(RunFolder.isRun).map(RunFolder.init(at:))
        let locked = isSeries ? [RunFolder(at: url)] + runs.filter { $0.url != url } : runs
        locks = try locked.map { try $0.lock() }
    }

    /// Whether a file is a model of the run in the folder, by whatever links.
    private static func holds(_ folder: URL, _ file: URL) -> Bool {
        let run = RunFolder(at: folder)
        let place = file.resolvingSymlinksInPath().path
        return [run.model, run.best].contains { $0.resolvingSymlinksInPath().path == place }
    }

    /// Removes the runs' files and the series', and folders of runs that are left empty; nothing else.
    func remove() throws {
        try withExtendedLifetime(locks) {
            for run in runs {
                try run.removeAll()
                if run.url != url { Self.removeIfEmpty(run.url) }
            }
            for name in seriesFiles {
                let file = url.appendingPathComponent(name)
                var isFolder: ObjCBool = false
                if FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder), isFolder.boolValue {
                    RunFolder.removeFigures(in: file, replacing: true)
                } else {
                    try RunFolder.remove(file)
                }
            }
        }
    }

    /// A folder that holds nothing but its lock.
    private static func removeIfEmpty(_ folder: URL) {
        let files = FileManager.default
        guard let names = try? files.contentsOfDirectory(atPath: folder.path), names.allSatisfy({ $0 == ".lock" })
        else { return }
        try? files.removeItem(at: folder)
    }
}
