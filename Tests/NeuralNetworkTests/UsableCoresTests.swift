import Testing

@testable import NeuralNetwork

/// Default threads follow what a batch system or a container grants.
@Suite struct UsableCoresTests {
    private func count(_ affinity: Int, slurm: String? = nil, files: [String: String] = [:]) -> Int {
        UsableCores.granted(
            affinity: affinity, environment: slurm.map { ["SLURM_CPUS_PER_TASK": $0] } ?? [:], text: { files[$0] })
    }

    @Test func affinityAloneDecidesWhereNothingElseIsSaid() {
        #expect(count(12) == 12)
        #expect(count(0) == 1)
    }

    @Test(arguments: [("4", 4), ("64", 12), ("0", 12), ("-3", 12), ("4(x2)", 12), ("", 12)])
    func slurmGrantsNoMoreThanThereIs(said: String, cores: Int) { #expect(count(12, slurm: said) == cores) }

    @Test(arguments: [
        ("200000 100000\n", 2), ("150000 100000", 2), ("50000 100000", 1), ("max 100000", 12), ("0 100000", 12),
        ("-1 100000", 12), ("100000", 12), ("nan 1", 12), ("1e300 1", 12), ("", 12),
    ])
    func quotasOfTheUnifiedHierarchy(said: String, cores: Int) {
        let files = ["/proc/self/cgroup": "0::/user.slice/job\n", "/sys/fs/cgroup/user.slice/job/cpu.max": said]
        #expect(count(12, files: files) == cores)
    }

    @Test func anEnclosingGroupLimitsToo() {
        let files = [
            "/proc/self/cgroup": "0::/a/b\n", "/sys/fs/cgroup/a/b/cpu.max": "800000 100000",
            "/sys/fs/cgroup/a/cpu.max": "300000 100000",
        ]
        #expect(count(12, files: files) == 3)
        // In a container its own group is the root.
        #expect(count(12, files: ["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup//cpu.max": "9 9"]) == 12)
        #expect(count(12, files: ["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "9 9"]) == 1)
    }

    @Test func quotasOfTheOldHierarchy() {
        var files = [
            "/proc/self/cgroup": "11:memory:/x\n4:cpu,cpuacct:/docker/1\n",
            "/sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_quota_us": "250000\n",
            "/sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_period_us": "100000\n",
        ]
        #expect(count(12, files: files) == 3)
        files["/sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_quota_us"] = "-1\n"
        #expect(count(12, files: files) == 12)
    }
}
