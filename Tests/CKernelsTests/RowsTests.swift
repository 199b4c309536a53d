import CKernels
import Randomness
import Testing

extension KernelTests {
    @Suite struct RowsTests {
        static let shapes: [(frames: Int32, mels: Int32, width: Int32)] = [
            (1, 1, 1), (1, 16, 80), (16, 16, 16), (15, 17, 20), (33, 31, 33), (41, 80, 80), (80, 80, 80), (79, 48, 81),
            (5, 3, 9),
        ]

        @Test(arguments: shapes)
        func segmentsAreTransposedRows(shape: (frames: Int32, mels: Int32, width: Int32)) {
            let (frames, mels, width) = shape
            var random = RandomStream(seed: 1, purpose: "rows")
            let rows = Floats(count: Int(frames * mels), random: &random)
            var halves = [UInt16](repeating: 0, count: rows.count)
            gk_oracle_to_half(rows.pointer, Int64(rows.count), &halves)
            let wanted = Floats(count: Int(mels * width))
            let wantedOfHalves = Floats(count: Int(mels * width))
            gk_oracle_rows_to_segment_f32(rows.pointer, frames, mels, width, wanted.pointer)
            gk_oracle_rows_to_segment_f16(halves, frames, mels, width, wantedOfHalves.pointer)
            for mel in 0..<Int(mels) {
                for frame in 0..<Int(width) {
                    let at = min(frame, Int(frames) - 1) * Int(mels) + mel
                    #expect(wanted[mel * Int(width) + frame] == rows[at])
                    #expect(abs(wantedOfHalves[mel * Int(width) + frame] - rows[at]) <= 0x1p-12)
                }
            }
            for isa in fastSets {
                let found = Floats(count: wanted.count)
                let foundOfHalves = Floats(count: wanted.count)
                on(isa) {
                    gk_rows_to_segment_f32(rows.pointer, frames, mels, width, found.pointer)
                    gk_rows_to_segment_f16(halves, frames, mels, width, foundOfHalves.pointer)
                }
                #expect(found.bits == wanted.bits, "set \(isa)")
                #expect(foundOfHalves.bits == wantedOfHalves.bits, "set \(isa)")
            }
        }

        /// The oracle against values known by the format, then the sets against the oracle on every exponent.
        @Test func halvesAreRoundedToNearestEven() {
            let known: [(Float, UInt16)] = [
                (0, 0), (-0.0, 0x8000), (1, 0x3C00), (-2, 0xC000), (65_504, 0x7BFF), (65_519.996, 0x7BFF),
                (65_520, 0x7C00), (.infinity, 0x7C00), (-.infinity, 0xFC00), (0x1p-14, 0x0400), (0x1p-24, 1),
                (0x1p-25, 0), (0x1.000002p-25, 1), (0x1.8p-24, 2), (0x1.4p-23, 2), (0x1.ffep-15, 0x0400),
                (1 + 0x1p-11, 0x3C00), (1 + 0x1.8p-10, 0x3C02), (1 + 0x1p-11 + 0x1p-23, 0x3C01), (0x1.ffep0, 0x4000),
                (0x1p-140, 0),
            ]
            for (value, half) in known {
                var found: UInt16 = 0
                gk_oracle_to_half([value], 1, &found)
                #expect(found == half, "\(value)")
            }
            // Around every place where rounding turns, in every exponent; NaN with and without a payload.
            var values: [Float] = [
                .nan, -.nan, Float(bitPattern: 0x7F80_0001), Float(bitPattern: 0xFFC1_2345),
            ]
            for top in stride(from: UInt32(0), to: 0xFFFF_0000, by: 0x1_1000) {
                for low: UInt32 in [0, 1, 0xFFF, 0x1000, 0x1001, 0x1FFF] { values.append(Float(bitPattern: top + low)) }
            }
            values += [0.5, 0.25, -3]  // an odd number of them
            var wanted = [UInt16](repeating: 0, count: values.count)
            gk_oracle_to_half(values, Int64(values.count), &wanted)
            for isa in fastSets {
                var found = [UInt16](repeating: 0xABCD, count: values.count)
                on(isa) { gk_to_half(values, Int64(values.count), &found) }
                #expect(found == wanted, "set \(isa)")
            }
        }

        /// All 65,536 halves come back as they were (a signalling NaN quiet), on every set.
        @Test func everyHalfSurvives() {
            let all = (0...UInt16.max).map { $0 }
            for isa in fastSets {
                var floats = [Float](repeating: 0, count: all.count)
                var back = [UInt16](repeating: 0, count: all.count)
                on(isa) {
                    // 256 rows of 256 mels: a transposition that is its own inverse.
                    gk_rows_to_segment_f16(all, 256, 256, 256, &floats)
                    gk_to_half(floats, Int64(floats.count), &back)
                }
                for mel in 0..<256 {
                    for frame in 0..<256 {
                        let half = all[frame * 256 + mel]
                        let quiet = half & 0x7C00 == 0x7C00 && half & 0x3FF != 0 ? half | 0x200 : half
                        #expect(back[mel * 256 + frame] == quiet)
                    }
                }
            }
        }

        @Test func noValuesAreNoWork() {
            var untouched: UInt16 = 7
            gk_to_half([1], 0, &untouched)
            #expect(untouched == 7)
        }
    }
}
