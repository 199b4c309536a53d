/// One of N parts of a collection: which files it takes hangs on their names alone, so that N machines share the work
/// without speaking to each other.
public struct Shard: Sendable, Hashable {
    /// From 1.
    public let index: Int
    public let count: Int

    /// "2/5"; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let index = Int(parts[0]), let count = Int(parts[1]), 1...1_000_000 ~= count,
            1...count ~= index
        else { return nil }
        self.index = index
        self.count = count
    }

    public func contains(_ input: AudioInputs.Input) -> Bool {
        // FNV-1a, 64 bits, then its high and low halves mixed: the low bits alone are weak.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in input.key.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash ^= hash >> 32
        return Int(hash % UInt64(count)) == index - 1
    }
}
