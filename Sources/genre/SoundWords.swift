import Audio
import Datasets
import Prediction
import Report

/// What is known of a sound, in words.
enum SoundWords {
    /// Marks behind a verdict.
    static func marks(_ sound: HeardSound) -> [String] {
        var marks: [String] = []
        if sound.isPadded { marks.append("short") }
        if sound.silentSeconds >= 0.5 { marks.append("\(playingTime(sound.silentSeconds)) silent") }
        return marks + Self.marks(sound.remarks)
    }

    /// Marks of what decoding showed.
    static func marks(_ remarks: SoundRemarks) -> [String] {
        var marks: [String] = []
        if remarks.isDamaged { marks.append("damaged") }
        if let channel = remarks.channelTaken { marks.append(cancelling(channel)) }
        return marks
    }

    /// - Parameter channel: that was taken, from 0.
    static func cancelling(_ channel: Int) -> String {
        "\(channel < 2 ? "left and right" : "channels") cancel: channel \(channel + 1) taken"
    }

    /// Tracks that one line names.
    private static let named = 5

    /// What is known of the sounds of a set's tracks, a line a kind.
    ///
    /// - Parameter tracks: indices into the set's tracks; nil for all.
    static func lines(_ data: LoadedDataset, tracks: [Int]? = nil) -> [String] {
        let wanted = Set((tracks ?? Array(data.set.tracks.indices)).map { data.set.tracks[$0].id })
        var silent: [String] = []
        var segments = 0
        var decoded: [(id: String, sound: SoundRemarks)] = []
        for remark in data.remarks where wanted.contains(remark.track) {
            switch remark.kind {
            case .silent(let count):
                silent.append(remark.track)
                segments += count
            case .decoded(let sound): decoded.append((remark.track, sound))
            }
        }
        guard !silent.isEmpty else { return lines(decoded) }
        return lines(decoded) + [
            "\(counted(segments, "silent segment")) of \(counted(silent.count, "track")) left out: \(list(silent))"
        ]
    }

    /// What decoding showed of tracks' files, a line a kind.
    static func lines(_ tracks: [(id: String, sound: SoundRemarks)]) -> [String] {
        let damaged = tracks.filter(\.sound.isDamaged).map { "\($0.id) (\($0.sound.damage))" }
        let taken = tracks.compactMap { track in
            track.sound.channelTaken.map { "\(track.id) (\(cancelling($0)))" }
        }
        var lines: [String] = []
        if !damaged.isEmpty {
            lines.append("\(counted(damaged.count, "damaged track")), the sound may have gaps: \(list(damaged))")
        }
        if !taken.isEmpty {
            lines.append("\(counted(taken.count, "track")) of one channel only: \(list(taken))")
        }
        return lines
    }

    /// The first few names.
    static func list(_ names: [String]) -> String {
        names.prefix(named).joined(separator: ", ")
            + (names.count > named ? " and \(names.count - named) more" : "")
    }
}
