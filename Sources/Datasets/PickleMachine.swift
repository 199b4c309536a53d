import Foundation

/// A pickle machine that can only describe: it runs the opcodes of the coursework files and of a tensor's stream inside
/// them, knows a fixed list of globals, executes nothing and copies nothing.
///
/// It does not recurse; its tables are bounded, and each grows by at most one entry an opcode.
struct PickleMachine {
    /// Entries in the stack, and in each table.
    static let limit = 1 << 22
    static let arenaLimit = 1 << 24

    var cursor: PickleCursor
    /// Whether this is a stream inside a tensor, where persistent ids may stand.
    let isStorageStream: Bool

    var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [PickleValue] = []
    private(set) var arena: [PickleValue] = []
    private(set) var lists: [[PickleValue]] = []
    /// Keys and values, one after the other.
    private(set) var dictionaries: [[PickleValue]] = []
    /// Values in all lists and dictionaries.
    private var held = 0
    var storages: [PickledStorage] = []
    /// Storages by the place of the block of bytes that they lie in.
    var storagesByPlace: [Int: PickledStorage] = [:]
    var tensors: [PickledTensor] = []
    var arrays: [PickledArray] = []
    var elementTypes: [PickledElement?] = []
    /// Rows completed, for messages: tuples of four, or arrays where `rowsAreArrays`.
    var rows = 0
    var rowsAreArrays = false
    /// Called now and then with the place reached.
    var onProgress: (Int) -> Void = { _ in }
    private var nextReport = 0

    init(_ cursor: PickleCursor, isStorageStream: Bool = false) {
        self.cursor = cursor
        self.isStorageStream = isStorageStream
    }

    /// Makes the machine ready for the next of several streams; memory is kept.
    mutating func reset(position: Int) {
        cursor.position = position
        stack.removeAll(keepingCapacity: true)
        marks.removeAll(keepingCapacity: true)
        memo.removeAll(keepingCapacity: true)
        arena.removeAll(keepingCapacity: true)
        lists.removeAll(keepingCapacity: true)
        dictionaries.removeAll(keepingCapacity: true)
        storages.removeAll(keepingCapacity: true)
        storagesByPlace.removeAll(keepingCapacity: true)
        held = 0
    }

    /// Runs to the end of one pickle and gives its value.
    mutating func run() throws(DatasetError) -> PickleValue {
        while true {
            if cursor.position >= nextReport {
                onProgress(cursor.position)
                nextReport = cursor.position + (1 << 25)
            }
            let start = cursor.position
            let opcode = try cursor.byte()
            if opcode == UInt8(ascii: ".") {
                guard stack.count == 1, marks.isEmpty, let value = stack.popLast() else {
                    throw cursor.fault("the pickle stops with \(stack.count) values on its stack", at: start)
                }
                return value
            }
            try step(opcode, at: start)
            guard stack.count <= Self.limit, memo.count <= Self.limit, arena.count <= Self.arenaLimit,
                lists.count <= Self.limit, dictionaries.count <= Self.limit, held <= Self.limit * 2
            else { throw cursor.fault("the pickle is too deep or too large", at: start) }
        }
    }

