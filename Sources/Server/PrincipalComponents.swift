import CKernels

/// The directions in which vectors differ most, and where each lies along them.
struct PrincipalComponents {
    /// [vectors][components], each scaled so that the greatest magnitude is 1.
    let places: [Double]
    /// Share of the variance along each.
    let shares: [Double]

    /// - Returns: nil where the vectors do not differ.
    init?(_ vectors: [[Float]], count: Int) {
        let size = vectors.first?.count ?? 0
        guard size >= count, vectors.allSatisfy({ $0.count == size }) else { return nil }
        var places = [Double](repeating: 0, count: vectors.count * count)
        var shares = [Double](repeating: 0, count: count)
        let isWell = gk_principal_components(
            vectors.flatMap { $0 }, Int32(vectors.count), Int32(size), Int32(count), &places, &shares)
        guard isWell else { return nil }
        self.places = places
        self.shares = shares
    }
}
