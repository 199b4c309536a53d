import Foundation
import Storage

/// Figures as files.
public enum FigureFiles {
    /// How figures are written.
    public struct Options: Sendable, Hashable {
        /// Of the picture on paper, in millimetres; nil for each figure's own, 96 CSS pixels an inch.
        public var millimetres: Double?
        /// Pixels an inch of the PNGs, in that width.
        public var dpi: Double
        /// Whether a figure names itself at its top.
        public var hasTitles: Bool
        /// Whether PDF and PNG are written in greys and dashes, too.
        public var isAlsoGrey: Bool

        public init(
            millimetres: Double? = nil, dpi: Double = 192, hasTitles: Bool = true, isAlsoGrey: Bool = false
        ) {
            self.millimetres = millimetres
            self.dpi = dpi
            self.hasTitles = hasTitles
            self.isAlsoGrey = isAlsoGrey
        }
    }

    /// Endings of the files of each figure.
    public static let endings = [".svg", ".pdf", ".png", "-dark.png"]
    /// Endings of what ``Options/isAlsoGrey`` adds.
    public static let greyEndings = ["-grey.pdf", "-grey.png"]

    /// Holds the rule of outputs for all files of the figures.
    ///
    /// - Throws: `StorageError`, which names all that is in the way.
    public static func check(
        _ figures: [Figure], in folder: URL, _ options: Options = Options(), replacing: Bool = false
    ) throws {
        let endings = endings + (options.isAlsoGrey ? greyEndings : [])
        let files = figures.flatMap { figure in endings.map { folder.appendingPathComponent(figure.name + $0) } }
        try OutputPlace.check(files, makingFolder: true, replacing: replacing) { .figure($0) }
    }

    /// Writes of each figure NAME.svg (light or dark as the reader's system is), NAME.pdf, NAME.png and NAME-dark.png.
    ///
    /// - Parameter replacing: whether files that are no earlier figures may be replaced.
    /// - Returns: the files, figure by figure.
    @discardableResult
    public static func write(
        _ figures: [Figure], to folder: URL, _ options: Options = Options(), replacing: Bool = false
    ) throws -> [URL] {
        try OutputPlace.checkInnerFolder(folder)
        try check(figures, in: folder, options, replacing: replacing)
        var files: [URL] = []
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for figure in figures {
                let figure = options.hasTitles ? figure : figure.withoutTitle
                func write(_ data: Data, _ ending: String) throws {
                    let file = URL(fileURLWithPath: folder.appendingPathComponent(figure.name).path + ending)
                    try AtomicFile.write(data, to: file)
                    files.append(file)
                }
                let points = options.millimetres.map { $0 / 25.4 * 72 } ?? figure.width * 0.75
                let scale = points / 72 * options.dpi / figure.width
                func png(_ theme: Theme) throws -> Data {
                    try figure.png(theme, scale: scale, dpi: options.dpi)
                }
                try write(Data(figure.svg(.adaptive).utf8), ".svg")
                try write(try figure.pdf(.light, width: points), ".pdf")
                try write(try png(.light), ".png")
                try write(try png(.dark), "-dark.png")
                guard options.isAlsoGrey else { continue }
                try write(try figure.pdf(.grey, width: points), "-grey.pdf")
                try write(try png(.grey), "-grey.png")
            }
        } catch {
            throw ReportError.cannotWrite(folder, error)
        }
        return files
    }
}
