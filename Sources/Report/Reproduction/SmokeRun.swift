import Datasets

extension TrackSplit {
    /// A tenth of the tracks of each side and genre, at least one, spread over their names: enough to see that everything
    /// works.
    public func tenth(of set: SegmentSet) -> TrackSplit {
        func few(_ tracks: [Int]) -> [Int] {
            Dictionary(grouping: tracks) { set.tracks[$0].label }.values.flatMap { own in
                let sorted = own.sorted { set.tracks[$0].id < set.tracks[$1].id }
                return stride(from: 0, to: sorted.count, by: 10).map { sorted[$0] }
            }.sorted()
        }
        return TrackSplit(
            training: few(training), validation: few(validation), test: few(test),
            rule: rule + TrackSplit.tenthWords)
    }

    static let tenthWords = "; a tenth of the tracks, for a smoke run"
}
