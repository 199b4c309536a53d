/// The releases of musicnn (Pons & Serra 2019, https://github.com/jordipons/musicnn) whose weights can be taken, and what is
/// known of them.
public struct MusicnnRelease: Sendable {
    /// Sizes of the nets, which the tensors' shapes must have.
    struct Sizes: Sendable {
        var timbre = 204
        var rhythm = 51
        var middle = 64
        var units = 200
        /// Channels of the vgg nets.
        var vgg = 128
        var tags = 50
    }

    public struct Variant: Sendable {
        public enum Net: Sendable {
            case musicnn, vgg
        }

        /// "MSD_musicnn"
        public let name: String
        public let net: Net
        /// As models of it are called once they are installed: "musicnn".
        public let installedName: String
        /// The list in the package's configuration that names its tags.
        let tags: String
        /// What it learned from, in words.
        public let data: String
        /// What the authors' program makes of ``GoldenSound``'s first segment: each tag's probability.
        let golden: [Float]
    }

    /// As pip calls it: "musicnn 0.1.0".
    public let name: String
    /// Of the wheel's bytes.
    public let sha256: String
    let sizes: Sizes
    public let variants: [Variant]

    public static let current = MusicnnRelease(
        name: "musicnn 0.1.0", sha256: "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa",
        sizes: Sizes(),
        variants: [
            Variant(
                name: "MSD_musicnn", net: .musicnn, installedName: "musicnn", tags: "MSD_LABELS",
                data: "the Million Song Dataset",
                golden: Golden.msdMusicnn),
            Variant(
                name: "MTT_musicnn", net: .musicnn, installedName: "musicnn-mtt", tags: "MTT_LABELS",
                data: "the MagnaTagATune dataset",
                golden: Golden.mttMusicnn),
            Variant(
                name: "MSD_vgg", net: .vgg, installedName: "musicnn-vgg", tags: "MSD_LABELS",
                data: "the Million Song Dataset", golden: Golden.msdVGG),
            Variant(
                name: "MTT_vgg", net: .vgg, installedName: "musicnn-mtt-vgg", tags: "MTT_LABELS",
                data: "the MagnaTagATune dataset", golden: Golden.mttVGG),
        ])

    /// All names of installed models.
    public static var installedNames: [String] { current.variants.map(\.installedName) }

    /// A variant by its own name or that of its installed model.
    ///
    /// - Parameter name: nil for the first.
    /// - Throws: ``BackboneError/unknownVariant(name:known:)``.
    public func variant(_ name: String?) throws(BackboneError) -> Variant {
        guard let name else { return variants[0] }
        guard let variant = variants.first(where: { [$0.name, $0.installedName].contains(name) }) else {
            throw .unknownVariant(name: name, known: variants.map(\.name))
        }
        return variant
    }
}
