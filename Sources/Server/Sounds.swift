import Audio
import Foundation
import Hummingbird

/// A sound that pages can play and look at: an upload that was kept, or a file of the collection.
struct Sound: Sendable {
    let file: URL
    let name: String
}

/// Uploads that pages still look at: the newest ones, within bounds of number and size. Their files go with them.
final class SoundShelf: @unchecked Sendable {  // everything behind the lock
    private struct Place {
        let id: String
        let sound: Sound
        let bytes: Int
    }

    private let lock = NSLock()
    private var places: [Place] = []
    private let greatestCount: Int
    private let greatestSize: Int

    init(count: Int = 200, bytes: Int) {
        greatestCount = count
        greatestSize = bytes
    }

    /// Keeps an upload.
    ///
    /// - Returns: the id by which it is found again, which nobody can guess.
    func keep(_ upload: Upload) -> String {
        var random = SystemRandomNumberGenerator()
        let id = (0..<2).map { _ in
            let digits = String(random.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
        lock.lock()
        defer { lock.unlock() }
        places.append(Place(id: id, sound: Sound(file: upload.file, name: upload.name), bytes: upload.bytes))
        while places.count > 1, places.count > greatestCount || places.reduce(0, { $0 + $1.bytes }) > greatestSize {
            Self.remove(places.removeFirst().sound)
        }
        return id
    }

    func sound(_ id: String) throws(ServerError) -> Sound {
        let found = lock.withLock { places.first { $0.id == id }?.sound }
        guard let found else { throw .unknown(kind: "sound", id: id) }
        return found
    }

    func drop(_ id: String) throws(ServerError) {
        let sound = try sound(id)
        lock.withLock { places.removeAll { $0.id == id } }
        Self.remove(sound)
    }

    private static func remove(_ sound: Sound) {
        unlink(sound.file.path)
        unlink(sound.file.path + ".wav")
    }
}

extension Sound {
    /// The sentence of an error about it, without the place where it lies here.
    func sentence(_ error: any Error) -> String {
        let text = "\(error)".replacingOccurrences(of: file.path, with: name)
        return (text.contains(name) ? text : "\(name): \(text)") + (text.hasSuffix(".") ? "" : ".")
    }
}
