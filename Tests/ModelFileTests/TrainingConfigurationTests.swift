import ModelFile
import NeuralNetwork
import Testing

/// What a configuration makes of a net's own settings.
@Suite struct TrainingConfigurationTests {
    @Test(arguments: [(1, 1.0), (2, 2), (40, 2)]) func warmUpsAreNoLongerThanTheTraining(epochs: Int, warmup: Double) {
        let settings = TrainingSettings(epochs: epochs, schedule: .cosine, warmupEpochs: 2)
        let configuration = TrainingConfiguration(net: "compact", settings: settings)
        #expect(configuration.schedule == LearningRateSchedule(.cosine, warmupEpochs: warmup))
    }
}
