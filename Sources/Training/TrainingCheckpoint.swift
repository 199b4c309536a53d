import Foundation
import NeuralNetwork
import Randomness
import Storage

/// All that a training needs to go on as if it had never stopped. Weights and the optimiser's state are kept as the kernels keep
/// them, so a checkpoint belongs to builds that keep them alike; for all else there are model files.
public struct TrainingCheckpoint: Sendable {
    public var state: TrainerState
    public var parameters: [Float]
    /// The optimiser's state, see `Optimiser.State`.
    public var moments: [[Float]]
    /// The mean of the weights so far; empty where none is asked for.
    public var average: [Float]

    public init(
        state: TrainerState, parameters: [Float], moments: [[Float]], average: [Float] = []
    ) {
        self.average = average
        self.state = state
        self.parameters = parameters
        self.moments = moments
    }

    private static let format = "genrekit-checkpoint"
    private static let formatVersion = "1"
    /// Bytes: the longest history is a hundred thousand epochs.
    private static let greatestState = 64 << 20

    /// - Parameter names: of the moments.
    private func tensors(moments names: [String]) -> [(name: String, shape: [Int], values: [Float])] {
        (Array(zip(names, moments)) + [("average", average), ("parameters", parameters)]).map { ($0, [$1.count], $1) }
    }

    /// Writes a safetensors file beside its place, then renames it.
    ///
    /// - Parameters:
    ///   - run: identifies the run, see ``TrainingRun/identity``.
    ///   - layout: identifies the memory that the values lie in.
    ///   - moments: names of the moments' tensors, by the optimiser's method.
    func write(to url: URL, run: String, layout: String, moments names: [String]) throws {
        precondition(names.count == moments.count, "every moment has a name")
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = String(decoding: try encoder.encode(state), as: UTF8.self)
        let tensors = tensors(moments: names)
        try Safetensors.write(
            tensors: tensors,
            metadata: [
                "format": Self.format, "format_version": Self.formatVersion, "run": run, "layout": layout,
                "state": text, "seal": Self.seal([run, layout, text], tensors.map(\.values)),
            ], to: url)
    }

    /// Reads and checks all of a file.
    ///
    /// - Throws: ``CheckpointFault``, saying what is wrong with it.
    init(
        contentsOf url: URL, run: String, layout: String, values: Int, moments names: [String]
    ) throws(CheckpointFault) {
        do {
            let file = try SafetensorsFile(url)
            guard file.metadata["format"] == Self.format else { throw CheckpointFault("it is no checkpoint") }
            guard file.metadata["format_version"] == Self.formatVersion else {
                throw CheckpointFault("it is of a later version of the tool")
            }
            guard let foundRun = file.metadata["run"], let foundLayout = file.metadata["layout"],
                let text = file.metadata["state"], let seal = file.metadata["seal"]
            else { throw CheckpointFault("its metadata is not whole") }
            guard foundRun == run else { throw CheckpointFault("it belongs to another run") }
            guard foundLayout == layout else { throw CheckpointFault("a build with another memory layout wrote it") }
            func tensor(_ name: String, orNone: Bool = false) throws -> [Float] {
                let shape = try file.shape(of: name)
                guard try file.type(of: name) == .float32, shape == [values] || orNone && shape == [0] else {
                    throw CheckpointFault("its tensor '\(name)' does not fit the net")
                }
                return try file.floats(named: name)
            }
            parameters = try tensor("parameters")
            moments = try names.map { try tensor($0) }
            average = try tensor("average", orNone: true)
            guard Self.seal([run, layout, text], moments + [average, parameters]) == seal else {
                throw CheckpointFault("its contents do not match their seal: it is damaged")
            }
            guard text.utf8.count <= Self.greatestState else {
                throw CheckpointFault("its state has \(text.utf8.count) bytes, which no training's has")
            }
            state = try JSONDecoder().decode(TrainerState.self, from: Data(text.utf8))
            do { try state.check() } catch { throw CheckpointFault("its state makes no sense: \(error)") }
        } catch let fault as CheckpointFault {
            throw fault
        } catch {
            throw CheckpointFault("\(error)")
        }
    }

    /// A hash of everything in the file.
    private static func seal(_ texts: [String], _ tensors: [[Float]]) -> String {
        let all = texts.map { hex(fnv1a($0)) } + tensors.map { hex(tensorHash($0)) }
        return hex(fnv1a(all.joined(separator: " ")))
    }
}

/// Why a checkpoint cannot be used.
struct CheckpointFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

func hex(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
