import Foundation

/// What each kind of output is known by. Whoever writes such files puts the mark in; whoever adds a kind adds its mark
/// here.
extension OutputKind {
    /// A page, by its `generator`; pages of earlier versions by their style.
    public enum Page: String, Sendable {
        case run = "report of a run"
        case card = "card of a model"
        case comparison
        case reproduction = "report of a reproduction"

        /// The content of the page's `generator`.
        public var generator: String { "GenreKit, \(rawValue)" }
    }

    public static func page(_ page: Page) -> OutputKind {
        OutputKind("a \(page.rawValue)", firstBytes: 32 << 10) { bytes in
            guard bytes.holds("<meta name=\"generator\" content=\"") else {
                return bytes.starts(with: Data("<!DOCTYPE html>".utf8)) && bytes.holds("--gk-surface")
            }
            return bytes.holds("content=\"\(page.generator)\"")
        }
    }

    /// An SVG figure, by its classes' names.
    public static let svg = OutputKind("a figure", firstBytes: 16 << 10) { bytes in
        bytes.starts(with: Data("<svg".utf8)) && bytes.holds("--gk-")
    }

    /// A PNG figure, by its chunk `tEXt`.
    public static let png = OutputKind("a figure", firstBytes: 256) { bytes in
        bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) && bytes.holds(pngSoftware)
    }
    /// The content of a figure's chunk `tEXt`.
    public static let pngSoftware = "Software\0GenreKit"

    /// A PDF figure, by its document's creator.
    public static let pdf = OutputKind("a figure") { url in
        guard let data = try? WholeFile.read(url, atMost: 64 << 20) else { return false }
        return data.starts(with: Data("%PDF-".utf8)) && data.holds("/Creator (\(pdfCreator))")
    }
    /// The creator that a figure's PDF names.
    public static let pdfCreator = "GenreKit"

    /// A figure by its file's ending.
    public static func figure(_ url: URL) -> OutputKind {
        switch url.pathExtension {
        case "svg": svg
        case "pdf": pdf
        default: png
        }
    }

    /// A table of a reproduction for a text, by its heads.
    public static let reproductionTable = OutputKind("a table of a reproduction", firstBytes: 4096) { bytes in
        bytes.holds("raw_mean_percent,") || bytes.holds("| Published raw (%) |")
            || bytes.holds("& Published raw (\\%) &") || bytes.holds("Why it does not compare")
    }

    /// A net for ONNX Runtime, by its producer: fields 1 (the version) and 2 (the name) come first.
    public static let onnx = OutputKind("an ONNX file", firstBytes: 64) { bytes in
        bytes.dropFirst(2).starts(with: [0x12, 8] + Array("GenreKit".utf8))
    }

    /// Weights alone, by what the metadata say.
    public static let weights = OutputKind("a file of weights") { url in
        guard let file = try? SafetensorsFile(url) else { return false }
        return file.metadata["format"] == "pt" && file.metadata["recipe_parameters"] != nil
    }

    /// A model in half precision: one in single precision is a training's.
    public static let halfModel = OutputKind("a model in half precision") { url in
        guard let file = try? SafetensorsFile(url), file.metadata["format"] == "genrekit" else { return false }
        return file.names.allSatisfy { (try? file.type(of: $0)) == .float16 }
    }

    /// A model of imported weights that no training went on with.
    public static let importedModel = OutputKind("an imported model") { url in
        guard let file = try? SafetensorsFile(url), file.metadata["format"] == "genrekit",
            let card = file.metadata["card"]
        else { return false }
        return card.contains("\"imported\":{") && !card.contains("\"configuration\":{")
    }

    /// Several models whose verdicts are joined.
    public static let fusedModel = OutputKind("a fusion of models") { url in
        guard let file = try? SafetensorsFile(url) else { return false }
        return file.metadata["format"] == "genrekit" && file.metadata["fusion"] != nil
    }

    /// Vectors as JSON, or the names beside an array of vectors.
    private static func vectors(_ name: String, withValues: Bool) -> OutputKind {
        OutputKind(name, firstBytes: 64 << 10) { bytes in
            bytes.first == UInt8(ascii: "{") && bytes.holds("\"model\":\"") && bytes.holds("\"rows\":[{")
                && (bytes.holds("\"per\":\"track\"") || bytes.holds("\"per\":\"segment\""))
                && bytes.holds("\"embedding\":[") == withValues
        }
    }

    public static let vectorObject = vectors("a file of vectors", withValues: true)
    public static let vectorNames = vectors("the names beside an array of vectors", withValues: false)

    /// An array of vectors, by its beginning and the names beside it: the format itself has no room for a mark.
    public static let vectorArray = OutputKind("an array of vectors") { url in
        let names = url.deletingPathExtension().appendingPathExtension("json")
        guard let start = try? WholeFile.beginning(of: url, count: 128) else { return false }
        return start.starts(with: Data([0x93] + "NUMPY".utf8)) && start.holds("'<f4'") && vectorNames.recognizes(names)
    }

    /// results.json of a reproduction.
    public static let reproductionResults = OutputKind("the results of a reproduction") { url in
        guard let data = try? WholeFile.read(url, atMost: 64 << 20) else { return false }
        return data.first == UInt8(ascii: "{") && data.holds("\"nets\":[") && data.holds("\"tool_versions\":[")
            && data.holds("\"splits\":[")
    }
}

extension Data {
    fileprivate func holds(_ text: String) -> Bool { range(of: Data(text.utf8)) != nil }
}
