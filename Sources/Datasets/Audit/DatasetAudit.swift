import Foundation

/// What is in a data set, before anyone trains on it. It goes into files: names stay, new ones may be added.
public struct DatasetAudit: Codable, Sendable, Equatable {
    /// Of this structure.
    public static let currentVersion = 1

    public struct Genre: Codable, Sendable, Equatable {
        /// "" for files beside the genre folders.
        public var name: String
        /// Those that can be read.
        public var tracks: Int
        public var seconds: Double?
        /// Different ones that are known.
        public var artists: Int
        /// The artist with most tracks here.
        public var mainArtist: String?
        public var mainArtistTracks: Int
    }

    /// Seconds.
    public struct Durations: Codable, Sendable, Equatable {
        public var total: Double
        public var least: Double
        public var median: Double
        public var greatest: Double
    }

    public struct Format: Codable, Sendable, Equatable {
        /// FFmpeg's short names.
        public var codec: String
        public var container: String
        /// Hz.
        public var sampleRate: Int
        public var channels: Int
        public var tracks: Int
    }

    /// A file that cannot be used, and why.
    public struct Fault: Codable, Sendable, Equatable {
        public var track: String
        public var reason: String
    }

    /// Something about one track, with its measure.
    public struct Remark: Codable, Sendable, Equatable {
        public enum Kind: String, Codable, Sendable {
            /// No sample louder than -60 dB of full scale, or nothing but a constant.
            case silent
            /// Silent for a long stretch; the measure is the longest one's seconds.
            case longSilence
            /// The measure is the fraction of samples in runs at full scale.
            case clipped
            /// Shorter than a segment; the measure is its seconds.
            case short
            /// Holds corrupt packets: the sound may have gaps; the measure is their number.
            case damaged
            /// The sound ends before the end that the header names; the measure is the seconds that there are.
            case endMissing
            /// The channels cancel in their mean; the measure is the number, from 1, of the one that was taken.
            case cancelling
            /// Longer than what is examined; the measure is the seconds that were.
            case cutOff
        }

        public var kind: Kind
        public var track: String
        public var measure: Double
    }

    /// Tracks whose decoded samples are the same.
    public struct Copies: Codable, Sendable, Equatable {
        public var tracks: [String]
        /// More than one where the same sound is in several genres.
        public var genres: [String]
    }

    /// Two tracks that hold the same recording.
    public struct Relation: Codable, Sendable, Equatable {
        public enum Kind: String, Codable, Sendable {
            /// Each holds nearly all of the other: coded anew, louder, filtered.
            case nearDuplicate
            /// `track` is cut out of `other`.
            case excerpt
            /// A part of each.
            case overlap
        }

        public var kind: Kind
        public var track: String
        public var other: String
        /// Seconds from the start of each, and of the stretch that is alike.
        public var trackStart: Double
        public var otherStart: Double
        public var seconds: Double
        /// Fraction of the fingerprints' bits that differ: 0 the same, 0.5 unrelated.
        public var difference: Double
        public var acrossGenres: Bool
    }

    public struct Artists: Codable, Sendable, Equatable {
        /// Tracks whose artist is told by tags, by GTZAN's index, by a folder, or by nothing.
        public var fromTags: Int
        public var fromIndex: Int
        public var fromFolders: Int
        public var unknown: Int
        public var different: Int
        /// The most frequent, and those with tracks in several genres, by number of tracks.
        public var main: [Artist]
    }

    public struct Artist: Codable, Sendable, Equatable {
        public var name: String
        public var tracks: Int
        public var genres: [String]
    }

    public struct Balance: Codable, Sendable, Equatable {
        public var least: Int
        public var greatest: Int
        public var isUneven: Bool { greatest > 0 && Double(greatest) >= 1.5 * Double(least) }
    }

    /// The known faults of GTZAN that are present.
    public struct KnownFaults: Codable, Sendable, Equatable {
        public struct Group: Codable, Sendable, Equatable {
            public var tracks: [String]
        }

        /// Tracks that are GTZAN's by name.
        public var tracks: Int
        /// Members of known groups of the same recording, two of a group at least.
        public var copies: [Group]
        /// Tracks that the fault-filtered partition leaves out.
        public var leftOut: [String]
        /// Tracks that common copies of GTZAN hold damaged.
        public var undecodable: [String]
    }

    public var version = Self.currentVersion
    public var roots: [String]
    public var kind: DatasetKind
    /// Audio files found, or tracks of a store or of pickles.
    public var files: Int
    /// Of these, those that can be read.
    public var tracks: Int
    /// Files that do not look like audio.
    public var otherFiles: Int
    public var genres: [Genre]
    public var durations: Durations?
    /// The most frequent first.
    public var formats: [Format]
    public var faults: [Fault]
    public var remarks: [Remark]
    public var copies: [Copies]
    /// Nil where there is no sound to compare.
    public var relations: [Relation]?
    public var artists: Artists
    public var balance: Balance
    public var gtzan: KnownFaults?
    /// Landmarks that were compared.
    public var landmarks: Int
    /// Seconds that the reading of files took, and the comparison.
    public var readingSeconds: Double
    public var comparisonSeconds: Double
}
