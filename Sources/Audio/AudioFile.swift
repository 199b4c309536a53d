import CFFmpeg
import Foundation

/// An open file and its decoder; the handle is freed with the object.
final class AudioFile {
    let path: String
    static let mostRates = Int(GK_AUDIO_MOST_RATES)
    private let handle: OpaquePointer
    private let channel: Int?

    /// - Parameters:
    ///   - sampleRates: Hz, `mostRates` of them at most; none for the file's own.
    ///   - channel: the one to take, from 0; nil for the mean of all.
    init(_ url: URL, sampleRates: [Double], channel: Int?) throws(AudioError) {
        precondition(sampleRates.count <= Self.mostRates, "as many rates as one decoding gives")
        self.channel = channel
        path = url.path
        var rates: [Int32] = []
        for sampleRate in sampleRates {
            guard let rate = Int(exactly: sampleRate), AudioDecoder.sampleRates.contains(rate) else {
                throw .unusableTargetRate(sampleRate)
            }
            rates.append(Int32(rate))
        }
        if rates.isEmpty { rates = [0] }
        try Self.check(path)
        var fault = gk_audio_error()
        guard let handle = gk_audio_open(path, rates, Int32(rates.count), Int32(channel ?? -1), &fault) else {
            throw AudioError(fault, path: path)
        }
        self.handle = handle
    }

    deinit { gk_audio_close(handle) }

    /// Decodes on until there are samples at any of the rates; false at the end.
    func decodeNext() throws(AudioError) -> Bool {
        var fault = gk_audio_error()
        let code = gk_audio_next(handle, &fault)
        guard code >= 0 else { throw AudioError(fault, path: path) }
        return code > 0
    }

    /// The samples at the rate of that index, valid until more are decoded; perhaps none.
    func samples(atRate index: Int) -> UnsafeBufferPointer<Float> {
        var samples: UnsafePointer<Float>?
        let count = gk_audio_ready(handle, Int32(index), &samples)
        return UnsafeBufferPointer(start: samples, count: count)
    }

    /// The next samples at the first rate, valid until the next call; nil at the end.
    func next() throws(AudioError) -> UnsafeBufferPointer<Float>? {
        try decodeNext() ? samples(atRate: 0) : nil
    }

    /// The loudest channel, where the samples so far are a mean in which the channels cancel.
    var channelInsteadOfMean: Int? {
        let channel = gk_audio_cancelling(handle)
        return channel < 0 ? nil : Int(channel)
    }

    var remarks: SoundRemarks {
        SoundRemarks(
            damagedPackets: Int(gk_audio_damaged_packets(handle)), endIsMissing: gk_audio_end_is_missing(handle) != 0,
            channelTaken: channel, channelsCancel: channel == nil && channelInsteadOfMean != nil)
    }

    /// Seconds, as the header claims; nil where it does not say.
    var duration: Double? {
        let duration = gk_audio_describe(handle).duration
        return duration > 0 ? duration : nil
    }

    var properties: AudioProperties {
        let header = gk_audio_describe(handle)
        var tags: [String: String] = [:]
        var key: UnsafePointer<CChar>?
        var value: UnsafePointer<CChar>?
        var index: Int32 = 0
        while gk_audio_tag(handle, index, &key, &value) != 0, let key, let value {
            let name = String(cString: key).lowercased()
            if tags[name] == nil { tags[name] = String(cString: value) }
            index += 1
        }
        return AudioProperties(
            sourceRate: Double(header.sample_rate), channels: Int(header.channels),
            codec: String(cString: header.codec), container: String(cString: header.container),
            duration: duration, tags: tags)
    }

    /// Tells the plain faults apart before FFmpeg sees the file; opening a pipe could wait for ever.
    private static func check(_ path: String) throws(AudioError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw errno == ENOENT || errno == ENOTDIR
                ? .missing(path: path) : .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
        guard status.st_size > 0 else { throw .empty(path: path) }
    }
}

extension AudioError {
    fileprivate init(_ fault: gk_audio_error, path: String) {
        let text = withUnsafeBytes(of: fault.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        switch Int(fault.kind) {
        case GK_AUDIO_UNREADABLE: self = .unreadable(path: path, reason: text)
        case GK_AUDIO_UNRECOGNISED: self = .unrecognised(path: path, reason: text)
        case GK_AUDIO_NO_STREAM: self = .noAudioStream(path: path)
        case GK_AUDIO_NO_DECODER: self = .noDecoder(path: path, codec: text)
        case GK_AUDIO_BAD_RATE: self = .unusableSourceRate(path: path, rate: text)
        case GK_AUDIO_NO_MEMORY: self = .outOfMemory(path: path)
        case GK_AUDIO_ENCRYPTED: self = .encrypted(path: path)
        case GK_AUDIO_COSTLY_HEADER: self = .costlyHeader(path: path)
        case GK_AUDIO_CUT_OFF: self = .cutOff(path: path)
        case GK_AUDIO_IMPLAUSIBLE: self = .implausible(path: path)
        default: self = .undecodable(path: path, reason: text)
        }
    }
}
