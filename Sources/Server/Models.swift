import Foundation
import ModelFile
import Prediction

/// A model that the server offers.
public final class ServedModel: @unchecked Sendable {  // what is opened is behind the lock
    /// By which requests name it.
    public let name: String
    let origin: Origin
    let notes: String?
    private let open: @Sendable () throws -> GenreModel
    private let lock = NSLock()
    private var opened: Result<GenreModel, any Error>?

    public enum Origin: String, Encodable, Sendable {
        case builtIn = "built-in"
        case installed, given, run
    }

    /// - Parameter open: is called once, when the model is first wanted.
    public init(
        name: String, origin: Origin, notes: String? = nil, open: @escaping @Sendable () throws -> GenreModel
    ) {
        self.name = name
        self.origin = origin
        self.notes = notes
        self.open = open
    }

    /// - Throws: ``ServerError/unusableModel(name:reason:)``.
    var model: GenreModel {
        get throws {
            lock.lock()
            defer { lock.unlock() }
            let result = opened ?? Result { try open() }
            opened = result
            do { return try result.get() } catch {
                // A built-in model is no file of the working folder.
                let place = FileManager.default.currentDirectoryPath + "/built-in:"
                let reason = "\(error)".replacingOccurrences(of: place, with: "")
                throw ServerError.unusableModel(name: name, reason: reason)
            }
        }
    }

    func makeListener() throws -> Listener {
        let model = try model
        do { return try Listener(model) } catch {
            throw ServerError.unusableModel(name: name, reason: "\(error)")
        }
    }

    /// Why no genre can be asked of it; nil where it can.
    var fault: String? {
        let model: GenreModel
        do { model = try self.model } catch {
            if case ServerError.unusableModel(_, let reason) = error { return reason }
            return "\(error)"
        }
        if model.tellsTags { return "It tells tags, and no genres." }
        if let caution = model.nets.lazy.compactMap(\.card.blueprint.caution).first {
            return "It cannot judge single files: \(caution)"
        }
        guard model.recipes.allSatisfy(\.makesSegmentsFromAudio) else {
            return "Its spectrograms cannot be made from audio."
        }
        return nil
    }
}

/// The models that requests can name; the first is used where none is named.
final class Models: Sendable {
    let all: [ServedModel]

    init(_ all: [ServedModel]) {
        precondition(!all.isEmpty, "a server has a model")
        self.all = all
    }

    var first: ServedModel { all[0] }

    /// - Throws: ``ServerError/unknownModel(name:known:)``.
    func named(_ name: String?) throws(ServerError) -> ServedModel {
        guard let name else { return first }
        guard let found = all.first(where: { $0.name == name }) else {
            throw .unknownModel(name: name, known: all.map(\.name))
        }
        return found
    }
}

/// What `/api/models` says of a model.
struct ModelAnswer: Encodable {
    let name: String
    let origin: ServedModel.Origin
    let isDefault: Bool
    /// Why it cannot tell genres; nothing where it can.
    let fault: String?
    let genres: [String]?
    let architecture: String?
    let recipe: String?
    /// Hz that sound is resampled to.
    let sampleRate: Double?
    /// Of a segment; of a fusion the longest.
    let seconds: Double?
    /// Of a fusion: its nets' names.
    let nets: [String]?
    let parameters: Int?
    /// Share of the tracks told rightly (max and maj), on tracks that it did not learn from.
    let accuracy: Double?
    let accuracyOf: String?
    let trainingTracks: Int?
    let calibrated: Bool?
    let notes: String?

    private enum CodingKeys: String, CodingKey {
        case name, origin, fault, genres, architecture, recipe, seconds, nets, parameters, accuracy, calibrated, notes
        case isDefault = "default"
        case sampleRate = "sample_rate"
        case accuracyOf = "accuracy_of"
        case trainingTracks = "training_tracks"
    }

    init(_ served: ServedModel, isDefault: Bool) {
        name = served.name
        origin = served.origin
        self.isDefault = isDefault
        fault = served.fault
        notes = served.notes
        let model = try? served.model
        // What a fusion as a whole scores no card says.
        let card = model.flatMap { $0.nets.count == 1 ? $0.nets[0].card : nil }
        if case .fused(let fusion)? = model { nets = fusion.members.map(\.name) } else { nets = nil }
        genres = model?.genres
        architecture = card?.architecture
        recipe = card?.recipe.name
        sampleRate = model?.recipes.map(\.sampleRate).max()
        seconds = model?.recipes.map(\.segmentSeconds).max()
        parameters = model?.nets.reduce(0) { $0 + $1.parameters.plan.parameterCount }
        accuracy = card?.scores?.max
        accuracyOf = card?.scores == nil ? nil : card?.scoredSide
        trainingTracks = card?.trainingTracks?.count
        calibrated = card.map { $0.calibration != nil }
    }
}

extension ServedModel {
    /// Of all weights, hexadecimal: what was judged by others does not count.
    var digest: String {
        get throws { try model.nets.map(\.parameters.digest).joined(separator: "+") }
    }
}
