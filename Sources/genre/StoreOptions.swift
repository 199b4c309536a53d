import ArgumentParser
import Datasets
import Foundation

/// Where the features of audio are kept.
struct CacheOptions: ParsableArguments {
    @Flag(help: "Neither read nor keep features in the cache ($XDG_CACHE_HOME or ~/.cache, then genrekit/features).")
    var noCache = false
    @Option(
        help: """
            Gigabytes that the cache may hold; the features used longest ago go first. Also $GENREKIT_CACHE_LIMIT; by \
            default \(FeatureCache.defaultLimit / 1_000_000_000).
            """, completion: .default)
    var cacheLimit: Double?
}

extension CacheOptions {
    /// The cache that the options ask for; nil for none.
    func cache() throws -> FeatureCache? {
        let given = ProcessInfo.processInfo.environment["GENREKIT_CACHE_LIMIT"]
        let fromEnvironment = given.flatMap(Double.init)
        guard given == nil || fromEnvironment != nil else {
            throw ValidationError("GENREKIT_CACHE_LIMIT must be a number of gigabytes, not '\(given ?? "")'.")
        }
        let gigabytes = cacheLimit ?? fromEnvironment ?? Double(FeatureCache.defaultLimit) / 1e9
        guard (0...1e9).contains(gigabytes) else {
            throw ValidationError("--cache-limit must be a number of gigabytes from 0, not \(gigabytes).")
        }
        guard !noCache, let folder = FeatureCache.standardFolder() else { return nil }
        return FeatureCache(folder: folder, limit: Int(gigabytes * 1e9))
    }
}

extension StorePrecision: ExpressibleByArgument {}
