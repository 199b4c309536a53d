import CKernels
import Foundation
import Testing

@testable import Features

/// Instruction sets to hold against the oracle on this machine.
private let sets: [gk_isa] = [GK_ISA_PORTABLE, GK_ISA_AVX2, GK_ISA_AVX512].filter { isRunnable($0) }

/// What the processor can run, asked of the system: the kernels' own answer is another module's concern.
private func isRunnable(_ isa: gk_isa) -> Bool {
    guard isa != GK_ISA_PORTABLE else { return true }
    let flags = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let needed = isa == GK_ISA_AVX2 ? ["avx2", "fma"] : ["avx512f", "avx512bw", "avx512dq", "avx512vl"]
    return needed.allSatisfy { flags.contains(" \($0) ") }
}

@Suite struct KernelTests {
    /// Powers of two, products of 2, 3 and 5, odd sizes, and primes that have no butterfly of their own.
    @Test(arguments: [
        2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 15, 16, 25, 30, 45, 64, 77, 90, 98, 101, 128, 162, 202, 405, 600, 1000, 1024,
        2048,
    ])
    func transformMatchesDefinition(length: Int) {
        let lanes = Int(GK_FEATURE_LANES)
        let signal = syntheticSignal(count: length * lanes).map(Double.init)
        let bins = length / 2 + 1
        for isa in sets {
            var real = [Double](repeating: .nan, count: bins * lanes)
            var imaginary = real
            #expect(gk_real_fft(Int32(length), isa, signal, &real, &imaginary))
            for lane in [0, 3, 7] {
                var wantedReal = [Double](repeating: 0, count: bins)
                var wantedImaginary = wantedReal
                let one = (0..<length).map { signal[$0 * lanes + lane] }
                gk_oracle_real_dft(Int32(length), one, &wantedReal, &wantedImaginary)
                let scale = 1e-14 * Double(length)
                for bin in 0..<bins {
                    #expect(
                        abs(real[bin * lanes + lane] - wantedReal[bin]) < scale, "bin \(bin) of \(length), set \(isa)")
                    #expect(
                        abs(imaginary[bin * lanes + lane] - wantedImaginary[bin]) < scale, "bin \(bin) of \(length)")
                }
            }
        }
    }

    /// Columns with sound on neither, one or both sides, odd lengths and hops, both precisions, both spectra.
    @Test(
        arguments: [
            (90, 31, 7), (64, 100, 5), (77, 13, 3), (256, 64, 40), (2, 1, 1), (4, 3, 2), (6, 5, 16), (101, 7, 33),
        ], [false, true])
    func columnsMatchFormula(sizes: (length: Int, hop: Int, mels: Int), single: Bool) {
        let (length, hop, mels) = sizes
        let bins = length / 2 + 1
        let window = FeatureTables.window(length: length - length / 3, frameLength: length).map { $0 * 32_768 }
        // A bank with gaps inside rows and one empty row.
        let bank = (0..<mels * bins).map { index -> Double in
            let (mel, bin) = index.quotientAndRemainder(dividingBy: bins)
            return mel == 1 || (mel + bin) % 5 == 0 ? 0 : Double(1 + (mel * 7 + bin * 3) % 11) / 11
        }
        let samples = syntheticSignal(count: hop * 19 + 5)
        let columns = 1 + samples.count / hop + 4
        for power in [false, true] {
            window.withUnsafeBufferPointer { window in
                bank.withUnsafeBufferPointer { bank in
                    var shape = gk_feature_shape(
                        fft_length: Int32(length), hop: Int32(hop), mels: Int32(mels), window: window.baseAddress,
                        mel_bank: bank.baseAddress, log_floor: 1e-6,
                        factor: power ? 0.43 : 1, offset: power ? 4 : 0, power: power, single: single)
                    for first in [0, 3] {
                        var wanted = [Float](repeating: 0, count: mels * columns)
                        gk_oracle_features_columns(
                            &shape, samples, Int64(samples.count), Int64(first), Int64(columns), &wanted, Int64(columns)
                        )
                        for isa in sets {
                            guard let plan = gk_features_create(&shape, isa) else {
                                Issue.record("no plan")
                                return
                            }
                            defer { gk_features_destroy(plan) }
                            let scratch = FeatureScratch(byteCount: gk_features_scratch_bytes(plan))
                            var values = [Float](repeating: .nan, count: mels * columns)
                            gk_features_columns(
                                plan, samples, Int64(samples.count), Int64(first), Int64(columns), &values,
                                Int64(columns), scratch.bytes)
                            let bound: Float = single ? 1e-5 : 2e-6
                            for index in values.indices {
                                #expect(abs(values[index] - wanted[index]) <= bound, "value \(index), set \(isa)")
                            }
                            var rows = [Float](repeating: .nan, count: mels * columns)
                            gk_features_rows(
                                plan, samples, Int64(samples.count), Int64(first), Int64(columns), &rows, scratch.bytes)
                            #expect(
                                rows.indices.allSatisfy {
                                    rows[$0].bitPattern == values[$0 % mels * columns + $0 / mels].bitPattern
                                }, "set \(isa)")
                        }
                    }
                }
            }
        }
    }

    /// A loud tone over next to nothing: the quiet bands keep their precision.
    @Test func quietBandsBesideLoudToneMatchFormula() throws {
        let recipe = FeatureRecipe.schindler
        let samples = (0..<4096).map { index -> Float in
            Float((32_000 * sin(2 * Double.pi * 440 * Double(index) / 22_050)).rounded() / 32_768)
        }
        let window = FeatureTables.window(length: 1024, frameLength: 1024).map { $0 * 32_768 }
        let bank = FeatureTables.melBank(recipe)
        var wanted = [Float](repeating: 0, count: 80 * 16)
        window.withUnsafeBufferPointer { window in
            bank.withUnsafeBufferPointer { bank in
                var shape = gk_feature_shape(
                    fft_length: 1024, hop: 256, mels: 80, window: window.baseAddress, mel_bank: bank.baseAddress,
                    log_floor: 1e-6, factor: 1, offset: 0, power: false, single: false)
                gk_oracle_features_columns(&shape, samples, 4096, 0, 16, &wanted, 16)
            }
        }
        var values = [Float](repeating: .nan, count: 80 * 16)
        let plan = try FeaturePlan(recipe)
        samples.withUnsafeBufferPointer {
            plan.columns(of: $0, first: 0, columns: 16, into: &values, rowStride: 16, scratch: plan.makeScratch())
        }
        for index in values.indices { #expect(abs(values[index] - wanted[index]) < 1e-5) }
    }

    /// A row hangs neither on the rows computed with it nor on its place among them; none asked for, none written.
    @Test(arguments: [true, false])
    func rowsStandAlone(single: Bool) throws {
        let window = FeatureTables.window(length: 60, frameLength: 90)
        let bank = (0..<20 * 46).map { Double($0 % 7) / 7 }
        let samples = syntheticSignal(count: 1200)
        for isa in sets {
            let plan = try #require(
                window.withUnsafeBufferPointer { window in
                    bank.withUnsafeBufferPointer { bank in
                        var shape = gk_feature_shape(
                            fft_length: 90, hop: 31, mels: 20, window: window.baseAddress, mel_bank: bank.baseAddress,
                            log_floor: 1e-6, factor: 1, offset: 0, power: false, single: single)
                        return gk_features_create(&shape, isa)
                    }
                })
            defer { gk_features_destroy(plan) }
            let scratch = FeatureScratch(byteCount: gk_features_scratch_bytes(plan))
            var all = [Float](repeating: .nan, count: 40 * 20)
            gk_features_rows(plan, samples, 1200, 0, 40, &all, scratch.bytes)
            for (first, count) in [(0, 1), (5, 16), (7, 17), (39, 1), (20, 20)] {
                var some = [Float](repeating: .nan, count: count * 20)
                gk_features_rows(plan, samples, 1200, Int64(first), Int64(count), &some, scratch.bytes)
                #expect(some == Array(all[first * 20..<(first + count) * 20]), "set \(isa)")
            }
            var untouched: Float = 7
            gk_features_rows(plan, samples, 1200, 3, 0, &untouched, scratch.bytes)
            #expect(untouched == 7)
        }
    }

    @Test(arguments: [Float.greatestFiniteMagnitude, 0x1p20]) func valuesBeyondALimitAreFound(limit: Float) {
        for count in [1, 15, 16, 17, 4095, 4096, 4097, 9000] {
            var values = (0..<count).map { $0 % 2 == 0 ? limit : -limit }
            #expect(gk_first_beyond(limit, values, Int64(count)) == -1)
            for (place, fault) in [(0, Float.nan), (count / 2, limit.nextUp), (count - 1, -limit.nextUp)] {
                let kept = values[place]
                values[place] = fault
                #expect(gk_first_beyond(limit, values, Int64(count)) == Int64(place))
                values[place] = kept
            }
        }
    }

    @Test func contentHashTellsEveryByteAndTheLength() {
        let bytes = (0..<203).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        var seen: Set<UInt64> = [bytes.withUnsafeBytes(contentHash)]
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            #expect(seen.insert(changed.withUnsafeBytes(contentHash)).inserted)
        }
        for extra in 1..<70 {
            #expect(seen.insert((bytes + [UInt8](repeating: 0, count: extra)).withUnsafeBytes(contentHash)).inserted)
        }
    }
}
