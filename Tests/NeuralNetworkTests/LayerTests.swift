import CKernels
import Foundation
import Testing

/// Single convolutional blocks of odd shapes against PyTorch, through the kernels' own interface.
@Suite struct LayerTests {
    struct Case: Decodable {
        let name: String
        let batch, channels, filters, height, width: Int
        let kernel, pool: [Int]
        let slope: Float
        let output: [Double]
        let gradients: [String: [Double]]
    }

    private struct Cases: Decodable { let cases: [Case] }

    @Test func blocksOfOddShapes() throws {
        let cases = try JSONDecoder().decode(Cases.self, from: fixtureData("layers")).cases
        #expect(!cases.isEmpty)
        for one in cases { try check(one) }
    }

    private func check(_ c: Case) throws {
        var shape = gk_block_shape()
        (shape.height, shape.width) = (Int32(c.height), Int32(c.width))
        (shape.in_channels, shape.out_channels) = (Int32(c.channels), Int32(c.filters))
        (shape.kernel_height, shape.kernel_width) = (Int32(c.kernel[0]), Int32(c.kernel[1]))
        (shape.pool_height, shape.pool_width) = (Int32(c.pool[0]), Int32(c.pool[1]))
        shape.slope = c.slope
        shape = gk_block_same(shape)
        let (ic, oc) = (Int(gk_stored_channels(shape.in_channels)), Int(gk_stored_channels(shape.out_channels)))
        let (rows, columns) = (c.height / c.pool[0], c.width / c.pool[1])
        let places = c.height * c.width
        let taps = c.kernel[0] * c.kernel[1]
        let fan = Double(c.channels * taps)
        let pool = try #require(gk_pool_create(2))
        defer { gk_pool_destroy(pool) }

        let input = Block(c.batch * places * ic)
        input.scatter(generated("input", count: c.batch * c.channels * places, halfWidth: 1)) { index in
            let (image, rest) = index.quotientAndRemainder(dividingBy: c.channels * places)
            return (image * places + rest % places) * ic + rest / places
        }
        let weights = Block(taps * ic * oc)
        let weightIndex = { (index: Int) -> Int in
            let (filter, rest) = index.quotientAndRemainder(dividingBy: c.channels * taps)
            return (rest % taps * ic + rest / taps) * oc + filter
        }
        weights.scatter(
            generated("weight", count: c.filters * c.channels * taps, halfWidth: (6 / fan).squareRoot()),
            at: weightIndex)
        let bias = Block(oc)
        bias.scatter(generated("bias", count: c.filters, halfWidth: 0.05)) { $0 }
        let outputIndex = { (index: Int) -> Int in
            let (image, rest) = index.quotientAndRemainder(dividingBy: c.filters * rows * columns)
            return (image * rows * columns + rest % (rows * columns)) * oc + rest / (rows * columns)
        }
        let outputs = c.batch * rows * columns * oc
        let (output, cotangent) = (Block(outputs), Block(outputs))
        cotangent.scatter(generated("cotangent", count: c.output.count, halfWidth: 1), at: outputIndex)
        let argmax = UnsafeMutablePointer<UInt16>.allocate(capacity: outputs)
        defer { argmax.deallocate() }
        let (inputGradient, weightGradient, biasGradient) = (
            Block(c.batch * places * ic), Block(taps * ic * oc), Block(oc)
        )
        var tensors = gk_block_tensors(
            input: input.values, weights: weights.values, bias: bias.values, output: output.values, argmax: argmax,
            output_gradient: cotangent.values, input_gradient: inputGradient.values,
            weight_gradient: weightGradient.values, bias_gradient: biasGradient.values)

        let plan = try #require(gk_blocks_create(&shape, 1, Int32(c.batch), true, 2))
        defer { gk_blocks_destroy(plan) }
        let workspace = Block(gk_blocks_workspace(plan) / 4 + 16)
        gk_blocks_bind(plan, workspace.values)
        // The tensors hold bare pointers: what they point to must outlive the calls.
        withExtendedLifetime((input, weights, bias, cotangent, workspace)) {
            gk_blocks_prepare(plan, pool, &tensors)
            gk_blocks_forward(plan, pool, Int32(c.batch), &tensors)
            gk_blocks_backward(plan, pool, Int32(c.batch), &tensors)
        }

        expect(output, c.output, "\(c.name): output", at: outputIndex)
        expect(weightGradient, try #require(c.gradients["weight"]), "\(c.name): weight gradient", at: weightIndex)
        expect(biasGradient, try #require(c.gradients["bias"]), "\(c.name): bias gradient") { $0 }
        expect(inputGradient, try #require(c.gradients["input"]), "\(c.name): input gradient") { index in
            let (image, rest) = index.quotientAndRemainder(dividingBy: c.channels * places)
            return (image * places + rest % places) * ic + rest / places
        }
    }
}
