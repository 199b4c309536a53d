import Foundation

/// Gathers the nodes and constants of an ONNX graph in the order in which they are added.
struct ONNXGraph {
    private(set) var graph = ONNX_Graph()
    private var constants: Set<String> = []

    init(name: String) { graph.name = name }

    enum Attribute {
        case int(Int)
        case ints([Int])
        case float(Float)
        case string(String)
    }

    // MARK: - Nodes

    /// Adds a node with one output, which bears the node's name.
    ///
    /// - Returns: the output's name.
    @discardableResult
    mutating func add(
        _ operation: String, _ name: String, inputs: [String], attributes: KeyValuePairs<String, Attribute> = [:]
    ) -> String {
        add(operation, name, inputs: inputs, outputs: [name], attributes: attributes)
        return name
    }

    mutating func add(
        _ operation: String, _ name: String, inputs: [String], outputs: [String],
        attributes: KeyValuePairs<String, Attribute> = [:]
    ) {
        var node = ONNX_Node()
        node.opType = operation
        node.name = name
        node.input = inputs
        node.output = outputs
        node.attribute = attributes.map { name, value in
            var attribute = ONNX_Attribute()
            attribute.name = name
            switch value {
            case .int(let number):
                attribute.type = .int
                attribute.i = Int64(number)
            case .ints(let numbers):
                attribute.type = .ints
                attribute.ints = numbers.map(Int64.init)
            case .float(let number):
                attribute.type = .float
                attribute.f = number
            case .string(let text):
                attribute.type = .string
                attribute.s = Data(text.utf8)
            }
            return attribute
        }
        graph.node.append(node)
    }

    // MARK: - Constants

    /// - Parameter values: row by row.
    /// - Returns: `name`.
    mutating func constant(_ name: String, shape: [Int], floats values: [Float]) -> String {
        precondition(shape.reduce(1, *) == values.count, "\(name) has shape \(shape)")
        // Safe on every platform that Swift runs on: all are little-endian, as raw_data is.
        return constant(name, shape: shape, type: .float, bytes: values.withUnsafeBytes { Data($0) })
    }

    /// A list of whole numbers; one of the same name is the same list.
    mutating func constant(_ name: String, integers values: [Int]) -> String {
        let bytes = values.map { Int64($0) }.withUnsafeBytes { Data($0) }
        return constant(name, shape: [values.count], type: .int64, bytes: bytes)
    }

    private mutating func constant(
        _ name: String, shape: [Int], type: ONNX_Tensor.DataType, bytes: Data
    ) -> String {
        guard constants.insert(name).inserted else { return name }
        var tensor = ONNX_Tensor()
        tensor.name = name
        tensor.dims = shape.map(Int64.init)
        tensor.dataType = Int32(type.rawValue)
        tensor.rawData = bytes
        graph.initializer.append(tensor)
        return name
    }

    // MARK: - Ends

    /// Declares a float input; nil stands for the batch's size, which each call may choose.
    mutating func input(_ name: String, shape: [Int?]) { graph.input.append(Self.value(name, shape: shape)) }

    /// Declares a float output.
    mutating func output(_ name: String, shape: [Int?]) { graph.output.append(Self.value(name, shape: shape)) }

    private static func value(_ name: String, shape: [Int?]) -> ONNX_ValueInfo {
        var value = ONNX_ValueInfo()
        value.name = name
        value.type.tensorType.elemType = Int32(ONNX_Tensor.DataType.float.rawValue)
        value.type.tensorType.shape.dim = shape.map { extent in
            var dimension = ONNX_TensorShape.Dimension()
            if let extent { dimension.dimValue = Int64(extent) } else { dimension.dimParam = "batch" }
            return dimension
        }
        return value
    }
}
