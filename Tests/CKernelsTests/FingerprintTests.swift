import CKernels
import Randomness
import Testing

@Suite struct FingerprintTests {
    /// Odd shapes, rows longer than their bins, neighbourhoods wider than the rows, plateaus.
    @Test(arguments: [(1, 1, 3, 2), (5, 7, 1, 0), (19, 31, 0, 3), (40, 33, 4, 5), (9, 4, 20, 20)])
    func peaksMatchDefinition(shape: (frames: Int, bins: Int, byFrames: Int32, byBins: Int32)) {
        let stride = shape.bins + 3
        var random = RandomStream(seed: 3, purpose: "peaks")
        // Few values, so that many are equal.
        for levels in [4, 1000] {
            let rows = (0..<shape.frames * stride).map { _ in Float(random.index(below: levels)) }
            let rule = gk_peak_rule(frames: shape.byFrames, bins: shape.byBins, floor: 0.5)
            for (first, count) in [(0, shape.frames), (shape.frames / 3, shape.frames / 2)] {
                func peaks(
                    _ find: (
                        UnsafePointer<Float>?, Int64, Int32, Int64, Int64, Int64, gk_peak_rule,
                        UnsafeMutablePointer<gk_spectral_peak>?
                    ) -> Int64
                ) -> [[Int32]] {
                    let room = Int(gk_spectral_peak_room(Int64(count), Int32(shape.bins), rule))
                    var found = [gk_spectral_peak](repeating: gk_spectral_peak(), count: room + 1)
                    let number = Int(
                        find(
                            rows, Int64(shape.frames), Int32(shape.bins), Int64(stride), Int64(first), Int64(count),
                            rule, &found))
                    #expect(number <= room)
                    return found.prefix(number).map { [$0.frame, $0.bin] }
                }
                #expect(peaks(gk_spectral_peaks) == peaks(gk_oracle_spectral_peaks))
            }
        }
    }

    @Test(arguments: [0, 1, 2, 48, 49, 1000, 20_001])
    func sorting(count: Int) {
        var random = RandomStream(seed: 5, purpose: "sorting")
        for bits in [64, 20, 3] {
            var values = (0..<count).map { _ in (random.next() >> UInt64(64 - bits)) << UInt64((64 - bits) / 2) }
            let wanted = values.sorted()
            gk_sort_u64(&values, Int64(count))
            #expect(values == wanted)
        }
    }

    /// Votes across the place where the frame's 16 bits wrap, and a cap on meetings.
    @Test func votesTellTheOffset() {
        let bits: Int32 = 4
        func entry(_ hash: UInt64, _ track: UInt64, _ frame: UInt64) -> UInt64 {
            (hash << 4 | track) << 16 | frame & 0xFFFF
        }
        var entries: [UInt64] = []
        for hash: UInt64 in 0..<6 {
            let frame = 65_533 + hash * 2
            entries += [entry(hash, 3, frame), entry(hash, 9, frame &- 40 &+ hash % 2), entry(hash, 3, frame + 7)]
        }
        entries += (0..<5).map { entry(77, $0, 11) }
        gk_sort_u64(&entries, Int64(entries.count))
        let count = Int(gk_landmark_votes(entries, Int64(entries.count), bits, 3, nil))
        // Of 5 of one hash, each meets the next 3: 3 + 3 + 2 + 1 + 0; elsewhere 2 of the 3 pairs are of two tracks.
        #expect(count == 6 * 2 + 9)
        var votes = [UInt64](repeating: 0, count: count)
        #expect(Int(gk_landmark_votes(entries, Int64(entries.count), bits, 3, &votes)) == count)
        gk_sort_u64(&votes, Int64(count))
        var pairs = [gk_landmark_pair](repeating: gk_landmark_pair(), count: 8)
        let found = Int(gk_landmark_pairs(votes, Int64(count), bits, 5, 3, &pairs))
        #expect(found == 2)
        #expect(pairs.prefix(found).allSatisfy { $0.first == 3 && $0.second == 9 && $0.votes == 6 })
        #expect(Set(pairs.prefix(found).map { $0.offset < -43 }) == [true, false])
    }

    @Test func theBestStretchIsFound() {
        var random = RandomStream(seed: 7, purpose: "words")
        let first = (0..<300).map { _ in UInt32(truncatingIfNeeded: random.next()) | 1 }
        var second = (0..<200).map { _ in UInt32(truncatingIfNeeded: random.next()) | 1 }
        for index in 50..<130 { second[index] = first[index + 90] ^ (1 << UInt32(index % 31 + 1)) }
        second[60] = 0
        let stretch = gk_best_stretch(first, 300, second, 200, -90, 10.5)
        #expect(abs(stretch.start - 140) <= 2 && abs(stretch.end - 220) <= 2)
        #expect(stretch.compared == stretch.end - stretch.start - 1)
        #expect(gk_best_stretch(first, 300, second, 200, 500, 10.5).compared == 0)
        #expect(gk_best_stretch(first, 300, second, 200, -500, 10.5).compared == 0)
    }

    /// Runs go on from one block to the next.
    @Test func levelsDoNotHangOnBlocks() {
        let samples: [Float] = [0, 0, 0, 0.5, 1, 1, -1, -1, -1, -1, 0.2, 0, 0, 0, 0, 0, 1, 1]
        for block in [1, 2, 5, 18] {
            var levels = gk_levels()
            for start in stride(from: 0, to: samples.count, by: block) {
                let part = Array(samples[start..<min(start + block, samples.count)])
                gk_levels_add(&levels, part, Int64(part.count), 0.999, 0.001, 4)
            }
            #expect(levels.samples == 18 && levels.peak == 1)
            #expect(levels.clipped == 4)
            #expect(levels.silent == 5 && levels.longest_silence == 5)
        }
    }
}
