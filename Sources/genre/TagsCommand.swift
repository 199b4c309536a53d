import ArgumentParser
import Backbones
import Foundation
import ModelFile
import Prediction
import Report
import Storage

struct TagsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tags",
        abstract: "Tag music: genres, moods, instruments, each with a probability of its own.",
        discussion: """
            The model is musicnn, which 'genre fetch musicnn' installs: 50 tags that listeners gave (rock, female \
            vocalists, chillout, 80s …). Probabilities do not add up to 100%: each tag holds or not by itself. A track's \
            are the mean over its segments of 3 s; silent ones are left out, and shorter sounds are repeated. The sound is \
            scaled to a peak of 1 first.

            One file gets a line a tag, several a line a file. --timeline shows the tags of each segment (--json has all \
            of them: the taggram), --picture draws it.

            Examples:
              genre tags song.mp3
              genre tags MUSIC --json > tags.jsonl
              genre tags song.mp3 --timeline --top 3
              genre tags song.mp3 --picture taggram.svg
            """)

    @Option(help: "A model of tags, by name or file.", completion: Completions.model)
    var model: String = MusicnnRelease.installedNames[0]
    @OptionGroup var audio: AudioArguments
    @Option(
        help: "Show at most this many tags, the most probable first (all of one file; 5 of several, and of a segment).",
        completion: .default)
    var top: Int?
    @Flag(help: "Show the tags of each segment.") var timeline = false
    @Option(
        help: "Draw one file's tags over time: a picture, .svg, .png or .pdf.",
        completion: .file(extensions: ["svg", "png", "pdf"]))
    var picture: String?
    @OptionGroup var replacing: ReplacingOption
    @Flag(help: "Print one JSON object per file.") var json = false

    func validate() throws {
        guard top ?? 1 >= 1 else { throw ValidationError("--top must be at least 1.") }
        try AudioArguments.refuseModels(audio.inputs)
        if let picture {
            guard ["svg", "png", "pdf"].contains((picture as NSString).pathExtension.lowercased()) else {
                throw ValidationError("--picture \(picture): the name must end in .svg, .png or .pdf.")
            }
            guard audio.inputs.count == 1, audio.from == nil else {
                throw ValidationError("--picture draws one file: name one.")
            }
        }
    }

    func run() throws {
        let place = picture.map { URL(fileURLWithPath: $0) }
        if let place {
            try refuse([place], amongst: audio.inputs + (modelFile(model).map { [$0.path] } ?? []))
            try OutputPlace.check(place, .figure(place), replacing: replacing.force)
        }
        let opened = try openModel(model)
        guard opened.card.tellsTags else { throw PredictionError.tellsGenres }
        let collection = try audio.open()
        let report = CollectionReport(count: InputCount(of: collection.given), failuresAreKept: json)
        var files = collection.files { [report] in report.warn($0) }.makeIterator()
        var first = collection.files { _ in }.makeIterator()
        let isOne = first.next() != nil && first.next() == nil
        if place != nil, !isOne { throw ValidationError("--picture draws one file, and there are several.") }
        let wanted = AnyIterator {
            let input = files.next()
            report.found += input == nil ? 0 : 1
            return input
        }
        try collection.hear(wanted, with: .single(opened), { try $0.tags($1) }) { input, result in
            report.count(input, result)
            report.clear()
            switch result {
            case .success(let tags):
                if json {
                    showData(try JSONText.line(of: TagsObject(input, tags, model: model, top: top, timeline: timeline)))
                } else {
                    show(isOne ? page(input, tags) : line(input, tags))
                }
                if let place { try draw(tags, of: input, to: place) }
            case .failure(let error):
                if json { showData(try JSONText.line(of: ["file": input.name, "error": "\(error)"])) }
            }
            report.progress()
        }
        if !report.end() { throw ExitCode(1) }
    }

    // MARK: text

    private static let barWidth = 20

    private func marks(_ tags: TrackTags) -> String {
        let marks = SoundWords.marks(tags.sound)
        return marks.isEmpty ? "" : "  (\(marks.joined(separator: "; ")))"
    }

    /// "rock 62.0%, guitar 41.3%"
    private func words(_ names: [String], _ probabilities: some Collection<Double>, count: Int) -> String {
        let values = Array(probabilities)
        return TrackTags.ranking(values).prefix(count).map { "\(names[$0]) \(percent(values[$0]))" }
            .joined(separator: ", ")
    }

    private func line(_ input: AudioInputs.Input, _ tags: TrackTags) -> String {
        let head = "\(StandardStreams.oneLine(input.name)): "
        let lines = [head + words(tags.names, tags.probabilities, count: top ?? 5) + marks(tags)]
        return (lines + (timeline ? timelines(tags) : [])).joined(separator: "\n")
    }

    private func page(_ input: AudioInputs.Input, _ tags: TrackTags) -> String {
        let probabilities = tags.probabilities
        var lines = [StandardStreams.oneLine(input.name) + marks(tags)]
        if timeline { return (lines + timelines(tags)).joined(separator: "\n") }
        let width = tags.names.map(\.displayWidth).max() ?? 0
        for tag in TrackTags.ranking(probabilities).prefix(top ?? tags.names.count) {
            let filled = Int((probabilities[tag] * Double(Self.barWidth)).rounded())
            let bar = String(repeating: "█", count: min(max(filled, 0), Self.barWidth))
            lines.append("\(tags.names[tag].left(width))  \(percent(probabilities[tag]).right(6))  \(bar)".trimmed)
        }
        return lines.joined(separator: "\n")
    }

    private func timelines(_ tags: TrackTags) -> [String] {
        tags.startTimes.indices.map { index in
            let (start, end) = tags.times(of: index)
            let times = [start, end].map { playingTime($0).right(7) }.joined(separator: " -")
            let said =
                tags.isSilent[index]
                ? "silent" : words(tags.names, tags.segment(index).map(Double.init), count: top ?? 5)
            return "\(times)  \(said)"
        }
    }

    private func draw(_ tags: TrackTags, of input: AudioInputs.Input, to place: URL) throws {
        let figure = TaggramFigure.figure(
            name: place.deletingPathExtension().lastPathComponent,
            title: "Tags of \(StandardStreams.oneLine(URL(fileURLWithPath: input.name).lastPathComponent))",
            tags: tags.names, segments: tags.segments, probabilities: tags.probabilities, seconds: tags.seconds,
            rows: top ?? tags.names.count)
        let data: Data =
            switch place.pathExtension.lowercased() {
            case "svg": Data(figure.svg(.adaptive).utf8)
            case "pdf": try figure.pdf(.light, width: figure.width * 0.75)
            default: try figure.png(.light)
            }
        try AtomicFile.write(data, to: place)
    }
}

