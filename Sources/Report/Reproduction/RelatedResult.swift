/// What the authors of a net published, and why it does not compare with an accuracy on GTZAN's tracks by artists that the
/// net never met.
struct RelatedResult {
    let figure: String
    let reason: String

    /// Of a net by its name; nil where nothing is known.
    static func of(_ net: String) -> RelatedResult? {
        switch net {
        case "shallow":
            .init("63.8% raw (Table I); 80.8% max (Schindler et al.)", "random tracks of GTZAN, artists on both sides")
        case "deep", "deep-published":
            .init("63.1% raw (Table I); 80.6% max (Schindler et al.)", "random tracks of GTZAN, artists on both sides")
        case "crnn", "bicrnn", "crnn-published":
            .init("64.7% raw (Table I)", "random tracks of GTZAN, artists on both sides; the LSTM read whole batches")
        case "pons-blackbox": .init("87.3% on Ballroom", ballroom)
        case "pons-time": .init("81.8% on Ballroom", ballroom)
        case "pons-frequency": .init("59.6% on Ballroom", ballroom)
        case "pons-timefrequency": .init("86.5% on Ballroom", ballroom)
        case "pons-timefrequency-init": .init("87.7% on Ballroom", ballroom)
        case "mcc": .init("80.3% (re-implementation)", reimplemented)
        case "mcclstm": .init("62.1% (re-implementation)", reimplemented)
        case "dong", "dong-32", "dong-96": .init("70% of tracks", "random tracks of GTZAN, artists on both sides")
        case "cldnn": .init("word error rates", "speech")
        case "gesture-cnnlstm": .init("90.6 to 97.6%", "bow strokes of a violin, eight classes, random examples")
        case "short-chunk": .init("ROC-AUC 0.913", tagging)
        case "short-chunk-res": .init("ROC-AUC 0.913", tagging)
        case "musicnn": .init("ROC-AUC 0.907", tagging)
        case "bbnn": .init("91.3% of tracks", "random tracks of GTZAN, artists on both sides")
        case let name where name.hasPrefix("choi-"): .init("ROC-AUC up to 0.866", "tags of the Million Song Dataset")
        default: nil
        }
    }

    private init(_ figure: String, _ reason: String) {
        self.figure = figure
        self.reason = reason
    }

    private static let ballroom = "another data set; random tracks, chunks of one track in training and validation"
    private static let reimplemented = "a course's set of ten genres, random tracks"
    private static let tagging = "tags of MagnaTagATune, no genres"
}
