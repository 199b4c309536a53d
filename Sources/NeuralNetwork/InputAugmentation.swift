import CKernels

/// A rectangle of a segment.
public struct SegmentMask: Sendable, Hashable {
    public var mels: Range<Int>
    public var frames: Range<Int>

    public init(mels: Range<Int>, frames: Range<Int>) {
        self.mels = mels
        self.frames = frames
    }
}

/// Changes to the segments that lie in ``inputs``, made before a step.
extension Executor {
    /// Multiplies the magnitudes behind a segment's values, which are ln(x + floor), by exp(logGain).
    public func amplify(segment row: Int, logGain: Double, floor: Double) {
        gk_augment_gain(inputs + row * area, Int64(area), logGain, floor)
    }

    /// Fills rectangles of a segment with `value`, or with the mean that the segment had before; nil for that.
    public func mask(segment row: Int, _ masks: [SegmentMask], value: Float?) {
        let segment = inputs + row * area
        let size = parameters.plan.blueprint.input
        let fill = value ?? Float(gk_augment_mean(segment, Int64(area)))
        for mask in masks {
            precondition(
                mask.mels.lowerBound >= 0 && mask.mels.upperBound <= size.mels && mask.frames.lowerBound >= 0
                    && mask.frames.upperBound <= size.frames, "a mask lies within its segment")
            gk_augment_mask(
                segment, Int32(size.frames), Int32(mask.mels.lowerBound), Int32(mask.mels.count),
                Int32(mask.frames.lowerBound), Int32(mask.frames.count), fill)
        }
    }

    /// Stretches a segment's levels away from `top` by `factor`, down to `least`.
    public func deepen(segment row: Int, factor: Float, top: Float, least: Float) {
        gk_augment_depth(inputs + row * area, Int64(area), top, factor, least)
    }

    /// Mixes segment n of the first `count` with segment count - 1 - n: each keeps `share` of itself.
    public func mix(count: Int, share: Float) {
        for row in 0..<count / 2 {
            gk_augment_mix(inputs + row * area, inputs + (count - 1 - row) * area, Int64(area), share)
        }
    }

    private var area: Int { parameters.plan.blueprint.input.area }
}