extension String {
    fileprivate var trimmed: String { String(reversed().drop { $0 == " " }.reversed()) }
}

extension TrackTags {
    fileprivate var seconds: Double { sound.seconds }

    /// Seconds from which to which a segment stands for the track.
    fileprivate func times(of index: Int) -> (start: Double, end: Double) {
        let start = startTimes[index]
        return (start, index + 1 < startTimes.count ? startTimes[index + 1] : max(sound.seconds, start))
    }
}

/// A file's tags as JSON.
private struct TagsObject: Encodable {
    struct Tag: Encodable {
        let tag: String
        let probability: Double
    }

    struct Moment: Encodable {
        let start: Double
        let end: Double
        let silent: Bool
        /// In the order of `names`.
        let probabilities: [Double]
    }

    let file: String
    let model: String
    let tags: [Tag]
    let seconds: Double
    let segments: Int
    let padded: Bool
    let silentSeconds: Double
    let damaged: Int
    let channel: Int?
    /// With `timeline`.
    let names: [String]?
    let timeline: [Moment]?

    private enum CodingKeys: String, CodingKey {
        case file, model, tags, seconds, segments, padded, damaged, channel, names, timeline
        case silentSeconds = "silent_seconds"
    }

    init(_ input: AudioInputs.Input, _ tags: TrackTags, model: String, top: Int?, timeline: Bool) {
        file = input.name
        self.model = model
        let probabilities = tags.probabilities
        self.tags = TrackTags.ranking(probabilities).prefix(top ?? tags.names.count).map {
            Tag(tag: tags.names[$0], probability: Self.rounded(probabilities[$0]))
        }
        seconds = tags.seconds
        segments = tags.isSilent.count { !$0 }
        padded = tags.sound.isPadded
        silentSeconds = tags.sound.silentSeconds
        damaged = tags.sound.damage
        channel = tags.sound.remarks.channelTaken.map { $0 + 1 }
        names = timeline ? tags.names : nil
        self.timeline =
            timeline
            ? tags.startTimes.indices.map { index in
                let (start, end) = tags.times(of: index)
                return Moment(
                    start: start, end: end, silent: tags.isSilent[index],
                    probabilities: tags.segment(index).map { Self.rounded(Double($0)) })
            } : nil
    }

    /// As many digits as single precision has.
    private static func rounded(_ value: Double) -> Double { (value * 1e8).rounded() / 1e8 }
}
