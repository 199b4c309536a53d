import NeuralNetwork

// How the authors of each net train it, read from their code where it is public, with the nearest that there
// is here. A plateau waits as PyTorch's does: one epoch longer than Keras' of the same number.
//
// Initial weights are the tool's (Kaiming's normal distribution) whatever theirs are: Glorot's uniform one for Pons, Dong,
// Choi, musicnn and BBNN.

extension TrainingSettings {
    /// Pons, Lidy & Serra 2016: plain SGD, its rate halved by the training loss, the best epoch kept by the accuracy. They
    /// halve on the epoch that improves after more than 20 in vain, and stop by the training loss, too; here the rate is
    /// halved at once, and the stop goes by the accuracy. They leave out the last, partial batch.
    static let pons = TrainingSettings(
        OptimiserSettings(.sgd(), learningRate: 0.01), batch: 10, epochs: 2000,
        schedule: .plateau(patience: 20, factor: 0.5, of: .trainLoss), patience: 40,
        remark: "the authors stop by the training loss")

    /// Chen & Wang 2017 as a re-implementation trains them. It draws weights from a normal distribution cut at two
    /// deviations of 0.01, stops where the accuracy gains less than 0.01, and keeps the rate above 1e-4.
    static let mcc = TrainingSettings(
        OptimiserSettings(.sgd(), learningRate: 0.01), batch: 20, epochs: 2000,
        schedule: .plateau(patience: 39, factor: 0.5, of: .loss), patience: 200,
        remark: "a re-implementation's, in which the rate stays above 1e-4")

    /// Dong 2018: Adadelta as Keras 2 has it, the rate divided by 1 + 1e-5 a step, an L2 penalty on kernels. Its passes
    /// (two batches each, in rounds of 500 until the accuracy stands still) make some 250 epochs of a training here at
    /// most; 100 is a choice of ours.
    static let dong = TrainingSettings(
        OptimiserSettings(
            .adadelta(rho: 0.95, epsilon: 1e-7), learningRate: 1,
            l2: L2Penalty([.init("towers", factor: 0.01), .init("dense1", factor: 0.02)])),
        batch: 150, epochs: 100, schedule: .inverseTime(decay: 1e-5),
        remark: "the number of epochs is ours; the author trains up to eleven rounds of 500 passes")

    /// Choi, Fazekas, Sandler & Cho 2017 name Adam; its rate is Keras' default, batch and length are ours.
    static let choi = TrainingSettings(
        OptimiserSettings(.adam(), learningRate: 1e-3), batch: 64, epochs: 100,
        remark: "the authors name Adam; rate, batch and epochs are ours")

    /// Ours: the net of Sainath et al. 2015 is for speech, and was trained asynchronously on many machines.
    static let cldnn = TrainingSettings(
        OptimiserSettings(.adam(), learningRate: 1e-3), batch: 32, epochs: 100, remark: "all ours")

    /// Dalmazzo & Ramirez 2020: Keras' Adam.
    static let gestures = TrainingSettings(OptimiserSettings(.adam(), learningRate: 1e-3), batch: 32, epochs: 25)

    /// Won et al. 2020: the first of four stages. The others go on from the best epoch by SGD with Nesterov's momentum of
    /// 0.9 at 1e-3, 1e-4 and 1e-5, up to epoch 200 in all.
    static let shortChunk = TrainingSettings(
        OptimiserSettings(.adam(), learningRate: 1e-4, weightDecay: 1e-4), batch: 16, epochs: 80, watched: .loss,
        remark: "the first of four stages; the others go on by SGD to epoch 200")

    /// Pons & Serra 2019. Their penalty is on all kernels.
    static let musicnn = TrainingSettings(
        OptimiserSettings(.adam(), learningRate: 1e-3, l2: .all(1e-5)), batch: 32, epochs: 600,
        schedule: .plateau(patience: 75, factor: 0.5), watched: .loss)

    /// Liu et al. 2019: the rate is halved on the third epoch in a row without a lower training loss, which PyTorch counts
    /// as a patience of 2. The best epoch is kept by the accuracy.
    static let bbnn = TrainingSettings(
        OptimiserSettings(.adam(), learningRate: 0.01), batch: 8, epochs: 100,
        schedule: .plateau(patience: 2, factor: 0.5, of: .trainLoss), patience: 10,
        remark: "the authors stop where ten epochs gain less than 0.01")
}
