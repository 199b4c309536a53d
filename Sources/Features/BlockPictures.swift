import CKernels
import Foundation

extension FeatureRecipe {
    /// Samples of a whole block.
    var blockSamples: Int { Int((picture?.blockSeconds ?? 0) * sampleRate) }

    /// The blocks of a track that pictures are made of; of one that is shorter than a segment, the block that its
    /// repetition fills.
    func blocks(ofSamples samples: Int) -> [Range<Int>] {
        guard picture != nil, samples >= leastSamples else { return [] }
        let size = blockSamples
        guard samples > segmentSamples else { return [0..<segmentSamples] }
        let (whole, rest) = samples.quotientAndRemainder(dividingBy: size)
        let count = max(1, 2 * rest >= size ? whole + 1 : whole)
        return (0..<count).map { $0 * size..<($0 == count - 1 ? samples : ($0 + 1) * size) }
    }

    /// Columns of the picture of a block.
    func pictureColumns(samples: Int) -> Int {
        guard let picture else { return 0 }
        // GTZAN's tracks last 29.9 to 30.6 s; the picture of each has the same number of columns.
        let size = blockSamples
        guard abs(samples - size) > size / 40 else { return picture.columns }
        let frames = usedFrames(samples: samples)
        let blockFrames = usedFrames(samples: size)
        return max(1, Int((Double(frames * picture.columns) / Double(blockFrames)).rounded()))
    }

    /// Frames of a block that its picture is sampled from.
    func usedFrames(samples: Int) -> Int { max(1, 1 + samples / hop - (picture?.framesLeft ?? 0)) }
}

extension FeatureExtractor {
    /// The pictures of all blocks, one after another, [columns][mels].
    func pictures(
        of samples: UnsafeBufferPointer<Float>, into output: UnsafeMutablePointer<Float>, scratch: FeatureScratch
    ) {
        guard let picture = recipe.picture else { return }
        let blocks = recipe.blocks(ofSamples: samples.count)
        let longest = blocks.map(\.count).max() ?? 0
        let rows = UnsafeMutablePointer<Float>.allocate(capacity: (1 + longest / recipe.hop) * recipe.mels)
        defer { rows.deallocate() }
        var place = output
        for block in blocks {
            let frames = 1 + block.count / recipe.hop
            if block.count > samples.count {
                let repeated = (0..<block.count).map { samples[$0 % samples.count] }
                repeated.withUnsafeBufferPointer {
                    plan.rows(of: $0, first: 0, count: frames, into: rows, scratch: scratch)
                }
            } else {
                plan.rows(
                    of: UnsafeBufferPointer(rebasing: samples[block]), first: 0, count: frames, into: rows,
                    scratch: scratch)
            }
            let columns = recipe.pictureColumns(samples: block.count)
            gk_picture_levels(
                rows, Int64(frames), Int32(recipe.mels), Int64(recipe.usedFrames(samples: block.count)),
                Int64(columns), Float(picture.range * log(10) / 10), Float(picture.top), place)
            place += columns * recipe.mels
        }
    }

    /// Copies of the pictures' columns.
    func cut(
        _ chosen: [Int], fromPicturesOf samples: UnsafeBufferPointer<Float>, into output: UnsafeMutablePointer<Float>
    ) {
        let rows = UnsafeMutablePointer<Float>.allocate(
            capacity: recipe.rowCount(samples: samples.count) * recipe.mels)
        defer { rows.deallocate() }
        pictures(of: samples, into: rows, scratch: plan.makeScratch())
        for (place, index) in chosen.enumerated() {
            recipe.segment(
                fromRows: rows + recipe.firstRow(ofSegment: index) * recipe.mels,
                into: output + place * recipe.mels * recipe.segmentFrames)
        }
    }
}