    private mutating func step(_ opcode: UInt8, at start: Int) throws(DatasetError) {
        switch opcode {
        case 0x80:  // PROTO
            let version = try cursor.byte()
            guard (2...5).contains(version) else {
                throw cursor.fault("pickle protocol \(version) is not known", at: start)
            }
        case 0x95:  // FRAME: a hint for reading ahead
            let size = try cursor.number(UInt64.self)
            guard size <= UInt64(cursor.remaining) else {
                throw cursor.fault(
                    "a frame of \(size) bytes, but only \(cursor.remaining) are left; the file is cut off", at: start)
            }
        case UInt8(ascii: "("):  // MARK
            marks.append(stack.count)
            stack.append(.mark)
        case UInt8(ascii: "N"): stack.append(.none)
        case 0x88: stack.append(.truth(true))
        case 0x89: stack.append(.truth(false))
        case UInt8(ascii: "K"): stack.append(.integer(Int64(try cursor.number(UInt8.self))))
        case UInt8(ascii: "M"): stack.append(.integer(Int64(try cursor.number(UInt16.self))))
        case UInt8(ascii: "J"): stack.append(.integer(Int64(try cursor.number(Int32.self))))
        case 0x8A: try long(at: start)
        case 0x8C: try text(UInt64(try cursor.number(UInt8.self)))
        case UInt8(ascii: "X"): try text(UInt64(try cursor.number(UInt32.self)))
        case 0x8D: try text(try cursor.number(UInt64.self))
        case UInt8(ascii: "U"): try text(UInt64(try cursor.number(UInt8.self)))  // Python 2's texts and bytes
        case UInt8(ascii: "T"): try text(UInt64(try cursor.number(UInt32.self)))
        case UInt8(ascii: "C"): try bytes(UInt64(try cursor.number(UInt8.self)))
        case UInt8(ascii: "B"): try bytes(UInt64(try cursor.number(UInt32.self)))
        case 0x8E: try bytes(try cursor.number(UInt64.self))
        case UInt8(ascii: "]"):
            stack.append(.list(Int32(lists.count)))
            lists.append([])
        case UInt8(ascii: "}"): pushDictionary()
        case UInt8(ascii: ")"): stack.append(.tuple(first: 0, count: 0))
        case 0x85, 0x86, 0x87: try tuple(Int(opcode) - 0x84, at: start)
        case UInt8(ascii: "t"):
            let count = try mark(at: start)
            try tuple(count, at: start, removingMark: true)
        case 0x94: memo.append(try top(at: start))  // MEMOIZE
        case UInt8(ascii: "q"): try put(Int(try cursor.number(UInt8.self)), at: start)
        case UInt8(ascii: "r"): try put(Int(try cursor.number(UInt32.self)), at: start)
        case UInt8(ascii: "h"): try get(Int(try cursor.number(UInt8.self)), at: start)
        case UInt8(ascii: "j"): try get(Int(try cursor.number(UInt32.self)), at: start)
        case UInt8(ascii: "a"): try append(1, at: start, removingMark: false)
        case UInt8(ascii: "e"): try append(try mark(at: start), at: start, removingMark: true)
        case UInt8(ascii: "s"): try setItems(2, at: start, removingMark: false)
        case UInt8(ascii: "u"): try setItems(try mark(at: start), at: start, removingMark: true)
        case 0x93: try stackGlobal(at: start)
        case UInt8(ascii: "c"):
            let module = try cursor.line()
            try global(module: module, name: try cursor.line(), at: start)
        case UInt8(ascii: "R"): try reduce(at: start)
        case UInt8(ascii: "b"): try build(at: start)
        case UInt8(ascii: "Q") where isStorageStream: try persistentID(at: start)
        default:
            throw cursor.fault(
                "opcode 0x\(String(opcode, radix: 16)) is refused; this is not a coursework pickle", at: start)
        }
    }

    // MARK: the stack

    func top(at start: Int) throws(DatasetError) -> PickleValue {
        guard let value = stack.last else { throw cursor.fault("the pickle's stack is empty", at: start) }
        if case .mark = value { throw cursor.fault("a mark stands where a value is needed", at: start) }
        return value
    }

    mutating func pop(at start: Int) throws(DatasetError) -> PickleValue {
        let value = try top(at: start)
        stack.removeLast()
        return value
    }

    /// The number of values above the last mark, which is forgotten but still on the stack.
    private mutating func mark(at start: Int) throws(DatasetError) -> Int {
        guard let place = marks.popLast() else { throw cursor.fault("a mark is missing", at: start) }
        return stack.count - place - 1
    }

    /// Checks that so many values are above the last mark that still stands.
    private func need(_ count: Int, at start: Int) throws(DatasetError) {
        guard stack.count - (marks.last.map { $0 + 1 } ?? 0) >= count else {
            throw cursor.fault("values are missing on the pickle's stack", at: start)
        }
    }

    private mutating func tuple(_ count: Int, at start: Int, removingMark: Bool = false) throws(DatasetError) {
        if !removingMark { try need(count, at: start) }
        let first = arena.count
        arena.append(contentsOf: stack.suffix(count))
        stack.removeLast(count + (removingMark ? 1 : 0))
        stack.append(.tuple(first: Int32(first), count: Int32(count)))
        if !isStorageStream, count == 4, case .text = arena[first], case .tensor = arena[first + 1] { rows += 1 }
    }

    private mutating func append(_ count: Int, at start: Int, removingMark: Bool) throws(DatasetError) {
        try need(count + 1, at: start, markStanding: removingMark)
        let place = stack.count - count - (removingMark ? 2 : 1)
        guard case .list(let index) = stack[place] else {
            throw cursor.fault("values are appended to what is no list", at: start)
        }
        held += count
        lists[Int(index)].append(contentsOf: stack.suffix(count))
        stack.removeLast(count + (removingMark ? 1 : 0))
    }

