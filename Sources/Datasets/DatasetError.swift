import Audio
import Features
import Foundation
import Storage

/// Why a dataset cannot be used. Every message names the file or folder.
public enum DatasetError: Error, Equatable, Sendable {
    case missing(path: String)
    case notAFolder(path: String)
    case unreadable(path: String, reason: String)
    case emptyFolder(path: String)
    /// Audio files lie directly in the folder, with no folder a genre.
    case looseFiles(path: String)
    case oneGenreOnly(path: String, genre: String)
    case genresDifferInCaseOnly(String, String)
    case noTracks(path: String)
    /// Names the recipes there are.
    case unknownRecipe(name: String)
    case notAnAudioRecipe(name: String)
    /// Pickles and stores hold ready-made segments.
    case recipeFixed(path: String, recipe: String, wanted: String)
    /// Ready-made segments have the augmented ones that they have.
    case augmentationFixed(path: String, holds: SoundAugmentation?, wanted: SoundAugmentation)
    case halfOfPickles(path: String, present: String, missing: String)
    case picklesWithOthers(path: String)
    /// A pickle's bytes, at an offset from the start of the file; `row` from 0 where it is known.
    case badPickle(path: String, offset: Int, reason: String)
    /// A pickle asks for a class or function that is not on the list.
    case refusedGlobal(path: String, offset: Int, name: String)
    case badRow(path: String, row: Int, reason: String)
    case trackOnBothSides(path: String, track: String)
    case tooFewTracks(genre: String, count: Int)
    /// A genre that only one side of a fixed split has.
    case oneSideOnly(genre: String, count: Int, side: SegmentSet.Side)
    /// Fewer than two genres have tracks enough; names and counts of the others.
    case tooFewGenres(names: String, least: Int, what: String, left: Int)
    /// All of the data's genres that a model does not know.
    case unknownGenres([String], known: [String])
    case badFraction(Double)
    case outOfRange(segment: Int, count: Int)
    /// What is no rule for a split; the message lists the rules.
    case unknownSplitRule(String)
    /// A split that cannot be made, in words that name the lists or genres at fault.
    case badSplit(String)
    /// Two copies of one recording on two sides, and how many more such pairs there are.
    case copiesOnTwoSides(first: String, side: SegmentSet.Side, second: String, otherSide: SegmentSet.Side, more: Int)
    case badTable(path: String, line: Int, problem: String)
    /// A file of spectrograms that cannot be used.
    case badArrays(path: String, problem: String)
    case fileWithOthers(path: String)
    /// A folder without a finished store's index.
    case notAStore(path: String)
    case otherStoreVersion(path: String, version: Int, known: Int)
    case badStore(path: String, reason: String)
    /// The store in a folder is of another recipe or precision than the one to be made there.
    case storeDiffers(path: String, holds: String, wanted: String)
    /// A store cannot be made in a folder that holds other things.
    case storeFolderTaken(path: String)
    case storeWithOthers(path: String)
    /// A store can be made from audio only.
    case notAudio(path: String)
    case cannotWriteStore(_ path: String, _ reason: String)
}

