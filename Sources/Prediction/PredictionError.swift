/// What can go wrong in a prediction, beyond the audio and the model file themselves.
public enum PredictionError: Error, CustomStringConvertible {
    /// The model was trained on spectrograms that came without a way to make them from audio.
    case noAudioRecipe(recipe: String)
    /// The net's verdict on a segment depends on others; the text says how.
    case notForSingleFiles(caution: String)
    /// The file decodes, but no segment can be made of it.
    case unusable(file: String, problem: String)
    /// Nothing but silence.
    case silent
    /// The net's sums leave the range of its numbers.
    case overflow
    /// A model of tags where genres are wanted, and the other way round.
    case tellsTags
    case tellsGenres
    /// A fusion where one net is wanted.
    case severalNets
    /// A time in seconds that makes no sense.
    case badSeconds(name: String, value: Double)

    public var description: String {
        switch self {
        case .noAudioRecipe(let recipe):
            "the model was trained on '\(recipe)' spectrograms, which cannot be made from audio; "
                + "use 'genre evaluate' with data of that kind, or train a model on audio"
        case .notForSingleFiles(let caution): "the model cannot predict: \(caution)"
        case .unusable(let file, let problem): "\(file): \(problem)"
        case .silent: "there is nothing but silence"
        case .overflow: "the model's numbers overflow on it; its weights are damaged or far too large: train it anew"
        case .tellsTags:
            "the model tells tags, not genres: 'genre tags' shows them; 'genre train DATA --backbone MODEL' makes a "
                + "classifier of genres of it"
        case .tellsGenres: "the model tells genres, not tags: 'genre predict' shows them; name a model of tags"
        case .severalNets: "the model is a fusion, which has no embedding of its own: name one of its members"
        case .badSeconds(let name, let value): "the \(name) must be above 0 and at most 86400 seconds, not \(value)"
        }
    }
}
