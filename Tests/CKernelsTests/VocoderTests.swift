import CKernels
import Randomness
import Testing

@Suite struct VocoderTests {
    /// Memory for doubles, aligned to 64 bytes.
    private final class Doubles {
        let pointer: UnsafeMutablePointer<Double>
        let count: Int

        init(_ count: Int) {
            self.count = count
            pointer = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 8, alignment: 64)
                .bindMemory(to: Double.self, capacity: max(count, 1))
            pointer.initialize(repeating: .nan, count: count)
        }

        deinit { pointer.deallocate() }
    }

    private func noise(_ count: Int, _ purpose: String) -> [Float] {
        var random = RandomStream(seed: 3, purpose: purpose)
        return (0..<count).map { _ in Float(random.uniform(-1, 1)) }
    }

    private func stretched(
        _ plan: OpaquePointer, _ samples: [Float], rate: Double, wanted: Int
    ) -> [Float] {
        let frames = gk_vocoder_frames(plan, Int64(samples.count))
        let spectrum = Doubles(Int(gk_vocoder_spectrum_count(plan, frames)))
        let scratch = Doubles(Int(gk_vocoder_scratch_bytes(plan, Int64(wanted))) / 8)
        var output = [Float](repeating: .nan, count: wanted)
        gk_vocoder_analyse(plan, samples, Int64(samples.count), spectrum.pointer, scratch.pointer)
        gk_vocoder_synthesise(plan, spectrum.pointer, frames, rate, &output, Int64(wanted), scratch.pointer)
        return output
    }

    /// Even and odd frames, factors without a butterfly of their own, hops that do not divide, sounds shorter than a
    /// frame and empty ones, rates on both sides of 1.
    @Test(
        arguments: [(64, 16, 403), (90, 31, 211), (77, 20, 300), (2, 1, 17), (34, 34, 90), (64, 16, 0), (64, 16, 9)],
        [0.2, 0.749, 1, 1.5, 3.7])
    func soundMatchesTheOracle(sizes: (length: Int32, hop: Int32, count: Int), rate: Double) throws {
        let samples = noise(sizes.count, "vocoder \(sizes.length)")
        let whole = Int(gk_vocoder_stretched_count(Int64(sizes.count), rate))
        for isa in fastSets {
            let plan = try #require(gk_vocoder_create(sizes.length, sizes.hop, isa))
            defer { gk_vocoder_destroy(plan) }
            for wanted in [whole, whole / 3, whole + 5] {
                var oracle = [Float](repeating: .nan, count: wanted)
                try #require(
                    gk_oracle_stretch(
                        sizes.length, sizes.hop, samples, Int64(samples.count), rate, &oracle, Int64(wanted)))
                let found = stretched(plan, samples, rate: rate, wanted: wanted)
                // Where one frame's edge alone reaches, sum and norm are both next to nothing.
                let worst = zip(found, oracle).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? 0
                #expect(worst < 1e-6, "set \(isa), \(wanted) of \(whole)")
            }
        }
    }

    @Test(arguments: [(64, 16, 1), (10, 3, 7), (77, 20, 12)], [0.2, 0.5, 1, 1.2, 2.5])
    func framesMatchTheOracle(sizes: (length: Int32, hop: Int32, frames: Int), rate: Double) throws {
        let bins = Int(sizes.length) / 2 + 1
        let values = noise(2 * sizes.frames * bins, "frames \(sizes.length)").map(Double.init)
        let (real, imaginary) = (Array(values.prefix(sizes.frames * bins)), Array(values.suffix(sizes.frames * bins)))
        let count = Int(gk_vocoder_stretched_frames(Int64(sizes.frames), rate))
        var (wantedReal, wantedImaginary) = ([Double](repeating: .nan, count: count * bins), [Double]())
        wantedImaginary = wantedReal
        gk_oracle_phase_vocoder(
            sizes.length, sizes.hop, Int64(sizes.frames), real, imaginary, rate, &wantedReal, &wantedImaginary)
        for isa in fastSets {
            let plan = try #require(gk_vocoder_create(sizes.length, sizes.hop, isa))
            defer { gk_vocoder_destroy(plan) }
            let row = Int(gk_vocoder_row(plan))
            let spectrum = Doubles(Int(gk_vocoder_spectrum_count(plan, Int64(sizes.frames))))
            spectrum.pointer.update(repeating: 0, count: spectrum.count)
            for frame in 0..<sizes.frames {
                for bin in 0..<bins {
                    spectrum.pointer[(3 * frame + 1) * row + bin] = real[frame * bins + bin]
                    spectrum.pointer[(3 * frame + 2) * row + bin] = imaginary[frame * bins + bin]
                }
            }
            let result = Doubles(count * 2 * row)
            let scratch = Doubles(Int(gk_vocoder_scratch_bytes(plan, 0)) / 8)
            gk_vocoder_polar(plan, spectrum.pointer, Int64(sizes.frames))
            gk_vocoder_turn(
                plan, spectrum.pointer, Int64(sizes.frames), rate, result.pointer, scratch.pointer)
            for frame in 0..<count {
                for bin in 0..<bins {
                    let at = 2 * frame * row + bin
                    // The oracle adds up angles to some 4,000 rad, each sum rounded by up to 2.3e-13: sixty of them.
                    #expect(abs(result.pointer[at] - wantedReal[frame * bins + bin]) < 2e-11)
                    #expect(abs(result.pointer[at + row] - wantedImaginary[frame * bins + bin]) < 2e-11)
                }
            }
        }
    }

    @Test func senselessPlansAreRefused() {
        for (length, hop) in [(1, 1), (64, 0), (64, 65), (-8, 2)] as [(Int32, Int32)] {
            #expect(gk_vocoder_create(length, hop, GK_ISA_PORTABLE) == nil)
        }
    }
}
