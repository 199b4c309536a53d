// Written by Tools/make_gtzan_facts.py.

extension GTZAN {
    /// Groups of tracks that are the same recording, as "genre.NNNNN": those whose spectrograms are equal.
    public static let exactDuplicates: [[String]] = [
        ["disco.00098", "disco.00099"],
        ["hiphop.00039", "hiphop.00045"],
        ["hiphop.00076", "hiphop.00078"],
        ["metal.00034", "metal.00094"],
        ["metal.00040", "metal.00061"],
        ["metal.00041", "metal.00062"],
        ["metal.00042", "metal.00063"],
        ["metal.00043", "metal.00064"],
        ["metal.00044", "metal.00065"],
        ["metal.00045", "metal.00066"],
        ["metal.00058", "rock.00016"],
        ["pop.00054", "pop.00060"],
        ["pop.00067", "pop.00071"],
        ["reggae.00081", "reggae.00082"],
    ]
}
