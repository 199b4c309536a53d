import Foundation
import Storage

/// What a reproduction leaves in its folder: a page, its figures, and beside the page results.json and the table for texts.
enum ReproductionFiles {
    /// Holds the rule of outputs for all of them.
    ///
    /// - Parameter replacing: whether files of other kinds may be replaced.
    static func check(page: URL, figures folder: URL?, replacing: Bool) throws {
        if let folder { try OutputPlace.checkInnerFolder(folder) }
        try OutputPlace.check([page], makingFolder: true, replacing: replacing) { _ in .page(.reproduction) }
        let results = page.deletingLastPathComponent().appendingPathComponent("results.json")
        try OutputPlace.check([results], makingFolder: true, replacing: replacing) { _ in .reproductionResults }
        let tables = ReproductionTable.Format.allCases.map {
            page.deletingLastPathComponent().appendingPathComponent($0.fileName)
        }
        try OutputPlace.check(tables, makingFolder: true, replacing: replacing) { _ in .reproductionTable }
    }

    /// - Returns: the page, results.json and the tables, and apart from them the figures' files.
    static func write(
        page: URL, html: @autoclosure () -> String, json: @autoclosure () throws -> Data,
        table: (ReproductionTable.Format) -> String, figures: @autoclosure () -> [Figure], to folder: URL?,
        _ options: FigureFiles.Options, replacing: Bool
    ) throws -> (files: [URL], figures: [URL]) {
        try check(page: page, figures: folder, replacing: replacing)
        let pictures = try folder.map { try FigureFiles.write(figures(), to: $0, options, replacing: replacing) } ?? []
        let place = page.deletingLastPathComponent()
        var files = [page]
        do {
            try AtomicFile.write(html(), to: page)
            files.append(place.appendingPathComponent("results.json"))
            try AtomicFile.write(json(), to: files[1])
            for format in ReproductionTable.Format.allCases {
                let file = place.appendingPathComponent(format.fileName)
                try AtomicFile.write(table(format), to: file)
                files.append(file)
            }
        } catch {
            throw ReportError.cannotWrite(page, error)
        }
        return (files, pictures)
    }
}
