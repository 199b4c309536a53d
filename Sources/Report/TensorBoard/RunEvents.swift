import Foundation
import SwiftProtobuf
import Training

/// A run as TensorBoard shows it: scalars by epoch, figures as images, hyperparameters. Steps are epochs.
public final class RunEvents {
    private let writer: EventWriter

    /// Begins the file, with the hyperparameters.
    ///
    /// - Parameters:
    ///   - folder: of the event file; one that an earlier run left there is replaced.
    ///   - hyperparameters: an object; its plain fields, and those of objects in it, are shown.
    public init(folder: URL, hyperparameters: JSONValue, start: Date = Date()) throws {
        writer = try EventWriter(folder: folder, start: start)
        let values = Self.flattened(hyperparameters, prefix: "")
        let experiment = Tensorboard_Hparams_HParamsPluginData.with {
            $0.experiment = .with {
                $0.timeCreatedSecs = start.timeIntervalSince1970
                $0.hparamInfos = values.map { name, value in
                    .with {
                        $0.name = name
                        $0.type = Self.type(of: value)
                    }
                }
                $0.metricInfos = Self.metrics.map { tag, words in
                    .with {
                        $0.name = .with { $0.tag = tag }
                        $0.displayName = words
                    }
                }
            }
        }
        let session = Tensorboard_Hparams_HParamsPluginData.with {
            $0.sessionStartInfo = .with {
                $0.startTimeSecs = start.timeIntervalSince1970
                $0.hparams = Dictionary(uniqueKeysWithValues: values.map { ($0.name, Self.value($0.value)) })
            }
        }
        try writer.add(
            [
                try Self.plugInValue("_hparams_/experiment", experiment),
                try Self.plugInValue("_hparams_/session_start_info", session),
            ], step: 0, at: start)
    }

    /// Adds an epoch's figures.
    public func add(_ record: EpochRecord, at time: Date = Date()) throws {
        var scalars: [(tag: String, value: Double)] = [
            ("accuracy/train", record.trainAccuracy), ("accuracy/raw", record.raw), ("accuracy/max", record.max),
            ("accuracy/maj", record.maj), ("loss/train", record.trainLoss), ("loss/validation", record.validationLoss),
            ("loss/penalty", record.penalty), ("time/seconds an epoch", record.seconds),
        ]
        if let rate = record.learningRate { scalars.append(("learning rate", rate)) }
        let values = scalars.map { scalar in
            Tensorboard_Summary.Value.with {
                $0.tag = scalar.tag
                $0.simpleValue = Float(scalar.value)
            }
        }
        try writer.add(values, step: record.epoch, at: time)
    }

    /// Adds figures as images and says that the run has ended.
    ///
    /// - Parameter epoch: the last.
    public func finish(figures: [Figure], epoch: Int, at time: Date = Date()) throws {
        let scale = 2.0
        let images = try figures.map { figure in
            let png = try figure.png(.light, scale: scale)
            return Tensorboard_Summary.Value.with {
                $0.tag = "figures/\(figure.name)"
                $0.image = .with {
                    $0.width = Int32((figure.width * scale).rounded())
                    $0.height = Int32((figure.height * scale).rounded())
                    $0.colorspace = 4
                    $0.encodedImageString = png
                }
            }
        }
        if !images.isEmpty { try writer.add(images, step: epoch, at: time) }
        let end = Tensorboard_Hparams_HParamsPluginData.with {
            $0.sessionEndInfo = .with {
                $0.status = .success
                $0.endTimeSecs = time.timeIntervalSince1970
            }
        }
        try writer.add([try Self.plugInValue("_hparams_/session_end_info", end)], step: 0, at: time)
    }

    /// Writes a finished run at once.
    ///
    /// - Parameter figures: shown as images.
    public static func write(_ run: FinishedRun, figures: [Figure], to folder: URL) throws {
        // config.json is written just before the first step.
        let attributes = try? FileManager.default.attributesOfItem(atPath: run.folder.configuration.path)
        var time = attributes?[.modificationDate] as? Date ?? Date()
        let events = try RunEvents(folder: folder, hyperparameters: try JSONValue(run.settings), start: time)
        for record in run.epochs {
            if record.seconds.isFinite { time += min(max(record.seconds, 0), 1e7) }
            try events.add(record, at: time)
        }
        try events.finish(figures: figures, epoch: run.epochs.last!.epoch, at: time)
    }

    // MARK: - Hyperparameters

    /// Scalars by which runs are compared, and their names.
    private static let metrics = [
        ("accuracy/raw", "raw"), ("accuracy/max", "max"), ("accuracy/maj", "maj"), ("loss/validation", "held-out loss"),
    ]

    /// Plain fields by name, in order; an object's fields after its own name: "augmentation.mixup".
    private static func flattened(_ value: JSONValue, prefix: String) -> [(name: String, value: JSONValue)] {
        guard case .object(let fields) = value else { return [] }
        return fields.sorted { $0.key < $1.key }.flatMap { name, field -> [(name: String, value: JSONValue)] in
            switch field {
            case .object: flattened(field, prefix: prefix + name + ".")
            case .number, .bool, .string: [(prefix + name, field)]
            case .null, .array: []
            }
        }
    }

    private static func type(of value: JSONValue) -> Tensorboard_Hparams_DataType {
        switch value {
        case .number: .float64
        case .bool: .bool
        default: .string
        }
    }

    private static func value(_ value: JSONValue) -> Google_Protobuf_Value {
        switch value {
        case .number(let number): Google_Protobuf_Value(numberValue: number)
        case .bool(let bool): Google_Protobuf_Value(boolValue: bool)
        default: Google_Protobuf_Value(stringValue: value.text ?? "")
        }
    }

    private static func plugInValue(
        _ tag: String, _ content: Tensorboard_Hparams_HParamsPluginData
    ) throws -> Tensorboard_Summary.Value {
        let bytes: Data = try content.serializedData()
        return .with {
            $0.tag = tag
            $0.metadata = .with {
                $0.pluginData = .with {
                    $0.pluginName = "hparams"
                    $0.content = bytes
                }
            }
        }
    }
}

extension RunEvents: TrainingCallback {
    /// Adds the epochs as they come, after those that were done before this process began.
    public func receive(_ event: TrainingEvent, from trainer: Trainer) throws {
        switch event {
        case .started: for record in trainer.history { try add(record) }
        case .epoch(let record): try add(record)
        case .step, .ended: break
        }
    }
}
