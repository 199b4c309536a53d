extension FeatureRecipe {
    /// Samples on each side of a segment's own that its features hang on: whole hops.
    var soundMargin: Int { scope == .track ? (windowLength / 2 + hop - 1) / hop * hop : 0 }

    /// The samples of a track that a segment's features hang on; they may begin before the track and end after it.
    public func soundRange(ofSegment index: Int) -> Range<Int> {
        let start = index * segmentStride
        return start - soundMargin..<start + segmentSamples + soundMargin
    }
}

extension FeatureExtractor {
    /// The rows of one segment from its sound alone, say after the sound was changed.
    ///
    /// Of an unchanged sound within its track they are the track's own rows.
    ///
    /// The recipe transforms whole tracks or single segments, not blocks.
    ///
    /// - Parameters:
    ///   - sound: as many samples as `FeatureRecipe.soundRange(ofSegment:)`, all finite.
    ///   - rows: room for [trueFrames][mels].
    public func rows(ofSegmentSound sound: UnsafeBufferPointer<Float>, into rows: UnsafeMutablePointer<Float>) {
        precondition(recipe.scope == .track || recipe.scope == .segment, "a segment hangs on its own sound alone")
        precondition(sound.count == recipe.soundRange(ofSegment: 0).count, "the sound of one segment")
        plan.rows(
            of: sound, first: recipe.soundMargin / recipe.hop, count: recipe.trueFrames, into: rows,
            scratch: plan.makeScratch())
    }
}
