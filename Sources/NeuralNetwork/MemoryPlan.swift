/// Hands out pieces of memory that is allocated at once, later: first every piece says from when to when it is needed,
/// then places are found, where pieces that are never needed together may share one.
struct MemoryPlan {
    /// A moment of a step: stages forward, the loss, stages backward.
    typealias Moment = Int

    /// A piece that was asked for.
    struct Piece {
        fileprivate let index: Int
    }

    private struct Request {
        let bytes: Int
        let span: ClosedRange<Moment>
    }

    private var requests: [Request] = []
    private var offsets: [Int] = []
    private(set) var byteCount = 0

    /// A piece of at least `bytes` bytes, aligned to 64.
    mutating func reserve(bytes: Int, during span: ClosedRange<Moment> = .min ... .max) -> Piece {
        requests.append(Request(bytes: (bytes + 63) / 64 * 64, span: span))
        return Piece(index: requests.count - 1)
    }

    mutating func reserve(floats: Int, during span: ClosedRange<Moment> = .min ... .max) -> Piece {
        reserve(bytes: floats * MemoryLayout<Float>.stride, during: span)
    }

    /// Finds every piece's place: the largest first, each at the lowest place where no piece of its time lies.
    mutating func settle() {
        offsets = requests.map { _ in 0 }
        var placed: [Int] = []
        let order = requests.indices.sorted { (requests[$0].bytes, $1) > (requests[$1].bytes, $0) }
        for index in order {
            let request = requests[index]
            var offset = 0
            for other in placed where requests[other].span.overlaps(request.span) && requests[other].bytes > 0 {
                if offsets[other] >= offset + request.bytes { break }
                offset = max(offset, offsets[other] + requests[other].bytes)
            }
            offsets[index] = offset
            byteCount = max(byteCount, offset + request.bytes)
            let position = placed.firstIndex { offsets[$0] > offset } ?? placed.count
            placed.insert(index, at: position)
        }
    }

    /// Where a piece begins, once all are settled.
    func offset(of piece: Piece) -> Int { offsets[piece.index] }
}

/// Memory with its plan: what steps bind their pieces to.
struct BoundMemory {
    let plan: MemoryPlan
    let base: UnsafeMutableRawPointer

    func bytes(_ piece: MemoryPlan.Piece) -> UnsafeMutableRawPointer { base + plan.offset(of: piece) }

    func floats(_ piece: MemoryPlan.Piece) -> UnsafeMutablePointer<Float> {
        bytes(piece).assumingMemoryBound(to: Float.self)
    }

    func floats(_ piece: MemoryPlan.Piece?) -> UnsafeMutablePointer<Float>? { piece.map { floats($0) } }
}
