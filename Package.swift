// swift-tools-version: 6.1
import PackageDescription

// Only Homebrew's folders have to be asked for; on Linux the answer would hold -pthread, which SwiftPM warns of.
#if os(macOS)
    let librsvgPackage: String? = "librsvg-2.0"
#else
    let librsvgPackage: String? = nil
#endif

/// One module a floor; imports run one way only, downwards (ARCHITECTURE.md has the table).
let package = Package(
    name: "GenreKit",
    platforms: [.macOS(.v14)],
    products: [
        .library(name: "GenreKit", targets: ["GenreKit"]),
        .executable(name: "genre", targets: ["genre"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", .upToNextMinor(from: "1.8.0")),
        .package(url: "https://github.com/apple/swift-protobuf", .upToNextMinor(from: "1.39.0")),
        .package(url: "https://github.com/hummingbird-project/hummingbird", .upToNextMinor(from: "2.28.1")),
    ],
    targets: [
        // Floor 7: the tool.
        .executableTarget(
            name: "genre",
            dependencies: [
                "Server", "Benchmarks", "Report", "Training", "Prediction", "Interchange", "Backbones", "ModelFile",
                "Datasets",
                "Evaluation", "Architectures", "Synthesis", "NeuralNetwork", "Features", "Storage",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .target(
            name: "GenreKit", dependencies: ["Prediction", "ModelFile", "NeuralNetwork", "Features", "Evaluation"]),
        // Floor 6
        .target(
            name: "Server",
            dependencies: [
                "CPages", "Prediction", "Training", "Report", "Datasets", "ModelFile", "Evaluation", "Architectures",
                "NeuralNetwork", "Features", "Audio", "Storage",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
            ], exclude: ["Pages"]),
        .target(
            name: "Report",
            dependencies: [
                "Training", "Datasets", "ModelFile", "Evaluation", "Architectures", "NeuralNetwork", "Features",
                "Storage", "CRsvg", "CZlib", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: ["Protobuf/README.md", "Protobuf/tensorboard.proto", "Protobuf/hparams.proto"]),
        .target(
            name: "Benchmarks", dependencies: ["Audio", "Features", "NeuralNetwork", "Architectures", "Randomness"]),
        // Floor 5
        .target(
            name: "Training",
            dependencies: [
                "Datasets", "ModelFile", "Architectures", "NeuralNetwork", "Evaluation", "Storage", "Randomness",
            ]),
        .target(
            name: "Prediction",
            dependencies: ["Audio", "Features", "ModelFile", "NeuralNetwork", "Evaluation", "Storage"]),
        .target(
            name: "Interchange",
            dependencies: [
                "ModelFile", "NeuralNetwork", "Features", "Evaluation", "Storage",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: ["Protobuf/README.md", "Protobuf/onnx.proto"]),
        .target(
            name: "Backbones", dependencies: ["ModelFile", "Architectures", "NeuralNetwork", "Features", "Storage"]),
        // Floor 4
        .target(name: "ModelFile", dependencies: ["CModels", "NeuralNetwork", "Features", "Evaluation", "Storage"]),
        // Floor 3
        .target(name: "Datasets", dependencies: ["Audio", "Features", "Storage", "Randomness"]),
        .target(name: "Evaluation", dependencies: ["Randomness"]),
        .target(name: "Architectures", dependencies: ["NeuralNetwork"]),
        // Floor 2
        .target(name: "Synthesis", dependencies: ["Audio", "Randomness"]),
        .target(name: "NeuralNetwork", dependencies: ["CKernels", "Randomness"]),
        .target(name: "Features", dependencies: ["CKernels", "Randomness"]),
        // Floor 1
        .target(name: "Audio", dependencies: ["CFFmpeg"]),
        .target(name: "Storage", dependencies: ["CFFmpeg", "CZlib"]),
        .target(name: "Randomness"),
        // Floor 0
        .target(name: "CKernels"),
        .target(
            name: "CModels",
            exclude: [
                "gtzan-compact.safetensors", "gtzan-compact.txt", "gtzan-musicnn.safetensors", "gtzan-musicnn.txt",
            ]),
        .target(
            name: "CPages", path: "Sources/Server/Pages",
            exclude: [
                "index.html", "app.css", "app.js", "dom.js", "player.js", "drop.js", "listen.js", "recorder.js",
                "collection.js", "runs.js", "chart.js", "models.js", "icon.svg", "openapi.json",
            ]),
        // C objects do not link what a module map names, and pkg-config is asked for one library only.
        .target(
            name: "CFFmpeg", dependencies: ["CFFmpegSystem"],
            linkerSettings: ["avformat", "avcodec", "swresample", "avutil"].map { .linkedLibrary($0) }),
        .systemLibrary(
            name: "CFFmpegSystem", pkgConfig: "libavformat",
            providers: [
                .apt(["libavformat-dev", "libavcodec-dev", "libavutil-dev", "libswresample-dev"]), .brew(["ffmpeg"]),
            ]),
        .target(
            name: "CRsvg", dependencies: ["CRsvgSystem"],
            linkerSettings: ["rsvg-2", "cairo", "gobject-2.0", "glib-2.0"].map { .linkedLibrary($0) }),
        .systemLibrary(
            name: "CRsvgSystem", pkgConfig: librsvgPackage,
            providers: [.apt(["librsvg2-dev"]), .brew(["librsvg"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        // Tests mirror the modules.
        .testTarget(name: "GenreKitTests", dependencies: ["GenreKit"]),
        .testTarget(name: "CKernelsTests", dependencies: ["CKernels", "Randomness"]),
        .testTarget(name: "RandomnessTests", dependencies: ["Randomness"]),
        .testTarget(name: "StorageTests", dependencies: ["Storage"]),
        .testTarget(name: "AudioTests", dependencies: ["Audio"], resources: [.copy("Fixtures")]),
        .testTarget(
            name: "FeaturesTests", dependencies: ["Features", "Audio", "CKernels"], resources: [.copy("Fixtures")]),
        .testTarget(
            name: "NeuralNetworkTests", dependencies: ["NeuralNetwork", "Architectures", "CKernels"],
            resources: [.copy("Fixtures")]),
        .testTarget(name: "ArchitecturesTests", dependencies: ["Architectures"]),
        .testTarget(name: "EvaluationTests", dependencies: ["Evaluation", "Randomness"]),
        .testTarget(name: "SynthesisTests", dependencies: ["Synthesis", "Audio", "Randomness"]),
        .testTarget(
            name: "DatasetsTests", dependencies: ["Datasets", "Audio", "Features", "Synthesis"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "ModelFileTests", dependencies: ["ModelFile", "NeuralNetwork", "Features", "Evaluation", "Storage"]),
        .testTarget(
            name: "TrainingTests",
            dependencies: [
                "Training", "Datasets", "ModelFile", "Evaluation", "NeuralNetwork", "Features", "Randomness",
                "CKernels",
            ], resources: [.copy("Fixtures")]),
        .testTarget(
            name: "PredictionTests", dependencies: ["Prediction", "ModelFile", "NeuralNetwork", "Features", "Audio"]),
        .testTarget(
            name: "ReportTests",
            dependencies: [
                "Report", "Training", "Datasets", "ModelFile", "Evaluation", "Architectures", "NeuralNetwork",
                "Features", "Randomness", "CZlib",
            ], resources: [.copy("Fixtures")]),
        .testTarget(
            name: "InterchangeTests",
            dependencies: ["Interchange", "ModelFile", "NeuralNetwork", "Architectures", "Features", "Storage"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "BackbonesTests", dependencies: ["Backbones", "ModelFile", "NeuralNetwork", "Features", "Storage"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "Server", "Prediction", "ModelFile", "NeuralNetwork", "Features", "Audio", "Storage",
                .product(name: "Hummingbird", package: "hummingbird"),
            ]),
        .testTarget(name: "BenchmarksTests", dependencies: ["Benchmarks", "Audio", "Features"]),
        .testTarget(
            name: "GenreTests",
            dependencies: [
                "genre", "Server", "Interchange", "Prediction", "ModelFile", "Architectures", "NeuralNetwork",
                "Features",
                "Evaluation", "Synthesis", "Storage", "Audio",
            ]),
    ]
)
