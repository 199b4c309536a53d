#!/usr/bin/env python3
"""Judge what a user's few tracks a genre give, with a base model that met none of their artists.

    judge_transfer.py --genre .build/release/genre tracks.npz RUN [--tracks 5 10 20] [--own] [-- OPTIONS OF genre train]

tracks.npz and RUN are as Tools/make_builtin_data.py and 'genre train --split artist-kfold:K' wrote them. For each fold's
model, the tracks that it held out are dealt into two halves by whole artists; a training that begins with the model learns
from the first tracks of one half, as many of each genre as --tracks says, and is judged on all of the other, and the other
way round. So each track is judged once. --own joins the ten genres to five that the base has no word for.
"""
import argparse
import collections
import hashlib
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

from judge_builtin import folds_of
from make_builtin_data import known_artists

OWN = {"metal": "loud", "rock": "loud", "classical": "calm", "jazz": "calm", "disco": "dance", "hiphop": "dance",
       "pop": "dance", "blues": "roots", "country": "roots", "reggae": "reggae"}


def order(text):
    return hashlib.sha256(text.encode()).digest()


def halves(tracks, artists):
    """Whole artists in two halves, each genre as even as they allow; tracks of a genre go by artist in turn."""
    by_artist = collections.defaultdict(list)
    for track in sorted(tracks, key=order):
        by_artist[artists.get(track, track)].append(track)
    counts, sides = [collections.Counter(), collections.Counter()], [[], []]
    for artist in sorted(by_artist, key=lambda name: (-len(by_artist[name]), order(name))):
        own = collections.Counter(track.split(".")[0] for track in by_artist[artist])
        side = int(sum(counts[0][g] * n for g, n in own.items()) > sum(counts[1][g] * n for g, n in own.items()))
        sides[side].append(by_artist[artist])
        counts[side] += own
    dealt = []
    for side in sides:
        turns = [(place, order(track), track) for tracks in side for place, track in enumerate(tracks)]
        dealt.append([track for _, _, track in sorted(turns)])
    return dealt


def judged(genre, base, data, rows, learned, held, options, names):
    """(segments judged rightly as a share, tracks judged rightly, tracks) of one training."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        places = [rows[track] for track in learned + held]
        np.savez(folder / "tracks.npz", mel=data["mel"][places], track=np.array(learned + held),
                 label=np.array([names(track) for track in learned + held]))
        lines = [f"{track},train" for track in learned] + [f"{track},validation" for track in held]
        (folder / "sides.csv").write_text("path,split\n" + "\n".join(lines) + "\n")
        subprocess.run(
            [genre, "train", folder / "tracks.npz", "--recipe", "gtzan-mel", "--segments", "all", "--from", base,
             "--split", f"file:{folder / 'sides.csv'}", "--no-report", "-o", folder / "run", *options],
            check=True, capture_output=True, text=True)
        last = json.loads((folder / "run" / "log.jsonl").read_text().splitlines()[-1])
        return last["raw"], round(last["max"] * len(held)), len(held)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--genre", default=".build/release/genre")
    parser.add_argument("npz")
    parser.add_argument("run")
    parser.add_argument("--tracks", type=int, nargs="+", default=[5, 10, 20])
    parser.add_argument("--own", action="store_true")
    # What stands after -- goes to genre train as it is.
    words = sys.argv[1:]
    at = words.index("--") if "--" in words else len(words)
    arguments = parser.parse_args(words[:at])
    options = words[at + 1:]
    data = {key: value for key, value in np.load(arguments.npz).items()}
    rows = {str(track): row for row, track in enumerate(data["track"])}
    artists = known_artists()
    names = (lambda track: OWN[track.split(".")[0]]) if arguments.own else (lambda track: track.split(".")[0])
    for count in arguments.tracks:
        right = total = 0
        raw = []
        for model, held_out in folds_of(arguments.genre, arguments.run):
            sides = halves(held_out, artists)
            for first, second in (sides, sides[::-1]):
                taken, learned = collections.Counter(), []
                for track in first:
                    if taken[names(track)] < count:
                        taken[names(track)] += 1
                        learned.append(track)
                held = [track for track in second if names(track) in taken]
                share, rightly, tracks = judged(arguments.genre, model, data, rows, learned, held, options, names)
                raw.append(share)
                right, total = right + rightly, total + tracks
        half = 1.96 * math.sqrt(right / total * (1 - right / total) / total)
        print(f"{count} tracks a genre: max {right / total:.1%} of {total} (± {half:.1%}), raw {sum(raw) / len(raw):.1%}",
              flush=True)


if __name__ == "__main__":
    main()
