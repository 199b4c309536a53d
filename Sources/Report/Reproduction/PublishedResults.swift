/// Accuracies on GTZAN as they were published, in percent.
public struct PublishedResult: Sendable, Hashable {
    /// A net of ours that was built after it.
    public let net: String
    public let epochs: Int
    public let raw: Double
    public let max: Double?
    public let maj: Double?

    init(_ net: String, epochs: Int, raw: Double, max: Double? = nil, maj: Double? = nil) {
        self.net = net
        self.epochs = epochs
        self.raw = raw
        self.max = max
        self.maj = maj
    }

    /// Pandey, Hossain & Bayraktar, Table I: the coursework's split, means of five runs. The row CRNN stands beside both
    /// nets that it may mean: the one their text describes and the one their code computes.
    public static let tableI = [
        PublishedResult("shallow", epochs: 100, raw: 63.12), PublishedResult("shallow", epochs: 200, raw: 63.8),
        PublishedResult("deep", epochs: 100, raw: 62.67), PublishedResult("deep", epochs: 200, raw: 63.1),
        PublishedResult("deep-published", epochs: 100, raw: 62.67),
        PublishedResult("deep-published", epochs: 200, raw: 63.1),
        PublishedResult("crnn", epochs: 100, raw: 64.52), PublishedResult("crnn", epochs: 200, raw: 64.72),
        PublishedResult("crnn-published", epochs: 100, raw: 64.52),
        PublishedResult("crnn-published", epochs: 200, raw: 64.72),
    ]

    /// Schindler, Lidy & Rauber 2016: four folds.
    public static let schindler = [
        PublishedResult("shallow", epochs: 100, raw: 66.56, max: 78.10, maj: 77.80),
        PublishedResult("shallow", epochs: 200, raw: 67.49, max: 80.80, maj: 80.20),
        PublishedResult("deep", epochs: 100, raw: 65.69, max: 78.60, maj: 78.00),
        PublishedResult("deep", epochs: 200, raw: 66.19, max: 80.60, maj: 80.30),
    ]

    static func find(_ net: String, epochs: Int, in list: [PublishedResult]) -> PublishedResult? {
        list.first { $0.net == net && $0.epochs == epochs }
    }
}
