import ArgumentParser
import Backbones
import Foundation
import ModelFile
import Storage

struct FetchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch",
        abstract: "Fetch a model that other people published, by pip, and install it.",
        discussion: """
            NAME is musicnn (trained on the Million Song Dataset), musicnn-mtt (on MagnaTagATune), musicnn-vgg or \
            musicnn-mtt-vgg: nets of Pons & Serra (2019) that tell 50 tags, under the ISC licence. They are in the wheel \
            of musicnn 0.1.0, which 'pip download --no-deps musicnn==0.1.0' fetches (29 MB); nothing of it is installed \
            as a Python package or run. Its SHA-256 is checked. The model goes into $XDG_DATA_HOME or ~/.local/share, \
            then genrekit/models. Without pip or network 'genre import' takes a wheel that you fetched elsewhere.

            Examples:
              genre fetch musicnn
              genre tags song.mp3
            """)

    @Argument(
        help: "The model: \(MusicnnRelease.installedNames.joined(separator: ", ")).",
        completion: .list(MusicnnRelease.installedNames))
    var name: String
    @Flag(help: "Fetch it again, though it is there.") var force = false

    func validate() throws {
        guard MusicnnRelease.installedNames.contains(name) else {
            throw ValidationError(unknown("model to fetch", name, among: MusicnnRelease.installedNames))
        }
    }

    func run() throws {
        guard let installed = InstalledModels.standard() else { throw ToolError.noDataFolder }
        if !force, let file = installed.file(of: name), (try? TrainedModel(contentsOf: file)) != nil {
            show("\(name) is installed already: \(file.path)")
            return
        }
        let wheel = MusicnnRelease.current.name.replacingOccurrences(of: " ", with: "==")
        let folder = try TemporaryPlace.makeFolder("genrekit-fetch")
        defer { try? FileManager.default.removeItem(at: folder) }
        note("genre: fetching \(wheel) by pip")
        let file = try download(wheel, into: folder)
        try importWheel(file, variant: name, output: nil, force: force)
    }

    /// The wheel that pip puts into a folder.
    private func download(_ wheel: String, into folder: URL) throws -> URL {
        let arguments = [
            "download", "--no-deps", "--only-binary", ":all:", "--quiet", "--disable-pip-version-check", "--dest",
            folder.path, wheel,
        ]
        var fault = "pip is not there"
        for pip in [["pip"], ["pip3"], ["python3", "-m", "pip"]] {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = pip + arguments
            process.standardOutput = FileHandle.nullDevice
            let errors = Pipe()
            process.standardError = errors
            process.standardInput = FileHandle.nullDevice
            do { try process.run() } catch { continue }
            let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            // env's own: no such program, or one that cannot be run.
            if [126, 127].contains(process.terminationStatus) || said.contains("No module named pip") { continue }
            let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            if process.terminationStatus == 0, let file = files.first(where: { $0.hasSuffix(".whl") }) {
                return folder.appendingPathComponent(file)
            }
            let line = said.split(whereSeparator: \.isNewline).last.map { StandardStreams.oneLine(String($0)) }
            fault = "pip cannot fetch it" + (line.map { " (\($0))" } ?? "")
            break
        }
        throw ToolError.notFetched(problem: fault, wheel: wheel)
    }
}
