import Foundation
import Testing

/// Expects the canonical values, each at its place in the block, within 1e-5 of the largest (or of 1).
func expect(_ block: Block, _ values: [Double], _ name: String, at index: (Int) -> Int) {
    let largest = values.map(abs).max() ?? 0
    let worst = values.enumerated().map { abs(Double(block.values[index($0.offset)]) - $0.element) }.max() ?? 0
    #expect(worst <= 1e-5 * max(largest, 1), "\(name): off by \(worst)")
}

/// Zeroed floats, aligned to 64 bytes, as the kernels want them.
final class Block {
    let values: UnsafeMutablePointer<Float>

    init(_ count: Int) {
        let bytes = (count * 4 + 63) / 64 * 64
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        memset(memory, 0, bytes)
        values = memory.assumingMemoryBound(to: Float.self)
    }

    func scatter(_ source: [Float], at index: (Int) -> Int) {
        for (number, value) in source.enumerated() { values[index(number)] = value }
    }

    deinit { values.deallocate() }
}
