import ArgumentParser
import Foundation
import ModelFile
import Prediction
import Report
import Storage

struct EmbedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Write a model's embedding of audio: vectors for search and clustering.",
        usage: "genre embed [<options>] [<model>] <inputs> ... --output <output>",
        discussion: """
            The model stands before the audio, or behind --model; without either it is \(BuiltInModel.all[0].name).

            A vector is what the last dense layer reads: 200 values after the activation (of bicrnn 400). npy writes a \
            float32 array [vectors, values], and beside it, with the ending .json, the file and (per segment) the start \
            in seconds of each row; json writes one object with all of it. A track's vector is the mean of its audible \
            segments; rows of silent segments, and of damaged files, say so. Folders are searched at any depth; playlists \
            are .m3u, .m3u8 and .pls; '-' is a sound on standard input. A file that cannot be heard is reported at the end \
            and the rest goes on; the exit code is then 1.

            Examples:
              genre embed MUSIC -o vectors.npy
              genre embed my-run song.mp3 other.flac --format json -o vectors.json
              genre embed --model gtzan-compact MUSIC --per segment -o segments.npy
            """)

    enum Unit: String, ExpressibleByArgument, CaseIterable, Encodable {
        case segment, track
    }

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case npy, json
    }

    @Option(
        help: "A model file, a run folder, or a built-in model (\(builtInModelNames)).", completion: Completions.model)
    var model: String?
    @OptionGroup var audio: AudioArguments
    @Option(help: "A vector for each segment, or for each track (the mean of its segments').") var per = Unit.track
    @Option(help: "npy or json; by default what the file's name ends in.") var format: Format?
    @Option(
        name: [.short, .long], help: "The file to write: .npy or .json; '-' for JSON on standard output.",
        completion: .file(extensions: ["npy", "json"]))
    var output: String
    @OptionGroup var replacing: ReplacingOption

    func run() throws {
        let place = URL(fileURLWithPath: output)
        let names = place.deletingPathExtension().appendingPathExtension("json")
        let isStream = StandardStreams.isOutput(output)
        let format = try format(of: place, isStream: isStream)
        let written = isStream ? [] : format == .npy ? [place, names] : [place]
        let (name, audio) = try modelAndAudio()
        try refuse(written, amongst: (modelFile(name).map { [$0.path] } ?? []) + audio.inputs)
        try OutputPlace.check(written, replacing: replacing.force) { file in
            format == .json ? .vectorObject : file == names ? .vectorNames : .vectorArray
        }
        let model = try openModel(name)
        let collection = try audio.open()
        let report = CollectionReport(count: InputCount(of: collection.given), failuresAreKept: false)
        var table = EmbeddingTable(model: name, per: per)
        var files = collection.files { [report] in report.warn($0) }.makeIterator()
        let wanted = AnyIterator {
            let input = files.next()
            report.found += input == nil ? 0 : 1
            return input
        }
        try collection.hear(wanted, with: .single(model), { try $0.embed($1) }) { input, result in
            try refuse(written, amongst: [input.url.path])
            report.count(input, result)
            if case .success(let embedding) = result {
                table.add(embedding, of: input.name)
                // Silence is told in the table only: many tracks have some.
                let marks = SoundWords.marks(embedding.sound.remarks)
                if !marks.isEmpty { report.warn("\(input.name): \(marks.joined(separator: "; "))") }
            }
            report.progress()
        }
        let isWell = report.end()
        guard !table.rows.isEmpty else { throw ExitCode(1) }
        switch format {
        case _ where isStream: showData(try table.json(withValues: true))
        case .npy:
            // The names first: an array is known for ours by them.
            try AtomicFile.write(try table.json(withValues: false) + "\n", to: names)
            try NpyWriter.write(table.values, shape: [table.rows.count, table.size], to: place)
        case .json: try AtomicFile.write(try table.json(withValues: true) + "\n", to: place)
        }
        if !isStream { show("\(counted(table.rows.count, "vector")) of \(table.size) values: \(output)") }
        if !isWell { throw ExitCode(1) }
    }

    /// The format that was asked for, or that the file's name asks for; both must not contradict each other.
    private func format(of place: URL, isStream: Bool) throws -> Format {
        if isStream {
            guard format != .npy else {
                throw ValidationError("--format npy writes two files, and standard output is one: name a file.")
            }
            return .json
        }
        let ending = place.pathExtension.lowercased()
        guard let format else {
            guard let known = Format(rawValue: ending) else {
                throw ValidationError("\(output): the name must end in .npy or .json, or say the --format.")
            }
            return known
        }
        guard ending.isEmpty || ending == format.rawValue else {
            throw ValidationError("--format \(format.rawValue) writes .\(format.rawValue): \(output) ends otherwise.")
        }
        return format
    }
}

extension EmbedCommand {
    /// The model, by --model or as the first word, and the music.
    private func modelAndAudio() throws -> (model: String, audio: AudioArguments) {
        var audio = audio
        let isNamed = audio.inputs.first.map { isModel($0) || FileKind.isNoMusic($0) } ?? false
        var name = model ?? BuiltInModel.all[0].name
        if model == nil, isNamed {
            name = audio.inputs.removeFirst()
            try AudioArguments.check(audio.inputs, list: audio.from)
        }
        try AudioArguments.refuseModels(audio.inputs)
        return (name, audio)
    }
}

/// The vectors, and what each row is of.
private struct EmbeddingTable {
    struct Row: Encodable {
        let file: String
        /// Seconds; of a segment.
        let start: Double?
        /// Of a segment with nothing to hear.
        var silent: Bool?
        /// Of a track.
        var silentSeconds: Double?
        /// Corrupt packets of the file, and one for an end that is missing, where there are any.
        var damaged: Int?
        /// From 1, where one channel was taken since the channels cancel.
        var channel: Int?
        var padded: Bool?
        var embedding: [Float]?

        private enum CodingKeys: String, CodingKey {
            case file, start, silent, damaged, channel, padded, embedding
            case silentSeconds = "silent_seconds"
        }
    }

    private struct Object: Encodable {
        let model: String
        let per: EmbedCommand.Unit
        let size: Int
        let rows: [Row]
    }

    let model: String
    let per: EmbedCommand.Unit
    private(set) var size = 0
    private(set) var rows: [Row] = []
    private(set) var values: [Float] = []

    init(model: String, per: EmbedCommand.Unit) {
        self.model = model
        self.per = per
    }

    mutating func add(_ embedding: TrackEmbedding, of file: String) {
        size = embedding.size
        let sound = embedding.sound
        let damaged = sound.damage > 0 ? sound.damage : nil
        let channel = sound.remarks.channelTaken.map { $0 + 1 }
        switch per {
        case .segment:
            rows += zip(embedding.startTimes, embedding.isSilent).map { start, isSilent in
                Row(
                    file: file, start: start, silent: isSilent ? true : nil, damaged: damaged, channel: channel,
                    padded: sound.isPadded ? true : nil)
            }
            values += embedding.segments
        case .track:
            rows.append(
                Row(
                    file: file, start: nil, silentSeconds: sound.silentSeconds > 0 ? sound.silentSeconds : nil,
                    damaged: damaged, channel: channel, padded: sound.isPadded ? true : nil))
            values += embedding.mean
        }
    }

    /// On one line.
    func json(withValues: Bool) throws -> String {
        var rows = rows
        if withValues {
            for index in rows.indices { rows[index].embedding = Array(values[index * size..<(index + 1) * size]) }
        }
        return try JSONText.line(of: Object(model: model, per: per, size: size, rows: rows))
    }
}
