#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension RandomStream {
    /// A number in 0...1 from the distribution Beta(alpha, alpha), as the ratio of two gamma variates whose logarithms
    /// are kept, so that a small alpha does not underflow.
    ///
    /// - Parameter alpha: above 0.
    public mutating func beta(_ alpha: Double) -> Double {
        let first = logGamma(alpha)
        return 1 / (1 + exp(logGamma(alpha) - first))
    }

    /// The logarithm of a gamma variate of that shape, scale 1 (Marsaglia & Tsang 2000; a shape below 1 by their
    /// section 6).
    private mutating func logGamma(_ shape: Double) -> Double {
        if shape < 1 { return logGamma(shape + 1) + log(1 - uniform()) / shape }
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normal()
            let root = 1 + c * x
            guard root > 0 else { continue }
            let v = root * root * root
            if log(1 - uniform()) < 0.5 * x * x + d - d * v + d * log(v) { return log(d * v) }
        }
    }
}
