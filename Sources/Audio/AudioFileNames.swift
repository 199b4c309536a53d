/// What tells audio files from others before they are opened.
public enum AudioFileNames {
    /// Endings of names, in lower case, that are taken as audio in folders: those of FFmpeg's formats that hold recorded
    /// music.
    ///
    /// Left out, although `AudioDecoder` reads such a file where it is named, are endings that mostly mean something else
    /// (`ts` of TypeScript, `mpg`, `avi`, `wmv`, `flv`, `ogv` and `vob` of films, `dat`, `vox`, `raw`). Left out, and
    /// never read, are music for synthesizers (`mid`, `mod`, `xm`, `it`, `s3m`, `vgm`, `nsf`, `spc`, `sid`), which is no
    /// recording, and what FFmpeg has no decoder for (`ofr`, `optimfrog`, `la`, `dst` discs as `iso`).
    public static let extensions: Set<String> = [
        // Samples as they are.
        "wav", "wave", "bwf", "w64", "rf64", "aif", "aiff", "aifc", "caf", "au", "snd", "voc", "sph", "8svx", "iff",
        "sox",
        // One bit a sample.
        "dsf", "dff", "wsd",
        // Lossless.
        "flac", "fla", "ape", "wv", "tta", "tak", "shn", "mlp", "thd", "truehd",
        // MPEG.
        "mp3", "mp2", "mp1", "mpa", "mpga", "m2a", "aac", "adts", "latm", "loas", "m4a", "m4b", "m4r", "m4p", "mp4",
        "mov",
        "qt", "3gp", "3ga", "3g2", "f4a", "aax",
        // Ogg and Matroska.
        "ogg", "oga", "ogx", "opus", "spx", "mka", "mkv", "webm", "weba",
        // Others.
        "wma", "asf", "xwma", "ac3", "eac3", "ec3", "dts", "dtshd", "mpc", "mpp", "mp+", "ra", "rm", "rmvb", "oma",
        "aa3", "at3", "amr", "gsm", "vqf", "aob",
    ]
}
