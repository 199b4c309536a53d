import Audio
import Foundation
import Randomness

/// One synthetic track: its tempo, key, progression, instruments, patterns and mix all follow from style, seed and
/// number, so that the same three give the same music.
public struct Composition: Sendable {
    /// The greatest magnitude of a rendered sample.
    public static let peak: Float = 0.8
    /// The most seconds that can be rendered.
    public static let longest: Double = 600

    public let style: Style
    public let seed: UInt64
    /// Which track of its style.
    public let number: Int
    /// Beats a minute, within `style.tempi`.
    public let tempo: Double
    /// Pitch class of the keynote, 0 for C to 11 for B.
    public let key: Int

    private let random: RandomStream

    public init(style: Style, seed: UInt64, number: Int) {
        self.style = style
        self.seed = seed
        self.number = number
        var random = RandomStream(seed: seed, purpose: "synthesis/\(style.rawValue)/\(number)")
        tempo = random.uniform(style.tempi.lowerBound, style.tempi.upperBound)
        key = random.index(below: 12)
        self.random = random
    }

    /// The first `seconds` of the track: mono, `round(seconds × sampleRate)` samples with their peak at `peak`. The
    /// samples are the same on every run; another C library's sine or exponential may change their last bits.
    ///
    /// - Parameters:
    ///   - seconds: 0 to `longest`.
    ///   - sampleRate: Hz, within `AudioDecoder.sampleRates`.
    public func render(seconds: Double, sampleRate: Double) -> [Float] {
        precondition(seconds >= 0 && seconds <= Self.longest, "a track cannot last \(seconds) s")
        precondition(
            sampleRate >= Double(AudioDecoder.sampleRates.lowerBound)
                && sampleRate <= Double(AudioDecoder.sampleRates.upperBound), "no sample rate: \(sampleRate) Hz")
        let count = Int((seconds * sampleRate).rounded())
        let bars = Int(seconds * tempo / 240) + 1
        var arranger = Arranger(random: random, tempo: tempo, key: key, bars: bars)
        arranger.score.mix.tilt = arranger.draw(-4...4)
        arranger.score.mix.hiss = 0.0004 * exp2(arranger.draw(0...4))
        arranger.compose(style)
        var renderer = Renderer(sampleRate: sampleRate, seed: arranger.random.next())
        return renderer.render(arranger.score, count: count)
    }
}

extension Arranger {
    mutating func compose(_ style: Style) {
        switch style {
        case .blues: blues()
        case .classical: classical()
        case .country: country()
        case .disco: disco()
        case .hiphop: hiphop()
        case .jazz: jazz()
        case .metal: metal()
        case .pop: pop()
        case .reggae: reggae()
        case .rock: rock()
        }
    }
}
