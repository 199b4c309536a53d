/// An assessment's examples as figures.
extension Assessment {
    public var spectrograms: [Figure] {
        examples.enumerated().map { index, example in
            let words =
                example.isRight
                ? "\(genres[example.label]), correct"
                : "\(genres[example.label]) classified as \(genres[example.predicted])"
            return SpectrogramFigure.figure(
                name: "segment-\(index + 1)-\(example.isRight ? "right" : "wrong")", title: words,
                values: example.values, recipe: recipe, genres: genres, probabilities: example.probabilities,
                label: example.label)
        }
    }

    /// With the track's name below, as elements of a page.
    var exampleElements: [String] {
        zip(spectrograms, examples).map { figure, example in
            figure.element(caption: "\(example.track), \(example.place)")
        }
    }
}