extension DatasetError: CustomStringConvertible, LocalizedError {
    public var description: String {
        switch self {
        case .missing(let path):
            "\(path): there is no such file or folder; check the path"
        case .notAFolder(let path) where AudioFileNames.isAudio(path):
            "\(path) is one audio file; name the folder above its genre's folder"
                + (URL(fileURLWithPath: path).pathComponents.count > 3
                    ? " (\(URL(fileURLWithPath: path).deletingLastPathComponent().deletingLastPathComponent().path))"
                    : "")
                + ", which holds a folder a genre"
        case .notAFolder(let path):
            "\(path) is not a folder; name a folder of genre folders, one with train.pkl and val.pkl, a table (.csv, .tsv)"
                + " or spectrograms (.npz, .npy)"
        case .unreadable(let path, let reason) where reason.contains("not a regular file"):
            "\(path) is a pipe, a device or the like, not a regular file; name a file"
        case .unreadable(let path, let reason):
            "\(path) cannot be read (\(reason)); check its permissions"
        case .emptyFolder(let path):
            "\(path) holds no audio; it needs one folder a genre with audio files, or train.pkl and val.pkl"
        case .looseFiles(let path):
            "\(path) holds audio files but no genre folders; if it is the folder of one genre, name the folder above it ("
                + "\(URL(fileURLWithPath: path).deletingLastPathComponent().path)); else put each file into a folder named"
                + " by its genre"
        case .oneGenreOnly(let path, let genre):
            "\(path) holds one genre only ('\(genre)'); at least two genre folders are needed: if the genres are folders"
                + " within '\(genre)', name that; if they lie beside \(path), name the folder above it"
        case .genresDifferInCaseOnly(let first, let second):
            "the genre folders '\(first)' and '\(second)' differ only in case; rename one"
        case .noTracks(let path):
            "\(path) holds no usable track"
        case .unknownRecipe(let name):
            "there is no feature recipe '\(name)'; known: "
                + FeatureRecipe.all.map(\.name).joined(separator: ", ")
        case .notAnAudioRecipe(let name):
            "the recipe '\(name)' cannot be made from audio; use one of "
                + FeatureRecipe.all.filter(\.makesSegmentsFromAudio).map(\.name).joined(separator: ", ")
        case .recipeFixed(let path, let recipe, let wanted):
            "\(path) holds ready-made segments of recipe '\(recipe)'; '\(wanted)' cannot be had from them:"
                + " leave the recipe out, or name a folder of audio"
        case .augmentationFixed(let path, let holds, let wanted):
            "\(path) holds ready-made segments, "
                + (holds.map { "augmented by \($0)" } ?? "none of them augmented")
                + "; '\(wanted)' cannot be had from them: name a folder of audio, or make the store so"
        case .halfOfPickles(let path, let present, let missing):
            "\(path) holds \(present) but not \(missing); both are needed"
        case .picklesWithOthers(let path):
            "\(path) holds pickles with their own split; give it alone, without other data folders"
        case .badPickle(let path, let offset, let reason):
            "\(path), byte \(offset): \(reason)"
        case .refusedGlobal(let path, let offset, let name):
            "\(path), byte \(offset): the pickle asks for '\(name)', which is refused; it is not a coursework file,"
                + " or not a safe one"
        case .badRow(let path, let row, let reason):
            "\(path), row \(row): \(reason)"
        case .trackOnBothSides(let path, let track):
            "\(path): the track '\(track)' is on the side that trains and on the one that judges; its segments would be learnt and judged alike"
        case .tooFewTracks(let genre, let count):
            "the genre '\(genre)' has \(count) usable track\(count == 1 ? "" : "s"); at least two are needed,"
                + " one to train and one to validate"
        case .tooFewGenres(let names, let least, let what, let left):
            "\(left == 0 ? "no genre has" : "one genre only has") \(least) usable \(what)\(least == 1 ? "" : "s") or more,"
                + " and at least two genres are needed; with too few: \(names)"
        case .unknownGenres(let names, let known):
            "the model does not know \(names.count == 1 ? "the data's genre" : "\(names.count) of the data's genres"): "
                + names.map { name in
                    "'\(name)'" + (GenreNames.nearest(to: name, among: known).map { " (did you mean '\($0)'?)" } ?? "")
                }.joined(separator: ", ")
                + "; it knows \(known.joined(separator: ", ")). Rename the genres, or leave them out of the data"
        case .oneSideOnly(let genre, let count, let side):
            "the genre '\(genre)' (\(count) track\(count == 1 ? "" : "s")) is on the \(side.rawValue) side but not on every"
                + " other; each side needs one track of it at least"
        case .badFraction(let fraction):
            "\(fraction) of the tracks cannot train; name a fraction between 0 and 1"
        case .outOfRange(let segment, let count):
            "there is no segment \(segment) among \(count)"
        case .unknownSplitRule(let text):
            "there is no split rule '\(text)'; the rules are "
                + SplitRule.known.map(\.rule).joined(separator: ", ") + " (K from 2 to 1000)"
        case .badSplit(let problem):
            problem
        case .copiesOnTwoSides(let first, let side, let second, let otherSide, let more):
            "'\(first)' (\(side.rawValue)) and '\(second)' (\(otherSide.rawValue)) are copies of one recording"
                + (more > 0 ? ", and so are \(more) more pairs" : "")
                + "; what is learnt would be judged. Mend the sides, or let it pass with --allow-copies"
        case .badTable(let path, let line, let problem):
            "\(path), line \(line): \(problem)"
        case .badArrays(let path, let problem):
            "\(path): \(problem)"
        case .fileWithOthers(let path):
            "\(path) is a data set of its own; give it alone, without other data"
        case .notAStore(let path):
            "\(path) holds no finished segment store; if 'genre features' was broken off there, run it again"
        case .otherStoreVersion(let path, let version, let known):
            "\(path) is a segment store of version \(version), this program knows version \(known);"
                + " make it again with 'genre features'"
        case .badStore(let path, let reason):
            "\(path): the segment store is damaged (\(reason)); run 'genre features' on its data again, which makes anew"
                + " what is damaged"
        case .storeDiffers(let path, let holds, let wanted):
            "\(path) holds a segment store of \(holds), not \(wanted); name another folder, or replace it with --force"
        case .storeFolderTaken(let path):
            "\(path) is no segment store and not empty; name a new folder for the store"
        case .storeWithOthers(let path):
            "\(path) is a segment store; give it alone, without other data"
        case .notAudio(let path):
            "\(path) holds ready-made segments; a segment store is made from folders of audio"
        case .cannotWriteStore(let path, let reason):
            "\(path) cannot be written (\(reason)); \(WriteAdvice.words(for: reason)). What is finished stays, and the same "
                + "command goes on"
        }
    }

    public var errorDescription: String? { description }
}

extension DatasetError {
    /// Whether another place for a store may do.
    var isAboutThePlace: Bool {
        switch self {
        case .cannotWriteStore, .unreadable, .storeFolderTaken: true
        default: false
        }
    }

    /// What the system said, with the path.
    var reason: String {
        switch self {
        case .cannotWriteStore(let path, let reason), .unreadable(let path, let reason): "\(path): \(reason)"
        default: "\(self)"
        }
    }
}
