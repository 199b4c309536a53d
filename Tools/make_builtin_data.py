#!/usr/bin/env python3
"""Write what the built-in model learns from: GTZAN's spectrograms without the tracks that are kept for judging.

    make_builtin_data.py gtzan_mel128x387_u8.npz reserved.txt -o FOLDER      (needs numpy)

FOLDER gets tracks.npz (mel, track and label of every other track) and sides.csv (path, split): an eighth of the artists
of each genre is held out, to follow the training and to calibrate confidences. Known copies of a reserved track
(Tools/make_gtzan_facts.py puts their list into Sources/Datasets/GTZAN/KnownDuplicates.swift) are left out with it.
"""
import argparse
import hashlib
import pathlib
import re

import numpy as np

FACTS = pathlib.Path(__file__).resolve().parent.parent / "Sources" / "Datasets" / "GTZAN"
NAME = re.compile(r"[a-z]+\.\d{5}")


def held_out(tracks, artists):
    """About an eighth of each genre, by whole artists with at most a seventh of it each, in an order drawn by a hash. An
    artist of two genres is held out in both."""
    by_artist, genre_sizes = {}, {}
    for track in tracks:
        by_artist.setdefault(artists.get(track, track), []).append(track)
        genre = track.split(".")[0]
        genre_sizes[genre] = genre_sizes.get(genre, 0) + 1
    held, counts = set(), dict.fromkeys(genre_sizes, 0)
    for artist in sorted(by_artist, key=lambda name: hashlib.sha256(name.encode()).digest()):
        genres = {track.split(".")[0] for track in by_artist[artist]}
        if all(counts[g] < genre_sizes[g] / 8 for g in genres) and all(
                sum(t.startswith(g) for t in by_artist[artist]) <= genre_sizes[g] / 7 for g in genres):
            held |= set(by_artist[artist])
            for g in genres:
                counts[g] += sum(t.startswith(g) for t in by_artist[artist])
    return held


def with_copies(tracks):
    """The tracks, and the known copies of each."""
    tracks = set(tracks)
    for line in (FACTS / "KnownDuplicates.swift").read_text().splitlines():
        group = NAME.findall(line)
        if tracks & set(group):
            tracks |= set(group)
    return tracks


def known_artists():
    """{track: artist}"""
    artists = {}
    for line in (FACTS / "Artists.swift").read_text().splitlines():
        match = re.fullmatch(r"\s*(.+): ([a-z]+) ([\d -]+)", line)
        if match:
            for part in match[3].split():
                first, _, last = part.partition("-")
                for number in range(int(first), int(last or first) + 1):
                    artists[f"{match[2]}.{number:05d}"] = match[1]
    return artists


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("npz")
    parser.add_argument("reserved")
    parser.add_argument("-o", "--output", required=True)
    arguments = parser.parse_args()
    data = np.load(arguments.npz)
    reserved = with_copies(NAME.findall(pathlib.Path(arguments.reserved).read_text()))
    keep = [i for i, track in enumerate(data["track"]) if track not in reserved]
    folder = pathlib.Path(arguments.output)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "tracks.npz", **{key: data[key][keep] for key in ("mel", "track", "label")})
    kept = [str(data["track"][i]) for i in keep]
    held = held_out(kept, known_artists())
    lines = ["path,split"] + [f"{t.split('.')[0]}/{t},{'validation' if t in held else 'train'}" for t in kept]
    (folder / "sides.csv").write_text("\n".join(lines) + "\n")
    print(f"{len(keep)} tracks kept, {len(data['track']) - len(keep)} left out, {len(held)} held out")


if __name__ == "__main__":
    main()
