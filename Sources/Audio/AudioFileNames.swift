/// What tells audio files from others before they are opened.
public enum AudioFileNames {
    /// Endings of names, in lower case, that are taken as audio in folders.
    public static let extensions: Set<String> = [
        "wav", "wave", "au", "snd", "flac", "mp3", "mp2", "m4a", "m4b", "mp4", "aac", "ac3", "ogg", "oga", "opus",
        "wma", "aif", "aiff", "aifc", "caf", "ape", "wv", "mpc", "mka", "webm", "mkv", "amr", "tta", "w64", "rf64",
    ]
}
