import Foundation

/// Audio files and their genres, before any of them is opened: what folders or a table say.
public struct AudioListing: Sendable {
    public struct File: Sendable, Hashable {
        /// "genre/file name", unique within the listing.
        public var id: String
        /// Index into `genres`.
        public var label: Int
        public var url: URL
        /// Where the table or a folder tells it.
        public var artist: String?
        /// Where the table fixes it.
        public var side: SegmentSet.Side?
        /// Why it cannot be used, where that is known before it is opened: a folder that cannot be read, say.
        var fault: String?

        public init(id: String, label: Int, url: URL, artist: String? = nil, side: SegmentSet.Side? = nil) {
            self.id = id
            self.label = label
            self.url = url
            self.artist = artist
            self.side = side
        }
    }

    /// In alphabetical order.
    public var genres: [String]
    /// By genre, then by id.
    public var files: [File]
    /// What it was made from, for messages.
    public var roots: [URL]

    public init(genres: [String], files: [File], roots: [URL]) {
        self.genres = genres
        self.files = files
        self.roots = roots
    }
}
