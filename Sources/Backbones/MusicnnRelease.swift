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
    /// SHA-256 of each file that is read, by its path in the wheel.
    let files: [String: String]
    let sizes: Sizes
    public let variants: [Variant]

    public static let current = MusicnnRelease(
        name: "musicnn 0.1.0", sha256: "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa",
        files: [
            "musicnn-0.1.0.dist-info/LICENSE.md":
                "60c4194f702ddd969f969577743546327b4e9db560c07ec286be5cec27f55fcd",
            "musicnn/MSD_musicnn/.data-00000-of-00001":
                "8579734ee6388f799ed0def4bbd0d1fdcbeaf213ef2a9dc860917bd76a303de6",
            "musicnn/MSD_musicnn/.index":
                "87f3e0f3550c8d3bafc840374003e5c8af5eeb5ecf6add61af09a7822d3282c8",
            "musicnn/MSD_vgg/.data-00000-of-00001":
                "9683d756b8311146534f333502ebf4a2a78a3e320c54ab0411dff6186d8375fc",
            "musicnn/MSD_vgg/.index":
                "50e499238457558bba9f34f8b84d4afb8279afd43520cdf0a4fdf805a49c9ca3",
            "musicnn/MTT_musicnn/.data-00000-of-00001":
                "041f3935e981a65cea739842d30c188d3a7d2adf4410955c8668eb3de4a5acab",
            "musicnn/MTT_musicnn/.index":
                "da2d7bb670b2b31e9bc441bb1bd75eca31b5b061f963cc1f9630c1aff3238f57",
            "musicnn/MTT_vgg/.data-00000-of-00001":
                "458f5c8bcecc086a3bba3dce83809df6da6e0a3560a59ddd84711bf3d5fd8303",
            "musicnn/MTT_vgg/.index":
                "4b0d3d2d02bbe0919c063c1fb74bfa9018ac3517e362d681b07444d4207a5f5f",
            "musicnn/configuration.py":
                "00fd595eb16bad3a605e10bb6eaf0152cb8125bed6e2c884a636f679ae100419",
        ],
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
