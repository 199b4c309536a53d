import CKernels

/// Weights and mixed labels of a training step's loss.
public struct LossTargets: Sendable, Hashable {
    /// A second label for each segment; nil for none.
    public var second: [Int32]?
    /// The first label's share of the target, 0 to 1; the second has the rest.
    public var share: Double
    /// A weight for each class; nil for 1. The mean divides by the sum of the segments' weights, as PyTorch's
    /// `CrossEntropyLoss(weight=...)` does.
    public var classWeights: [Float]?

    public init(second: [Int32]? = nil, share: Double = 1, classWeights: [Float]? = nil) {
        self.second = second
        self.share = share
        self.classWeights = classWeights
    }

    func check(count: Int, classes: Int) {
        precondition(0...1 ~= share, "a share is 0 to 1")
        precondition(classWeights.map { $0.count == classes } ?? true, "one weight a class")
        precondition(
            second.map { $0.count >= count && $0.allSatisfy { 0..<Int32(classes) ~= $0 } } ?? true,
            "a second label is missing or out of range")
    }

    func withKernelTargets<Result>(
        labels: UnsafePointer<Int32>, _ body: (UnsafePointer<gk_targets>) -> Result
    ) -> Result {
        (second ?? []).withUnsafeBufferPointer { seconds in
            (classWeights ?? []).withUnsafeBufferPointer { weights in
                var targets = gk_targets(
                    labels: labels, second: second == nil ? nil : seconds.baseAddress, share: share,
                    class_weights: classWeights == nil ? nil : weights.baseAddress)
                return body(&targets)
            }
        }
    }
}
