#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension RandomStream {
    /// A number from the standard normal distribution (Box & Muller 1958; the second of each pair is dropped, so that
    /// the stream's state stays four words).
    public mutating func normal() -> Double {
        let radius = (-2 * log(1 - uniform())).squareRoot()
        return radius * cos(2 * Double.pi * uniform())
    }
}
