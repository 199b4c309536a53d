/// The stream that `torch.save` wrote before it turned to zip files, as pickled tensors hold it: five pickles (a magic
/// number, the protocol, sizes of C types, the storage's description, a list of keys), a count, and raw values.
enum TorchStorageStream {
    private static let protocolVersion: Int64 = 1001
    /// 0x1950a86a20f9469cfc6c, little-endian as LONG1 holds it.
    private static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]

    static func parse(_ cursor: PickleCursor) throws(DatasetError) -> PickledStorage {
        var machine = PickleMachine(cursor, isStorageStream: true)
        let start = cursor.position
        guard case .bytes(let number) = try machine.run(), number.count == magic.count,
            magic.indices.allSatisfy({ cursor.bytes[number.offset + $0] == magic[$0] })
        else { throw cursor.fault("a tensor's storage does not start with torch's magic number", at: start) }

        machine.reset(position: machine.cursor.position)
        guard case .integer(protocolVersion) = try machine.run() else {
            throw cursor.fault("a tensor's storage is of an unknown torch.save protocol", at: start)
        }
        machine.reset(position: machine.cursor.position)
        guard case .dictionary = try machine.run() else {
            throw cursor.fault("a tensor's storage lacks its header", at: start)
        }
        machine.reset(position: machine.cursor.position)
        guard case .storage(let index) = try machine.run() else {
            throw cursor.fault("a tensor's stream holds no storage", at: start)
        }
        let storage = machine.storages[Int(index)]
        machine.reset(position: machine.cursor.position)
        guard case .list(let keys) = try machine.run(), machine.lists[Int(keys)].count == 1 else {
            throw cursor.fault("a tensor's stream does not hold exactly one storage", at: start)
        }
        let count = try machine.cursor.number(Int64.self)
        let remaining = machine.cursor.remaining
        guard count == storage.count, remaining % 4 == 0, count == remaining / 4 else {
            throw cursor.fault(
                "a tensor's storage says \(storage.count) and \(count) values, and \(remaining) bytes follow",
                at: machine.cursor.position)
        }
        return PickledStorage(offset: machine.cursor.position, count: Int(count))
    }
}
