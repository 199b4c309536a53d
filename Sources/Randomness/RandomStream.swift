/// One seeded stream of random numbers for one purpose.
///
/// The generator is xoshiro256** (Blackman & Vigna 2018), its state filled by SplitMix64 from the seed and a 64-bit
/// FNV-1a hash of the purpose's name. Streams of different purposes are independent, so that drawing more numbers for
/// one purpose (say, dropout) never disturbs another (say, the order of the samples).
public struct RandomStream: RandomNumberGenerator, Sendable, Hashable, Codable {
    // The generator's four words: encode the stream and decode it to continue where it stopped.
    private var first, second, third, fourth: UInt64

    /// - Parameters:
    ///   - seed: the run's seed.
    ///   - purpose: what the numbers are for; equal names give equal streams.
    public init(seed: UInt64, purpose: String) {
        var splitMix = SplitMix64(state: seed ^ fnv1a(purpose))
        first = splitMix.next()
        second = splitMix.next()
        third = splitMix.next()
        fourth = splitMix.next()
    }

    private enum CodingKeys: String, CodingKey {
        case first, second, third, fourth
    }

    /// - Throws: `DecodingError` where all words are zero: from there the generator gives nothing else, and who draws
    ///   without bias would wait for ever.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        first = try container.decode(UInt64.self, forKey: .first)
        second = try container.decode(UInt64.self, forKey: .second)
        third = try container.decode(UInt64.self, forKey: .third)
        fourth = try container.decode(UInt64.self, forKey: .fourth)
        guard first | second | third | fourth != 0 else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath, debugDescription: "a random stream whose words are all zero"))
        }
    }

    public mutating func next() -> UInt64 {
        let result = rotatedLeft(second &* 5, by: 7) &* 9
        let shifted = second << 17
        third ^= first
        fourth ^= second
        second ^= third
        first ^= fourth
        third ^= shifted
        fourth = rotatedLeft(fourth, by: 45)
        return result
    }

    /// A number in [0, 1) with 53 random bits.
    public mutating func uniform() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// A number in [lower, upper).
    public mutating func uniform(_ lower: Double, _ upper: Double) -> Double {
        lower + (upper - lower) * uniform()
    }

    /// A whole number in 0..<bound, without bias (Lemire 2019).
    public mutating func index(below bound: Int) -> Int {
        precondition(bound > 0, "an index needs a positive bound")
        let range = UInt64(bound)
        var product = next().multipliedFullWidth(by: range)
        if product.low < range {
            let threshold = (0 &- range) % range
            while product.low < threshold { product = next().multipliedFullWidth(by: range) }
        }
        return Int(product.high)
    }

    /// `values` in a random order (Fisher-Yates).
    public mutating func shuffled<Element>(_ values: [Element]) -> [Element] {
        var result = values
        guard result.count > 1 else { return result }
        for last in stride(from: result.count - 1, to: 0, by: -1) {
            result.swapAt(last, index(below: last + 1))
        }
        return result
    }

    /// `count` different indices below `bound`, in increasing order; all of them where `count` is not smaller.
    public mutating func sample(_ count: Int, below bound: Int) -> [Int] {
        guard count < bound else { return Array(0..<bound) }
        return Array(shuffled(Array(0..<bound)).prefix(count)).sorted()
    }
}

/// SplitMix64 (Steele, Lea & Flood 2014): one multiply-xorshift mix of a counter.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    public var state: UInt64

    public init(state: UInt64) { self.state = state }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// The 64-bit FNV-1a hash of a text's UTF-8 bytes.
public func fnv1a(_ text: String) -> UInt64 {
    text.utf8.reduce(0xCBF2_9CE4_8422_2325) { hash, byte in (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
}

private func rotatedLeft(_ word: UInt64, by count: UInt64) -> UInt64 {
    (word << count) | (word >> (64 - count))
}
