#!/usr/bin/env python3
"""Join published taggrams and those of sound into one file that 'genre train --backbone musicnn' learns from.

    make_taggrams.py -o OUT.npz SOURCE... [--without LIST] [--genre .build/release/genre]

SOURCE is an .npz of musicnn's authors (X [segments, 50], Y, IDS), or a folder that holds a folder of sound a genre:
'genre tags' makes its taggrams, and its silent segments are left out. A track that comes again (told by GTZAN's names, or
by its path) is taken from the first source that has it. --without leaves out the tracks of a list, and GTZAN's known copies
of them (needs numpy). Beside OUT.npz, OUT.sides.csv holds out an eighth of the artists of each genre, as
make_builtin_data.py does.
"""
import argparse
import json
import pathlib
import subprocess

import numpy as np

from make_builtin_data import NAME, held_out, known_artists, with_copies


def key(name):
    """A track's name, whatever its folder and ending: blues.00029 of blues/blues.00029.au."""
    match = NAME.search(name)
    return match[0] if match else name


def published(path):
    """{track: (genre, [segments, tags])}; the folder in its name is the genre."""
    data = np.load(path)
    tracks = {}
    starts = np.flatnonzero(np.r_[True, data["IDS"][1:] != data["IDS"][:-1]])
    for start, end in zip(starts, [*starts[1:], len(data["IDS"])]):
        name = str(data["IDS"][start])
        tracks[name] = name.split("/")[0], data["X"][start:end]
    return tracks


def heard(folder, genre):
    run = subprocess.run([genre, "tags", folder, "--timeline", "--json"], check=True, text=True, stdout=subprocess.PIPE)
    tracks = {}
    for line in map(json.loads, run.stdout.splitlines()):
        if "error" in line:
            print(f"left out: {line['file']}: {line['error']}")
            continue
        name = pathlib.Path(line["file"]).relative_to(folder).as_posix()
        rows = [moment["probabilities"] for moment in line["timeline"] if not moment["silent"]]
        tracks[name] = name.split("/")[0], np.clip(np.array(rows, np.float32), 0, 1)
    return tracks


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--without")
    parser.add_argument("--genre", default=".build/release/genre")
    arguments = parser.parse_args()
    left_out = with_copies(set(NAME.findall(pathlib.Path(arguments.without).read_text()))) if arguments.without else set()
    tracks = {}
    for path in arguments.sources:
        found = published(path) if path.endswith(".npz") else heard(path, arguments.genre)
        before, refused = len(tracks), 0
        for name, value in found.items():
            if key(name) in left_out:
                refused += 1
            else:
                tracks.setdefault(key(name), (name, *value))
        print(f"{path}: {len(found)} tracks, {refused} left out, {len(tracks) - before} new")
    order = sorted(tracks)
    genres = sorted({tracks[t][1] for t in order})
    sizes = [len(tracks[t][2]) for t in order]
    np.savez(
        arguments.output,
        X=np.concatenate([tracks[t][2] for t in order]).astype(np.float32),
        Y=np.repeat([genres.index(tracks[t][1]) for t in order], sizes),
        IDS=np.repeat([tracks[t][0] for t in order], sizes),
        genres=np.array(genres))
    held = held_out(order, known_artists())
    lines = ["path,split"] + [f"{tracks[t][0]},{'validation' if t in held else 'train'}" for t in order]
    pathlib.Path(arguments.output).with_suffix(".sides.csv").write_text("\n".join(lines) + "\n")
    print(f"{len(order)} tracks, {sum(sizes)} segments, {len(genres)} genres; {len(held)} held out for calibration")


if __name__ == "__main__":
    main()
