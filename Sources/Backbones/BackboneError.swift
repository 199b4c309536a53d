/// What can be wrong with other people's weights.
public enum BackboneError: Error, Equatable, CustomStringConvertible {
    /// A wheel, but not the one whose weights are known.
    case otherWheel(file: String, sha256: String, wanted: String, wheel: String)
    /// The wheel's bytes break a format's rules, or lack what they must hold.
    case damaged(file: String, part: String, problem: String)
    /// The net does not give the numbers that its authors' program gives.
    case otherNumbers(file: String, variant: String, tag: String, found: Float, wanted: Float)
    case unknownVariant(name: String, known: [String])

    public var description: String {
        switch self {
        case .otherWheel(let file, let sha256, let wanted, let wheel):
            "\(file) is not the wheel of \(wheel): its SHA-256 is \(sha256), and must be \(wanted); "
                + "fetch it again with 'pip download --no-deps \(wheel.replacing(" ", with: "=="))'"
        case .damaged(let file, let part, let problem):
            "\(file) is damaged: \(part.isEmpty ? "" : "in \(part), ")\(problem); fetch it again"
        case .otherNumbers(let file, let variant, let tag, let found, let wanted):
            "\(file): '\(variant)' gives \(found) for the tag '\(tag)' of the test sound, and must give \(wanted), so nothing "
                + "was kept; fetch the wheel again, and if that does not help, report it with the output of 'genre bench'"
        case .unknownVariant(let name, let known):
            "there is no variant '\(name)'; they are \(known.joined(separator: ", "))"
        }
    }
}

extension String {
    fileprivate func replacing(_ part: Character, with other: String) -> String {
        split(separator: part).joined(separator: other)
    }
}
