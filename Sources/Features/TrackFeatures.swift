import CKernels

/// The features of one track as a store keeps them: row by row in time, so that a segment is one stretch of memory.
///
/// Where the recipe transforms whole tracks, rows are the track's columns one after another; where it transforms each
/// segment alone, they are the true columns of segment 0, then those of segment 1 and so on.
/// `FeatureRecipe.firstRow(ofSegment:)` says where a segment starts, and it takes `FeatureRecipe.trueFrames` rows.
public struct TrackFeatures: Sendable, Hashable {
    public var rows: Int
    public var mels: Int
    /// [rows][mels]: ln(x + floor), mel band 0 the lowest.
    public var values: [Float]

    public init(rows: Int, mels: Int, values: [Float]) {
        precondition(values.count == rows * mels, "[rows][mels]")
        self.rows = rows
        self.mels = mels
        self.values = values
    }

    /// Adds rows at the end, [n][mels].
    public mutating func append(rows more: [Float]) {
        precondition(more.count % mels == 0, "whole rows")
        values += more
        rows += more.count / mels
    }
}

/// How the values of a ready-made spectrogram are stored, little-endian.
public enum PictureValues: Sendable, Hashable {
    case uint8, float16, float32, float64, int16

    public var bytes: Int {
        switch self {
        case .uint8: 1
        case .float16, .int16: 2
        case .float32: 4
        case .float64: 8
        }
    }

    var kernelKind: gk_values {
        switch self {
        case .uint8: GK_VALUES_U8
        case .float16: GK_VALUES_F16
        case .float32: GK_VALUES_F32
        case .float64: GK_VALUES_F64
        case .int16: GK_VALUES_I16
        }
    }
}

extension TrackFeatures {
    /// A ready-made spectrogram, turned to rows in time; each value times `factor` plus `offset`.
    ///
    /// - Parameter picture: [mels][frames], band 0 the lowest; of exactly that size.
    public init(
        picture: UnsafeRawBufferPointer, values kind: PictureValues, mels: Int, frames: Int, factor: Float = 1,
        offset: Float = 0
    ) {
        precondition(picture.count == mels * frames * kind.bytes, "[mels][frames]")
        let values = [Float](unsafeUninitializedCapacity: mels * frames) { buffer, count in
            count = mels * frames
            guard let output = buffer.baseAddress, let input = picture.baseAddress else { return }
            gk_picture_to_rows(input, kind.kernelKind, Int32(mels), Int32(frames), factor, offset, output)
        }
        self.init(rows: frames, mels: mels, values: values)
    }
}

extension FeatureRecipe {
    /// The rows that a track of so many samples gives; 0 where it is too short for a segment.
    public func rowCount(samples: Int) -> Int {
        if scope == .block { return blocks(ofSamples: samples).reduce(0) { $0 + pictureColumns(samples: $1.count) } }
        let segments = segmentCount(samples: samples)
        guard segments > 0 else { return 0 }
        return scope == .track ? max(trueFrames, 1 + samples / hop) : segments * trueFrames
    }

    /// The segments in so many rows of a track.
    public func segmentCount(rows: Int) -> Int {
        rows < trueFrames ? 0 : 1 + (rows - trueFrames) / rowStride
    }

    /// Rows from the start of one segment to the next.
    public var rowStride: Int {
        switch scope {
        case .track: max(segmentStride / hop, 1)
        case .block: max(segmentFrames / 2, 1)
        case .segment, .none: trueFrames
        }
    }

    public func firstRow(ofSegment index: Int) -> Int { index * rowStride }

    /// Whether a segment may start at any row, not only where the recipe's own segments do.
    public var segmentsStartAnywhere: Bool { scope == .track || scope == .block }

    /// One segment [mels][segmentFrames] from its `trueFrames` rows.
    public func segment(fromRows rows: UnsafePointer<Float>, into segment: UnsafeMutablePointer<Float>) {
        gk_rows_to_segment_f32(rows, Int32(trueFrames), Int32(mels), Int32(segmentFrames), segment)
    }
}

extension FeatureExtractor {
    /// All rows of a track.
    ///
    /// A track shorter than a segment is padded to one, if it has at least `recipe.leastSamples`: with zeros, or by
    /// repeating it, as the recipe says.
    ///
    /// - Parameter samples: mono, full scale ±1, at the recipe's sample rate.
    /// - Throws: `FeatureError.tooShort`, `.unusableSample`.
    public func rows(of samples: UnsafeBufferPointer<Float>) throws(FeatureError) -> TrackFeatures {
        try check(samples)
        let rows = recipe.rowCount(samples: samples.count)
        let mels = recipe.mels
        let values = [Float](unsafeUninitializedCapacity: rows * mels) { buffer, count in
            count = rows * mels
            guard let output = buffer.baseAddress else { return }
            let scratch = plan.makeScratch()
            switch recipe.scope {
            case .track:
                trackRows(of: samples, count: rows, into: output, scratch: scratch)
            case .block:
                pictures(of: samples, into: output, scratch: scratch)
            case .segment, .none:
                for index in 0..<rows / recipe.trueFrames {
                    plan.rows(
                        of: samplesAlone(ofSegment: index, in: samples), first: 0, count: recipe.trueFrames,
                        into: output + recipe.firstRow(ofSegment: index) * mels, scratch: scratch)
                }
            }
        }
        return TrackFeatures(rows: rows, mels: mels, values: values)
    }

    /// As `rows(of:)` of a buffer.
    public func rows(of samples: [Float]) throws(FeatureError) -> TrackFeatures {
        try samples.withUnsafeBufferPointer { (buffer) throws(FeatureError) in try rows(of: buffer) }
    }
}
