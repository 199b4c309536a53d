/// What a program needs that tells genres, by one import: models, predictions of files and samples, live sound.
@_exported import Evaluation
@_exported import Features
@_exported import ModelFile
@_exported import NeuralNetwork
@_exported import Prediction
