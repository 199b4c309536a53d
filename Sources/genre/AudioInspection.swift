import Audio
import Features
import Foundation
import Report

/// What is known of one audio file: format, length, level and tags.
struct AudioInspection: Encodable {
    let file: String
    let codec: String
    let container: String
    /// Hz, of the file.
    let sampleRate: Double
    let channels: Int
    /// By the samples decoded.
    let seconds: Double
    /// Of the mono mix, full scale 1.
    let peak: Double
    /// Root mean square of the mono mix, full scale 1.
    let level: Double
    /// Whole seconds with nothing to hear.
    let silentSeconds: Int
    /// Whether there is nothing to hear at all.
    let silent: Bool
    let damagedPackets: Int
    let endIsMissing: Bool
    /// From 0; the channels cancel, so that this one alone is taken.
    let channelTaken: Int?
    let tags: [String: String]

    private enum CodingKeys: String, CodingKey {
        case file, codec, container, channels, seconds, peak, level, silent, tags
        case silentSeconds = "silent_seconds"
        case sampleRate = "sample_rate"
        case damagedPackets = "damaged_packets"
        case endIsMissing = "end_is_missing"
        case channelTaken = "channel_taken"
    }

    /// Decodes all of the file, piece by piece.
    init(_ path: String) throws {
        let url = URL(fileURLWithPath: path)
        let header = try AudioDecoder.properties(of: url)
        let rate = min(max(header.sourceRate, 8_000), 48_000).rounded()
        var levels = SoundLevels(leastSilence: Int(rate))
        var silence = SilenceMeter(sampleRate: rate)
        let (source, remarks) = try AudioDecoder.decode(
            url, sampleRate: rate,
            restart: {
                levels = SoundLevels(leastSilence: Int(rate))
                silence = SilenceMeter(sampleRate: rate)
            }
        ) { samples in
            levels.add(samples)
            silence.add(samples)
            return true
        }
        file = path
        codec = header.codec
        container = header.container
        sampleRate = header.sourceRate
        channels = header.channels
        seconds = Double(levels.samples) / rate
        damagedPackets = remarks.damagedPackets
        endIsMissing = remarks.endIsMissing
        channelTaken = remarks.channelTaken
        tags = source.tags
        peak = levels.peak
        level = levels.rms
        silentSeconds = silence.silentSeconds
        silent = silence.isWhole
    }

    var text: String {
        func decibels(_ value: Double) -> String {
            value > 0 ? "\(decimal(20 * log10(value), places: 1)) dB" : "silent"
        }
        var lines = [
            "\(file): audio",
            "  format   \(codec) in \(container), \(Int(sampleRate)) Hz, \(counted(channels, "channel"))",
            "  length   \(playingTime(seconds)) (\(decimal(seconds, places: 1)) s)",
            "  level    \(decibels(level)) on average, peak \(decibels(peak)) (of full scale, mixed to mono)",
        ]
        if silent {
            lines.append("  silence  there is nothing but silence, or a constant")
        } else if silentSeconds > 0 {
            lines.append("  silence  \(playingTime(Double(silentSeconds))), which no verdict is made of")
        }
        if let channelTaken {
            lines.append("  channels cancel where they are mixed: channel \(channelTaken + 1) alone is taken")
        }
        if endIsMissing { lines.append("  damage   the end is missing: the file is shorter than its header says") }
        if damagedPackets > 0 {
            lines.append("  damage   \(counted(damagedPackets, "damaged packet")): the sound may have gaps")
        }
        if tags.isEmpty { lines.append("  tags     none") }
        let width = tags.keys.map(\.displayWidth).max() ?? 0
        for (index, tag) in tags.sorted(by: { $0.key < $1.key }).enumerated() {
            let value = StandardStreams.oneLine(tag.value).fitting(200)
            lines.append((index == 0 ? "  tags     " : "           ") + "\(tag.key.left(width))  \(value)")
        }
        return lines.map(StandardStreams.oneLine).joined(separator: "\n")
    }
}
