import Foundation

/// The signal of Tools/make_feature_fixtures.py: a chirp from 60 Hz up and noise, in 16-bit steps.
func syntheticSignal(count: Int) -> [Float] {
    var state: UInt32 = 1
    return (0..<count).map { index in
        state = state &* 1_664_525 &+ 1_013_904_223
        let noise = Double(state) / 0x1p31 - 1
        let time = Double(index) / 22_050
        let chirp = sin(2 * Double.pi * (60 * time + 2400 * time * time))
        return Float((32_767 * (0.6 * chirp + 0.2 * noise)).rounded(.toNearestOrEven) / 32_768)
    }
}

/// The folder of data shared beside the package, which not every checkout has.
enum SharedData {
    static let folder: URL? = {
        let environment = ProcessInfo.processInfo.environment["GENREKIT_SHARED"].map { URL(fileURLWithPath: $0) }
        var beside = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { beside.deleteLastPathComponent() }
        beside.appendPathComponent("shared")
        return [environment, beside].compactMap { $0 }.first {
            FileManager.default.fileExists(atPath: $0.appendingPathComponent("data").path)
        }
    }()
    static let isPresent = folder != nil
}
