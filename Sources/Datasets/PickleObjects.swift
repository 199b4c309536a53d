import Foundation

/// What the globals on the list stand for: each call is checked and becomes a description, and nothing is run.
extension PickleMachine {
    mutating func reduce(at start: Int) throws(DatasetError) {
        let arguments = try pop(at: start)
        guard case .global(let function) = try pop(at: start), let values = fields(of: arguments) else {
            throw cursor.fault("a call of what is no function on the list", at: start)
        }
        switch function {
        case .orderedDict where values.isEmpty: pushDictionary()
        case .loadFromBytes: try loadStorage(values, at: start)
        case .rebuildTensor: try rebuildTensor(values, at: start)
        case .reconstructArray:
            guard values.count == 3, case .global(.array) = values[0] else {
                throw cursor.fault("a numpy array of an unknown kind", at: start)
            }
            stack.append(.array(Int32(arrays.count)))
            arrays.append(PickledArray())
        case .elementType:
            guard case .text(let code)? = values.first else {
                throw cursor.fault("a numpy dtype without a name", at: start)
            }
            stack.append(.elementType(Int32(elementTypes.count)))
            let name = try cursor.text(code)
            elementTypes.append(PickledElement(code: name.hasPrefix("<") ? String(name.dropFirst()) : name))
        case .scalar: try scalar(values, at: start)
        case .orderedDict, .array, .floatStorage:
            throw cursor.fault("a call that coursework pickles do not make", at: start)
        }
        guard arrays.count <= Self.limit, tensors.count <= Self.limit, elementTypes.count <= Self.limit else {
            throw cursor.fault("the pickle is too large", at: start)
        }
    }

    private mutating func loadStorage(_ values: [PickleValue], at start: Int) throws(DatasetError) {
        guard values.count == 1, case .bytes(let span) = values[0] else {
            throw cursor.fault("a tensor's storage is no block of bytes", at: start)
        }
        // A block that is named again and again is read once.
        if let storage = storagesByPlace[span.offset] {
            stack.append(.storage(Int32(storages.count)))
            return storages.append(storage)
        }
        let storage = try TorchStorageStream.parse(
            PickleCursor(
                path: cursor.path, bytes: cursor.bytes, position: span.offset, end: span.offset + span.count))
        storagesByPlace[span.offset] = storage
        stack.append(.storage(Int32(storages.count)))
        storages.append(storage)
    }

    /// `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)`; contiguous tensors only.
    private mutating func rebuildTensor(_ values: [PickleValue], at start: Int) throws(DatasetError) {
        guard (6...7).contains(values.count), case .storage(let index) = values[0],
            case .integer(let offset) = values[1], let shape = integers(values[2]), let strides = integers(values[3]),
            shape.count == strides.count, shape.count <= 8
        else { throw cursor.fault("a tensor's description is damaged", at: start) }
        guard offset == 0 else {
            throw .badRow(
                path: cursor.path, row: rows, reason: "its tensor starts at element \(offset) of its storage, not at 0")
        }
        var count = 1
        for (size, stride) in zip(shape, strides).reversed() {
            guard size > 0, size <= 1 << 30 else {
                throw .badRow(path: cursor.path, row: rows, reason: "its tensor has the shape \(shape)")
            }
            // The stride of an axis of size 1 is never used.
            guard size == 1 || stride == count else {
                throw .badRow(path: cursor.path, row: rows, reason: "its tensor is not contiguous (strides \(strides))")
            }
            let (product, overflow) = count.multipliedReportingOverflow(by: Int(size))
            guard !overflow else {
                throw .badRow(path: cursor.path, row: rows, reason: "its tensor has the shape \(shape)")
            }
            count = product
        }
        let storage = storages[Int(index)]
        guard count <= storage.count else {
            throw .badRow(
                path: cursor.path, row: rows,
                reason: "its tensor of \(count) values lies in a storage of \(storage.count)")
        }
        stack.append(.tensor(Int32(tensors.count)))
        tensors.append(PickledTensor(offset: storage.offset, shape: shape.map(Int.init)))
    }

