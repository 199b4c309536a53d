#!/usr/bin/env python3
"""Write Sources/Datasets/GTZAN/{Artists,Lists,KnownDuplicates}.swift: facts about GTZAN's tracks as Swift source.

    make_gtzan_facts.py LISTS

LISTS is a folder with

- GTZANindex_sturm.txt: "blues.00000.wav ::: artist ::: title" a line; Bob L. Sturm's index of GTZAN (B. L. Sturm, "The
  GTZAN dataset: Its contents, its faults, their effects on evaluation, and its future use", arXiv:1306.1461, 2013).
- train_, valid_ and test_filtered.txt: the fault-filtered partition of C. Kereliuk, B. L. Sturm & J. Larsen, "Deep
  learning and music adversaries", IEEE Transactions on Multimedia 17 (11), 2015.
- train_, valid_ and test_stratified.txt: a random partition, 50, 25 and 25 tracks a genre.
- exact_duplicate_groups_from_images.txt: tracks whose spectrograms are equal, a group a line.
"""
import pathlib
import re
import sys
import textwrap

OUT = pathlib.Path(__file__).resolve().parent.parent / "Sources" / "Datasets" / "GTZAN"
# Several artists on one track: it goes wherever any of them goes.
JOINT = {
    "Aretha Franklin, Celine Dion, Mariah Carey, Shania Twain & Gloria Estefan":
        "Aretha Franklin; Celine Dion; Mariah Carey; Shania Twain; Gloria Estefan",
    "Barbra Streisand and Donna Summer": "Barbra Streisand; Donna Summer",
    "Lauryn Hill and Bob Marley": "Lauryn Hill; Bob Marley",
    "Michael Jackson & Janet Jackson": "Michael Jackson; Janet Jackson",
    "Peter Tosh and Mick Jagger": "Peter Tosh; Mick Jagger",
    "Rage Against the Machine": "Rage Against The Machine",
}


def parts(name):
    match = re.fullmatch(r"(?:.*/)?([a-z]+)\.(\d{5})(?:\.[a-z]+)?", name.strip())
    return match[1], int(match[2])


def ranges(numbers):
    """[0, 1, 2, 5] as "0-2 5"."""
    numbers, result = sorted(numbers), []
    for number in numbers:
        if result and result[-1][1] == number - 1:
            result[-1][1] = number
        else:
            result.append([number, number])
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in result)


def by_genre(names):
    result = {}
    for genre, number in map(parts, names):
        result.setdefault(genre, []).append(number)
    return {genre: ranges(numbers) for genre, numbers in sorted(result.items())}


def lines(key, text):
    """"key: text", on as many lines as it needs, each with the key."""
    return [f"{key}: {part}" for part in textwrap.wrap(text, 96 - len(key), break_on_hyphens=False)]


def literal(rows, indent):
    pad = " " * indent
    return '"""\n' + "".join(f"{pad}{row}\n" for row in rows) + f'{pad}"""'


def write(name, text):
    (OUT / name).write_text("// Written by Tools/make_gtzan_facts.py.\n\n" + text, encoding="utf-8")


def main():
    lists = pathlib.Path(sys.argv[1])
    read = lambda name: (lists / name).read_text(encoding="utf-8").splitlines()

    tracks = {}
    for line in read("GTZANindex_sturm.txt"):
        name, rest = line.split(" ::: ", 1) if " ::: " in line else (line, "")
        artist = "" if rest.startswith(":::") else re.sub(r"\s*:::.*$", "", rest).strip()
        if artist:
            tracks.setdefault(JOINT.get(artist, artist), []).append(name)
    rows = []
    for artist, names in sorted(tracks.items(), key=lambda item: min(map(parts, item[1]))):
        assert ":" not in artist and '"' not in artist and "\\" not in artist and artist.isascii(), artist
        rows += [f"{artist}: {genre} {numbers}" for genre, numbers in by_genre(names).items()]
        assert len(rows[-1]) < 110, "one line is enough"
    write("Artists.swift", f"""extension GTZAN {{
    /// "artist: genre numbers" a line; several artists of one track are parted by "; ". {len(rows)} lines,
    /// {sum(map(len, tracks.values()))} tracks: the other {1000 - sum(map(len, tracks.values()))} are of unknown artists.
    ///
    /// From the index of B. L. Sturm, "The GTZAN dataset: Its contents, its faults, their effects on evaluation, and its
    /// future use", arXiv:1306.1461 (2013).
    static let artistLines = {literal(rows, 8)}
}}
""")

    def sides(kind):
        rows = []
        for side, file in (("training", "train"), ("validation", "valid"), ("test", "test")):
            for genre, numbers in by_genre(read(f"{file}_{kind}.txt")).items():
                rows += lines(f"{side} {genre}", numbers)
                assert all(re.fullmatch(r"[a-z]+ [a-z]+: [0-9]+(-[0-9]+)?( [0-9]+(-[0-9]+)?)*", row) for row in rows)
        return literal(rows, 8)

    write("Lists.swift", f"""extension GTZAN {{
    /// "side genre: numbers" a line: 443, 197 and 290 tracks without the faults that Sturm found, and no artist on two
    /// sides (but for tracks of unknown artists, which cannot be told).
    ///
    /// The fault-filtered partition of C. Kereliuk, B. L. Sturm & J. Larsen, "Deep learning and music adversaries", IEEE
    /// Transactions on Multimedia 17 (11), 2015.
    static let filteredLines = {sides("filtered")}

    /// A random partition, 50, 25 and 25 tracks of each genre, for comparison. Artists and exact copies lie on
    /// several sides.
    static let stratifiedLines = {sides("stratified")}
}}
""")

    groups = [line.split() for line in read("exact_duplicate_groups_from_images.txt") if line.strip()]
    entries = ",\n".join("        [" + ", ".join(f'"{name}"' for name in group) + "]" for group in groups)
    write("KnownDuplicates.swift", f"""extension GTZAN {{
    /// Groups of tracks that are the same recording, as "genre.NNNNN": those whose spectrograms are equal.
    public static let exactDuplicates: [[String]] = [
{entries},
    ]
}}
""")


if __name__ == "__main__":
    main()
