import ArgumentParser
import Foundation
import Report

/// How figures are written as files.
struct FigureOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Width of the figures on paper, with its unit: 85mm, 8.5cm or 3.3in. By default each has its own.",
            valueName: "width"))
    var width: String?
    @Option(help: ArgumentHelp("Pixels per inch of the PNGs, 36 to 2400. By default 192.", valueName: "number"))
    var dpi: Double?
    @Flag(help: "Leave the titles out of the figures, for a text that has captions.") var noTitle = false
    @Flag(help: "Write each figure in greys and dashes, too: NAME-grey.pdf and NAME-grey.png.") var grey = false

    func validate() throws { _ = try checked() }

    /// As the writer takes them.
    func checked() throws -> FigureFiles.Options {
        if let dpi, !(36...2400 ~= dpi) { throw ValidationError("--dpi must be 36 to 2400.") }
        return FigureFiles.Options(
            millimetres: try width.map(Self.millimetres), dpi: dpi ?? 192, hasTitles: !noTitle, isAlsoGrey: grey)
    }

    /// Names of those that were given.
    var given: [String] {
        [
            ("--width", width != nil), ("--dpi", dpi != nil), ("--no-title", noTitle), ("--grey", grey),
        ].filter(\.1).map(\.0)
    }

    private static func millimetres(_ text: String) throws -> Double {
        let units = ["mm": 1, "cm": 10, "in": 25.4]
        guard let match = text.wholeMatch(of: /([0-9]+(?:\.[0-9]+)?|\.[0-9]+) ?(mm|cm|in)/),
            let number = Double(match.output.1), let unit = units[String(match.output.2)]
        else { throw ValidationError("--width \(text): name a number and its unit, as in 85mm, 8.5cm or 3.3in.") }
        guard 10...1000 ~= number * unit else { throw ValidationError("--width must be 10 mm to 1000 mm.") }
        return number * unit
    }
}