    /// `scalar(dtype, bytes)`: a whole number.
    private mutating func scalar(_ values: [PickleValue], at start: Int) throws(DatasetError) {
        guard values.count == 2, case .elementType(let type) = values[0], let element = elementTypes[Int(type)],
            let span = block(values[1]), span.count == element.bytes,
            let number = integer(at: span.offset, element)
        else { throw cursor.fault("a numpy number of an unknown kind", at: start) }
        stack.append(.integer(number))
    }

    /// The whole number that lies there; nil for elements that are no whole numbers.
    func integer(at offset: Int, _ element: PickledElement) -> Int64? {
        func load<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type) -> Int64 {
            Int64(Value(littleEndian: cursor.bytes.loadUnaligned(fromByteOffset: offset, as: Value.self)))
        }
        return switch element {
        case .int16: load(Int16.self)
        case .int32: load(Int32.self)
        case .int64: load(Int64.self)
        case .float32, .float64: nil
        }
    }

    /// A call's arguments, an object's state: a short tuple. A long one is none, before it is copied: the same one may be
    /// named in every few bytes.
    private func fields(of value: PickleValue) -> [PickleValue]? {
        guard let values = elements(value), values.count <= 16 else { return nil }
        return Array(values)
    }

    private func integers(_ value: PickleValue) -> [Int64]? {
        guard let values = fields(of: value) else { return nil }
        var result: [Int64] = []
        for value in values {
            guard case .integer(let number) = value else { return nil }
            result.append(number)
        }
        return result
    }

    mutating func build(at start: Int) throws(DatasetError) {
        let state = try pop(at: start)
        guard let values = fields(of: state) else {
            throw cursor.fault("an object's state is no tuple", at: start)
        }
        switch try top(at: start) {
        case .elementType(let index):
            // (version, byte order, ...): "<" is little-endian.
            guard values.count >= 2, case .text(let order) = values[1] else {
                throw cursor.fault("a numpy dtype's state is damaged", at: start)
            }
            if !cursor.equal(order, "<") { elementTypes[Int(index)] = nil }
        case .array(let index):
            // (version, shape, dtype, is Fortran order, bytes)
            guard values.count == 5, let shape = integers(values[1]), case .elementType(let type) = values[2] else {
                throw cursor.fault("a numpy array's state is damaged", at: start)
            }
            guard let span = block(values[4]) else {
                throw .badRow(path: cursor.path, row: rows, reason: "its samples are no block of bytes")
            }
            let element = elementTypes[Int(type)]
            var size = element?.bytes ?? 0
            var isSound = 1...2 ~= shape.count
            for extent in shape {
                let (product, overflow) = size.multipliedReportingOverflow(by: Int(extent))
                isSound = isSound && extent >= 0 && !overflow
                size = product
            }
            if shape.count == 2, case .truth(true) = values[3] { isSound = false }  // columns first
            guard isSound, element == nil || size == span.count else {
                throw .badRow(
                    path: cursor.path, row: rows, reason: "its samples have the shape \(shape) in \(span.count) bytes")
            }
            arrays[Int(index)] = PickledArray(
                offset: span.offset, byteCount: span.count, shape: shape.map(Int.init), element: element)
            if rowsAreArrays { rows += 1 }
        default: throw cursor.fault("state for an object that has none", at: start)
        }
    }

    /// `("storage", torch.FloatStorage, key, device, count, view)`: the storage that the stream will hold.
    mutating func persistentID(at start: Int) throws(DatasetError) {
        let identity = try pop(at: start)
        guard let values = fields(of: identity), values.count >= 5, case .text(let kind) = values[0],
            cursor.equal(kind, "storage"), case .global(.floatStorage) = values[1], case .text = values[2],
            case .text = values[3], case .integer(let count) = values[4], count >= 0
        else { throw cursor.fault("a tensor's storage is no torch.FloatStorage", at: start) }
        stack.append(.storage(Int32(storages.count)))
        storages.append(PickledStorage(offset: 0, count: Int(count)))
    }
}
