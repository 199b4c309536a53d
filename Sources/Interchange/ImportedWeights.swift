import Evaluation
import Features
import Foundation
import ModelFile
import NeuralNetwork
import Storage

extension TrainedModel {
    /// Makes a model of weights that another program trained: a safetensors file with the tensors of ``WeightsFile``.
    ///
    /// F32, F64, F16 and BF16 are taken (F64 is rounded). A prefix that wrappers put before every name ("module." of
    /// DataParallel, "_orig_mod." of torch.compile, or both) is passed over. The card says where the weights came from
    /// and leaves open what only their maker knows: hyperparameters, split, tracks, data.
    ///
    /// - Parameters:
    ///   - genres: names of the classes, in their order.
    ///   - recipe: how the segments were made that the weights were trained on.
    ///   - calibration: of these weights on such segments, where it is known.
    ///   - toolVersion: of the program that imports.
    /// - Throws: ``InterchangeError``: every tensor that is missing, left over, of another shape or type is named.
    public init(
        importing url: URL, blueprint: Blueprint, genres: [String], recipe: FeatureRecipe,
        calibration: Calibration? = nil, toolVersion: String
    ) throws {
        let plan: NetworkPlan
        do { plan = try NetworkPlan(blueprint) } catch {
            throw InterchangeError.badDescription(problem: "\(error)")
        }
        guard plan.classes == genres.count, Set(genres).count == genres.count, !genres.contains("") else {
            throw InterchangeError.badDescription(
                problem: "a net of \(plan.classes) classes needs as many genres, each named once, not "
                    + "\(genres.count) (\(genres.joined(separator: ", ")))")
        }
        guard recipe.mels == blueprint.input.mels, recipe.segmentFrames == blueprint.input.frames else {
            throw InterchangeError.badDescription(
                problem: "recipe '\(recipe.name)' does not make segments of \(blueprint.input)")
        }
        if recipe.makesSegmentsFromAudio {
            // It may come from the file.
            do { try recipe.check() } catch { throw InterchangeError.badDescription(problem: "\(url.path): \(error)") }
        }
        let file = try WeightsFile.open(url)
        guard file.metadata["format"] != TrainedModel.format else {
            throw InterchangeError.alreadyAModel(file: url.path)
        }
        let prefix = Self.wrapperPrefix(of: file.names)
        let problems = try Self.misfits(of: file, prefix: prefix, plan: plan)
        guard problems.isEmpty else {
            throw InterchangeError.doNotFit(
                file: url.path, net: blueprint.name, segments: "\(blueprint.input)", problems: problems)
        }
        let parameters = try ParameterStore(plan: plan)
        for specification in plan.parameters {
            let values = try file.floats(named: prefix + specification.name)
            do { try parameters.set(specification, to: values) } catch {
                throw InterchangeError.badValues(file: url.path, problem: "\(error)")
            }
        }
        var card = ModelCard(
            blueprint: blueprint, genres: genres, recipe: recipe,
            imported: ImportedWeights(file: url.lastPathComponent, sha256: try SHA256.hexDigest(ofFile: url)),
            toolVersion: toolVersion)
        card.calibration = calibration
        if let said = file.metadata["outputs"] {
            guard let outputs = ModelOutputs(rawValue: said) else {
                throw InterchangeError.badMetadata(file: url.path, key: "outputs")
            }
            card.outputs = outputs
        }
        try card.check(file: url.path)
        self.init(card: card, parameters: parameters)
    }

    private static func wrapperPrefix(of names: [String]) -> String {
        // One wrapper may hold another, but not without end.
        var found = ""
        for _ in 0..<4 {
            found +=
                ["module.", "_orig_mod."].first { prefix in
                    !names.isEmpty && names.allSatisfy { $0.hasPrefix(found + prefix) }
                } ?? ""
        }
        return found
    }

    private static func misfits(of file: SafetensorsFile, prefix: String, plan: NetworkPlan) throws -> [String] {
        var problems: [String] = []
        for specification in plan.parameters {
            let name = prefix + specification.name
            guard file.contains(name) else {
                problems.append("tensor '\(name)' \(specification.shape) is missing")
                continue
            }
            let shape = try file.shape(of: name)
            if shape != specification.shape {
                problems.append("tensor '\(name)' has shape \(shape), the net needs \(specification.shape)")
            }
            let type = try file.type(of: name)
            if ![.float32, .float64, .float16, .bfloat16].contains(type) {
                problems.append("tensor '\(name)' is of type \(type.rawValue), not F32, F64, F16 or BF16")
            }
        }
        let known = Set(plan.parameters.map { prefix + $0.name })
        problems += file.names.filter { !known.contains($0) }.map { "tensor '\($0)' belongs to no layer" }
        return problems
    }
}
