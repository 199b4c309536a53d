import Features
import Foundation
import Storage

extension FeatureCache {
    private static let file = "outputs.safetensors"
    private static let tensor = "outputs"

    /// What a net gives for every segment of a set, made once: an entry of the cache like any store, one file in it.
    ///
    /// Where the cache cannot be used, the values are made and kept nowhere.
    ///
    /// - Parameters:
    ///   - name: all that the values depend on.
    ///   - count: of the values.
    /// - Throws: what `make` throws.
    package func outputs(named name: String, count: Int, make: () throws -> [Float]) throws -> [Float] {
        var hash = SHA256()
        hash.update(counted: name)
        let entry = folder.appendingPathComponent("outputs-\(hash.hexDigest().prefix(24))")
        guard (try? FileManager.default.createDirectory(at: entry, withIntermediateDirectories: true)) != nil,
            let lock = try? FolderLock(entry)
        else { return try make() }
        return try withExtendedLifetime(lock) {
            lock.markUse()
            let place = entry.appendingPathComponent(Self.file)
            // A damaged file is made anew, as a store's rows are.
            if let file = try? SafetensorsFile(place), file.metadata["name"] == name,
                let values = try? file.floats(named: Self.tensor), values.count == count,
                file.metadata["digest"] == Self.digest(values)
            {
                return values
            }
            let values = try make()
            AtomicFile.removeLeftovers(in: entry)
            try? Safetensors.write(
                tensors: [(Self.tensor, [values.count], values)],
                metadata: ["name": name, "digest": Self.digest(values)], to: place)
            evict(keeping: entry)
            return values
        }
    }

    private static func digest(_ values: [Float]) -> String { String(values.withUnsafeBytes(contentHash)) }
}
