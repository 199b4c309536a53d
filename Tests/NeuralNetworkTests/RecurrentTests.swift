import CKernels
import Foundation
import Testing

/// Stacks of LSTM layers against PyTorch's nn.LSTM, through the kernels' own interface: outputs of every step and the
/// gradients of every parameter and of the input.
@Suite struct RecurrentTests {
    struct Case: Decodable {
        let name: String
        let layers, batch, steps, features, hidden: Int
        let bidirectional: Bool
        let halfWidth: Double
        let output: [Double]
        let gradients: [String: [Double]]

        var directions: Int { bidirectional ? 2 : 1 }
        /// Hidden units as stored.
        var stored: Int { (hidden + 15) / 16 * 16 }
    }

    private struct Cases: Decodable { let cases: [Case] }

    @Test func layersMatchPyTorch() throws {
        // Gradients are keyed by parameter names, which a conversion of snake case would spoil.
        let text = String(decoding: try fixtureData("lstm"), as: UTF8.self)
            .replacingOccurrences(of: "\"half_width\"", with: "\"halfWidth\"")
        let cases = try JSONDecoder().decode(Cases.self, from: Data(text.utf8)).cases
        #expect(Set(cases.map { "\($0.layers) \($0.bidirectional)" }).count == 4)
        for one in cases { try check(one) }
    }

    /// A parameter with its gradient and where each canonical value lies.
    private struct Tensor {
        let name: String
        let values: Block
        let gradient: Block
        let index: (Int) -> Int
    }

    private func check(_ c: Case) throws {
        let pool = try #require(gk_pool_create(2))
        defer { gk_pool_destroy(pool) }
        let (hidden, stored, directions) = (c.hidden, c.stored, c.directions)

        let input = Block(c.batch * c.steps * c.features)
        let inputGradient = Block(c.batch * c.steps * c.features)
        input.scatter(generated("input", count: c.batch * c.steps * c.features, halfWidth: 1)) { $0 }
        let width = directions * stored
        let outputs = (0..<c.layers).map { _ in Block(c.batch * c.steps * width) }
        let outputGradients = (0..<c.layers).map { _ in Block(c.batch * c.steps * width) }
        let outputIndex = { (index: Int) -> Int in
            let (place, rest) = index.quotientAndRemainder(dividingBy: directions * hidden)
            return place * width + rest / hidden * stored + rest % hidden
        }
        outputGradients.last!.scatter(
            generated("cotangent", count: c.batch * c.steps * directions * hidden, halfWidth: 1), at: outputIndex)

        var tensors: [Tensor] = []
        var layers: [(call: gk_lstm, owners: [AnyObject])] = []
        for layer in 0..<c.layers {
            let features = layer == 0 ? c.features : directions * hidden
            let source = Records<gk_lstm_source>([
                gk_lstm_source(
                    values: layer == 0 ? input.values : outputs[layer - 1].values,
                    gradient: layer == 0 ? inputGradient.values : outputGradients[layer - 1].values, rows: 1,
                    columns: Int32(c.steps), channels: Int32(layer == 0 ? features : width), span: 1)
            ])
            let gate = { (row: Int) -> Int in row / hidden * stored + row % hidden }
            var parameters: [gk_lstm_direction] = []
            for direction in 0..<directions {
                let suffix = "l\(layer)" + (direction == 1 ? "_reverse" : "")
                func tensor(_ name: String, rows: Int, columns: Int, index: @escaping (Int) -> Int) -> Tensor {
                    let tensor = Tensor(
                        name: "lstm.\(name)_\(suffix)", values: Block(rows * 4 * stored),
                        gradient: Block(rows * 4 * stored), index: index)
                    tensor.values.scatter(
                        generated(tensor.name, count: 4 * hidden * columns, halfWidth: c.halfWidth), at: index)
                    tensors.append(tensor)
                    return tensor
                }
                let storedFeatures = layer == 0 ? features : width
                let inputWeights = tensor("weight_ih", rows: storedFeatures, columns: features) { index in
                    let (row, feature) = index.quotientAndRemainder(dividingBy: features)
                    let place = layer == 0 ? feature : feature / hidden * stored + feature % hidden
                    return place * 4 * stored + gate(row)
                }
                let stateWeights = tensor("weight_hh", rows: stored, columns: hidden) { index in
                    index % hidden * 4 * stored + gate(index / hidden)
                }
                let inputBias = tensor("bias_ih", rows: 1, columns: 1, index: gate)
                let stateBias = tensor("bias_hh", rows: 1, columns: 1, index: gate)
                parameters.append(
                    gk_lstm_direction(
                        input_weights: inputWeights.values.values, recurrent_weights: stateWeights.values.values,
                        input_bias: inputBias.values.values, recurrent_bias: stateBias.values.values,
                        input_weight_gradient: inputWeights.gradient.values,
                        recurrent_weight_gradient: stateWeights.gradient.values,
                        input_bias_gradient: inputBias.gradient.values,
                        recurrent_bias_gradient: stateBias.gradient.values))
            }
            let directionRecords = Records(parameters)
            var call = gk_lstm()
            call.sources = UnsafePointer(source.values)
            call.source_count = 1
            call.steps = Int32(c.steps)
            call.hidden = Int32(stored)
            call.directions = UnsafePointer(directionRecords.values)
            call.direction_count = Int32(directions)
            call.outputs = outputs[layer].values
            call.outputs_gradient = UnsafePointer(outputGradients[layer].values)
            let bytes = gk_lstm_workspace(&call, Int32(c.batch))
            #expect(bytes > 0)
            let workspace = Block(bytes / 4 + 16)
            call.workspace = UnsafeMutableRawPointer(workspace.values)
            layers.append((call, [source, directionRecords, workspace]))
        }
        // The calls hold bare pointers: what they point to must outlive them.
        withExtendedLifetime((input, outputs, outputGradients, tensors)) {
            for index in layers.indices { gk_lstm_forward(pool, Int32(c.batch), &layers[index].call) }
            for index in layers.indices.reversed() { gk_lstm_backward(pool, Int32(c.batch), &layers[index].call) }
        }
        withExtendedLifetime(layers) {}

        expect(outputs.last!, c.output, "\(c.name): output", at: outputIndex)
        expect(inputGradient, try #require(c.gradients["input"]), "\(c.name): input gradient") { $0 }
        #expect(tensors.count == c.gradients.count - 1)
        for tensor in tensors {
            expect(
                tensor.gradient, try #require(c.gradients[tensor.name]), "\(c.name): gradient of \(tensor.name)",
                at: tensor.index)
        }
    }
}

/// C structures that stay where they are.
private final class Records<Element> {
    let values: UnsafeMutablePointer<Element>
    private let count: Int

    init(_ elements: [Element]) {
        count = elements.count
        values = .allocate(capacity: elements.count)
        values.initialize(from: elements, count: elements.count)
    }

    deinit {
        values.deinitialize(count: count)
        values.deallocate()
    }
}
