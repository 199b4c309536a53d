import CKernels
import Foundation

/// How many threads this process should run: no more than the cores that it was given.
public enum UsableCores {
    /// The least of the scheduler's affinity, `SLURM_CPUS_PER_TASK` and the quotas of the process's control groups; at
    /// least one.
    public static let count = granted(
        affinity: Int(gk_usable_cores()), environment: ProcessInfo.processInfo.environment,
        text: { try? String(contentsOfFile: $0, encoding: .utf8) })

    /// - Parameter text: the content of a file of /proc or /sys; nil where there is none.
    static func granted(affinity: Int, environment: [String: String], text: (String) -> String?) -> Int {
        var count = affinity
        if let given = environment["SLURM_CPUS_PER_TASK"].flatMap({ Int($0) }), given >= 1 { count = min(count, given) }
        for group in controlGroups(text("/proc/self/cgroup") ?? "") {
            // A quota of 1.5 cores keeps two threads busy for three quarters of the time.
            if let quota = group.quota(text) { count = min(count, Int(quota.rounded(.up))) }
        }
        return max(1, count)
    }

    /// A control group and, one by one, those that it lies in: each may have a quota.
    private static func controlGroups(_ list: String) -> [ControlGroup] {
        var groups: [ControlGroup] = []
        for line in list.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3, fields[2].hasPrefix("/") else { continue }
            let isUnified = fields[0] == "0" && fields[1].isEmpty
            guard isUnified || fields[1].split(separator: ",").contains("cpu") else { continue }
            let mount = isUnified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/\(fields[1])"
            var path = fields[2].split(separator: "/").filter { $0 != ".." }
            while true {
                groups.append(ControlGroup(folder: ([mount] + path.map(String.init)).joined(separator: "/"), isUnified))
                if path.isEmpty { break }
                path.removeLast()
            }
        }
        return groups
    }

    private struct ControlGroup {
        let folder: String
        let isUnified: Bool

        init(folder: String, _ isUnified: Bool) {
            self.folder = folder
            self.isUnified = isUnified
        }

        /// Cores' worth of time a period; nil for no limit.
        func quota(_ text: (String) -> String?) -> Double? {
            let words: [Substring]
            if isUnified {
                guard let line = text(folder + "/cpu.max") else { return nil }
                words = line.split(whereSeparator: \.isWhitespace)
            } else {
                guard let quota = text(folder + "/cpu.cfs_quota_us"), let period = text(folder + "/cpu.cfs_period_us")
                else { return nil }
                words = [quota, period].flatMap { $0.split(whereSeparator: \.isWhitespace) }
            }
            guard words.count == 2, let quota = Double(words[0]), let period = Double(words[1]), quota > 0, period > 0,
                quota / period < 1_000_000
            else { return nil }
            return quota / period
        }
    }
}
