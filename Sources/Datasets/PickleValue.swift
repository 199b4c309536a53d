/// What the restricted unpickler knows: numbers, and places in the file or in the machine's tables. Nothing is copied.
enum PickleValue {
    struct Span {
        var offset: Int
        var count: Int
    }

    /// The classes and functions that a pickle may name. Anything else is refused.
    enum Global: UInt8 {
        case rebuildTensor, loadFromBytes, orderedDict, reconstructArray, array, elementType, scalar
        /// Inside a tensor's own stream only.
        case floatStorage

        static func named(module: String, name: String) -> Global? {
            switch (module, name) {
            case ("torch._utils", "_rebuild_tensor_v2"): .rebuildTensor
            case ("torch.storage", "_load_from_bytes"): .loadFromBytes
            case ("collections", "OrderedDict"): .orderedDict
            case ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"):
                .reconstructArray
            case ("numpy.core.multiarray", "scalar"), ("numpy._core.multiarray", "scalar"): .scalar
            case ("numpy", "ndarray"): .array
            case ("numpy", "dtype"): .elementType
            case ("torch", "FloatStorage"): .floatStorage
            default: nil
            }
        }
    }

    case mark, none
    case truth(Bool)
    case integer(Int64)
    case text(Span)
    case bytes(Span)
    case global(Global)
    /// Elements in the machine's arena.
    case tuple(first: Int32, count: Int32)
    // Indices into the machine's tables.
    case list(Int32), dictionary(Int32)
    case storage(Int32), tensor(Int32), array(Int32), elementType(Int32)
}

/// Raw little-endian Float32 values in the file.
struct PickledStorage {
    var offset: Int
    var count: Int
}

/// A contiguous tensor in the file.
struct PickledTensor {
    var offset: Int
    var shape: [Int]
}

/// The elements of a numpy array that are read, little-endian.
enum PickledElement {
    case float32, float64, int16, int32, int64

    var bytes: Int {
        switch self {
        case .int16: 2
        case .float32, .int32: 4
        case .float64, .int64: 8
        }
    }

    /// By numpy's code, without the byte order.
    init?(code: String) {
        switch code {
        case "f4": self = .float32
        case "f8": self = .float64
        case "i2": self = .int16
        case "i4": self = .int32
        case "i8": self = .int64
        default: return nil
        }
    }
}

/// A numpy array's column in the file.
struct PickledArray {
    var offset = 0
    var byteCount = 0
    /// Extents, row by row in memory; nil until the array's state has come.
    var shape: [Int]?
    /// Nil for elements that are not read.
    var element: PickledElement?

    var count: Int? { shape?.reduce(1, *) }
}
