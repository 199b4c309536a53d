import Datasets
import Foundation
import ModelFile
import NeuralNetwork
import Randomness

/// Changes training batches as an ``AugmentationConfiguration`` says.
///
/// Each purpose draws from a stream of its own for each step, told by the step's number alone: no state is kept, no
/// purpose disturbs another, and a training that goes on later draws the same.
struct BatchAugmentation {
    private let configuration: AugmentationConfiguration
    private let seed: UInt64
    private let set: SegmentSet
    private let classWeights: [Float]?

    /// - Throws: ``TrainingError/dataDoesNotFit(_:)`` where the features do not allow a change that is asked for.
    init(
        _ configuration: AugmentationConfiguration, seed: UInt64, set: SegmentSet, segments: [Int]
    ) throws(TrainingError) {
        self.configuration = configuration
        self.seed = seed
        self.set = set
        if configuration.gain != nil, !set.recipe.makesSegmentsFromAudio {
            throw .dataDoesNotFit("--gain needs features of a known recipe; those of '\(set.recipe.name)' are not")
        }
        if configuration.gain != nil, set.recipe.picture != nil {
            throw .dataDoesNotFit("--gain does nothing to features of '\(set.recipe.name)', whose levels are relative")
        }
        if configuration.gain != nil, set.recipe.logFactor != 1 || set.recipe.logOffset != 0 {
            throw .dataDoesNotFit(
                "--gain needs features in nepers; those of '\(set.recipe.name)' are in another unit")
        }
        if configuration.depth != nil || configuration.lowPass != nil, set.recipe.picture == nil {
            throw .dataDoesNotFit(
                "--depth and --low-pass need pictures of levels; features of '\(set.recipe.name)' are none")
        }
        if configuration.crop, segments.allSatisfy({ set.shifts(ofSegment: $0) == 0...0 }) {
            throw .dataDoesNotFit("--crop needs features of whole tracks; these segments can start nowhere else")
        }
        if let masks = configuration.masks, masks.bands > set.mels || masks.frames > set.frames {
            throw .dataDoesNotFit("masks must not be wider than a segment of \(set.mels) x \(set.frames)")
        }
        classWeights = configuration.classWeights ? Self.inverseFrequencies(set: set, segments: segments) : nil
    }

    /// segments / (genres x segments of the genre), so that the mean over the segments is 1; 0 for a genre without any.
    static func inverseFrequencies(set: SegmentSet, segments: [Int]) -> [Float] {
        var counts = [Int](repeating: 0, count: set.genres.count)
        for index in segments { counts[set.label(ofSegment: index)] += 1 }
        let present = counts.count { $0 > 0 }
        return counts.map { $0 > 0 ? Float(Double(segments.count) / Double(present * $0)) : 0 }
    }

    /// Rows by which each segment of a batch starts later; nil without `crop`.
    func shifts(of part: ArraySlice<Int>, step: Int64) -> [Int]? {
        guard configuration.crop else { return nil }
        var stream = RandomStream(seed: seed, purpose: "crops of step \(step)")
        return part.map { index in
            let range = set.shifts(ofSegment: index)
            return range.lowerBound + stream.index(below: range.count)
        }
    }

    /// Changes the batch in the executor's inputs, one segment a label: gain, then masks, then mixup.
    ///
    /// - Returns: the loss's targets; nil for the plain loss.
    func apply(to executor: Executor, labels: [Int32], step: Int64) -> LossTargets? {
        if let range = configuration.gain {
            var stream = RandomStream(seed: seed, purpose: "gains of step \(step)")
            let nepersPerDecibel = log(10.0) / 20 * (set.recipe.spectrum == .power ? 2 : 1)
            for row in labels.indices {
                executor.amplify(
                    segment: row, logGain: stream.uniform(-range, range) * nepersPerDecibel,
                    floor: set.recipe.logFloor)
            }
        }
        if let picture = set.recipe.picture {
            let least = Float(picture.top - picture.range * log(10.0) / 20)
            if let depth = configuration.depth {
                var stream = RandomStream(seed: seed, purpose: "depths of step \(step)")
                for row in labels.indices {
                    executor.deepen(
                        segment: row, factor: Float(stream.uniform(1 - depth, 1 + depth)), top: Float(picture.top),
                        least: least)
                }
            }
            if let lowPass = configuration.lowPass {
                var stream = RandomStream(seed: seed, purpose: "low passes of step \(step)")
                for row in labels.indices {
                    let edge = Int(stream.uniform(lowPass, 1) * Double(set.mels))
                    guard stream.uniform() < 0.5 else { continue }
                    executor.mask(
                        segment: row, [SegmentMask(mels: edge..<set.mels, frames: 0..<set.frames)], value: least)
                }
            }
        }
        if let masks = configuration.masks {
            var stream = RandomStream(seed: seed, purpose: "masks of step \(step)")
            for row in labels.indices {
                var drawn: [SegmentMask] = []
                for _ in 0..<masks.count {
                    let mels = stream.maskRange(below: masks.bands, of: set.mels)
                    drawn.append(SegmentMask(mels: mels, frames: 0..<set.frames))
                    let frames = stream.maskRange(below: masks.frames, of: set.frames)
                    drawn.append(SegmentMask(mels: 0..<set.mels, frames: frames))
                }
                executor.mask(segment: row, drawn, value: masks.value)
            }
        }
        var targets = LossTargets(classWeights: classWeights)
        if let alpha = configuration.mixup {
            var stream = RandomStream(seed: seed, purpose: "mixup of step \(step)")
            // One number for the segments and their labels.
            let share = Float(stream.beta(alpha))
            executor.mix(count: labels.count, share: share)
            targets.second = labels.reversed()
            targets.share = Double(share)
        }
        return targets.second == nil && targets.classWeights == nil ? nil : targets
    }
}

extension RandomStream {
    /// A mask on an axis of `size`, as torchaudio's `mask_along_axis` draws it: always narrower than `width`.
    mutating func maskRange(below width: Int, of size: Int) -> Range<Int> {
        let first = uniform()
        return Self.maskRange(first, uniform(), below: width, of: size)
    }

    /// The same of two given numbers in [0, 1).
    static func maskRange(_ first: Double, _ second: Double, below width: Int, of size: Int) -> Range<Int> {
        let drawn = first * Double(width)
        let start = Int(second * (Double(size) - drawn))
        return start..<start + Int(drawn)
    }
}
