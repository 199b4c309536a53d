import NeuralNetwork

extension Blueprint {
    /// The report's second extension (section IX.B) read as it was meant: the deep towers, then an LSTM of 200 over
    /// **time** in place of the first dense layer. 1,649,562 parameters for ten genres.
    ///
    /// After their last pools the frequency tower is 128 channels of 10 mel bands x 2 columns, the time tower 128 of
    /// 2 x 10. So the sequence has ten steps, one for each column of the time tower (0.09 s each); step t joins that
    /// column (2 x 128 = 256 features) with the frequency tower's column t div 5 (10 x 128 = 1,280), since that tower's
    /// last pool spans five columns: 1,536 features a step. The last step's output goes on to the classes.
    public static func crnn(genres: Int, input: Extent = 80 × 80) -> Blueprint {
        recurrent("crnn", genres: genres, input: input, bidirectional: false)
    }

    /// The report's future work: ``crnn(genres:input:)`` read in both directions of time. Each direction's last output goes on
    /// to the classes. 3,041,962 parameters for ten genres.
    public static func bicrnn(genres: Int, input: Extent = 80 × 80) -> Blueprint {
        recurrent("bicrnn", genres: genres, input: input, bidirectional: true)
    }

    /// What the paper's authors' code computes, for Table I's third row: two LSTM layers of 200 on a tensor of
    /// (batch, 5120), which PyTorch takes as ONE sequence whose steps are the segments of the batch. 4,835,002
    /// parameters for ten genres. See ``Architecture/caution``.
    public static func crnnPublished(genres: Int, input: Extent = 80 × 80) -> Blueprint {
        Blueprint("crnn-published", input: input) {
            deepTowers(timeKernel: 21 × 10, laterSlope: 0)
            LSTM(200, layers: 2, dropout: 0.25, over: .batch)
            Dense(genres)
        }
    }

    private static func recurrent(_ name: String, genres: Int, input: Extent, bidirectional: Bool) -> Blueprint {
        Blueprint(name, input: input) {
            deepTowers(timeKernel: 21 × 20, laterSlope: 0.3)
            LSTM(200, bidirectional: bidirectional, over: .time(order: ["time", "frequency"]))
            Dropout(0.25)
            Dense(genres)
        }
    }
}