    private func need(_ count: Int, at start: Int, markStanding: Bool) throws(DatasetError) {
        // Where the mark is forgotten but on the stack, it is one value more.
        try need(count + (markStanding ? 1 : 0), at: start)
    }

    private mutating func setItems(_ count: Int, at start: Int, removingMark: Bool) throws(DatasetError) {
        try need(count + 1, at: start, markStanding: removingMark)
        let place = stack.count - count - (removingMark ? 2 : 1)
        guard case .dictionary(let index) = stack[place], count % 2 == 0 else {
            throw cursor.fault("items are set on what is no dictionary", at: start)
        }
        if isStorageStream { try checkByteOrder(stack.suffix(count), at: start) }
        held += count
        dictionaries[Int(index)].append(contentsOf: stack.suffix(count))
        stack.removeLast(count + (removingMark ? 1 : 0))
    }

    /// The one entry of a storage stream's header that matters here.
    private func checkByteOrder(_ items: ArraySlice<PickleValue>, at start: Int) throws(DatasetError) {
        for place in stride(from: items.startIndex, to: items.endIndex, by: 2) {
            guard case .text(let key) = items[place], cursor.equal(key, "little_endian") else { continue }
            guard case .truth(true) = items[place + 1] else {
                throw cursor.fault("the tensor was written big-endian", at: start)
            }
        }
    }

    // MARK: values

    mutating func pushDictionary() {
        stack.append(.dictionary(Int32(dictionaries.count)))
        dictionaries.append([])
    }

    private mutating func text(_ count: UInt64) throws(DatasetError) {
        stack.append(.text(.init(offset: try cursor.skip(count, "a text"), count: Int(count))))
    }

    private mutating func bytes(_ count: UInt64) throws(DatasetError) {
        stack.append(.bytes(.init(offset: try cursor.skip(count, "a block"), count: Int(count))))
    }

    /// LONG1: longer than 64 bits only as a number to compare, in `TorchStorageStream`.
    private mutating func long(at start: Int) throws(DatasetError) {
        let count = Int(try cursor.byte())
        let offset = try cursor.skip(UInt64(count), "a number")
        guard count <= 8 else {
            stack.append(.bytes(.init(offset: offset, count: count)))
            return
        }
        var value: UInt64 = 0
        for index in 0..<count { value |= UInt64(cursor.bytes[offset + index]) << UInt64(8 * index) }
        let unused = UInt64(64 - 8 * count)
        stack.append(.integer(count == 0 ? 0 : Int64(bitPattern: value << unused) >> Int64(unused)))
    }

    private mutating func put(_ index: Int, at start: Int) throws(DatasetError) {
        let value = try top(at: start)
        // Python 2's cPickle counts from 1.
        if index == 1, memo.isEmpty { memo.append(.none) }
        guard index <= memo.count else { throw cursor.fault("memo entry \(index) comes out of order", at: start) }
        if index == memo.count { memo.append(value) } else { memo[index] = value }
    }

    private mutating func get(_ index: Int, at start: Int) throws(DatasetError) {
        guard index < memo.count else { throw cursor.fault("memo entry \(index) does not exist", at: start) }
        stack.append(memo[index])
    }

    private mutating func stackGlobal(at start: Int) throws(DatasetError) {
        guard case .text(let name) = try pop(at: start), case .text(let module) = try pop(at: start) else {
            throw cursor.fault("a global's name is no text", at: start)
        }
        try global(module: module, name: name, at: start)
    }

    private mutating func global(
        module: PickleValue.Span, name: PickleValue.Span, at start: Int
    ) throws(DatasetError) {
        let moduleName = try cursor.text(module)
        let globalName = try cursor.text(name)
        guard let global = PickleValue.Global.named(module: moduleName, name: globalName),
            (global == .floatStorage) == isStorageStream, global != .scalar || rowsAreArrays
        else {
            throw .refusedGlobal(path: cursor.path, offset: start, name: "\(moduleName).\(globalName)")
        }
        stack.append(.global(global))
    }

    /// Bytes, which Python 2 wrote as texts.
    func block(_ value: PickleValue) -> PickleValue.Span? {
        switch value {
        case .bytes(let span), .text(let span): span
        default: nil
        }
    }

    func elements(_ value: PickleValue) -> ArraySlice<PickleValue>? {
        guard case .tuple(let first, let count) = value else { return nil }
        return arena[Int(first)..<Int(first + count)]
    }
}
