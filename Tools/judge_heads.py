#!/usr/bin/env python3
"""Judge how a head on musicnn grows with the tracks a genre that it learns from, on artists that it never met.

    judge_heads.py DATA [--tracks 5 10 20 40] [--draws 1] [--genre .build/release/genre] [-- OPTIONS]

DATA is what 'genre train --backbone musicnn' takes (make_taggrams.py writes an .npz of published and own sound). Its
tracks are divided into four folds of whole artists ('--split artist-kfold:4'); of the three that train, so many tracks of
each genre are drawn by a hash of their names. OPTIONS go to 'genre train': --features penultimate, --head dense:64.
"""
import argparse
import collections
import hashlib
import json
import math
import pathlib
import subprocess
import tempfile


def train(genre, data, split, folder, options):
    """The run's folder and what it says; of folds only the folder."""
    run = subprocess.run(
        [genre, "train", *data, "--backbone", "musicnn", "--split", split, "--no-report", "--json", "-o", folder, *options],
        check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return json.loads(run.stdout)


def drawn(tracks, count, draw):
    """So many tracks of each genre, in an order drawn by a hash."""
    by_genre = collections.defaultdict(list)
    for track in sorted(tracks, key=lambda name: hashlib.sha256(f"{draw} {name}".encode()).digest()):
        by_genre[track.split("/")[0]].append(track)
    return [track for own in by_genre.values() for track in own[:count]]


def interval(right, count):
    """Wilson's, 95 %."""
    z, share = 1.96, right / count
    middle = (share + z * z / 2 / count) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / 4 / count / count)
    return f"{middle - half:.1%} to {middle + half:.1%}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", nargs="+")
    parser.add_argument("--tracks", nargs="*", type=int, default=[5, 10, 20, 40])
    parser.add_argument("--draws", type=int, default=1)
    parser.add_argument("--genre", default=".build/release/genre")
    arguments, options = parser.parse_known_args()
    options = [option for option in options if option != "--"]
    with tempfile.TemporaryDirectory() as temporary:
        place = pathlib.Path(temporary)
        train(arguments.genre, arguments.data, "artist-kfold:4", place / "all", options)
        folds = [json.loads((place / f"all/fold-{fold}/split.json").read_text()) for fold in range(1, 5)]
        rows = [("all", [place / f"all/fold-{fold}" for fold in range(1, 5)])]
        for count in arguments.tracks:
            runs = []
            for draw in range(arguments.draws):
                for number, fold in enumerate(folds):
                    name = f"{count}-{draw}-{number}"
                    lines = ["path,side"] + [f"{t},train" for t in drawn(fold["training"], count, draw)]
                    lines += [f"{t},validation" for t in fold["validation"]]
                    (place / f"{name}.csv").write_text("\n".join(lines) + "\n")
                    train(arguments.genre, arguments.data, f"file:{place / name}.csv", place / name, options)
                    runs.append(place / name)
            rows.append((str(count), runs))
        print("tracks a genre  right          95 % interval   each genre's share")
        for name, runs in rows:
            right, total = collections.Counter(), collections.Counter()
            for run in runs:
                verdicts = json.loads((run / "verdicts.json").read_text())
                genres = verdicts["genres"]
                for track in verdicts["tracks"]:
                    label, told = genres[track["label"]], genres[track["max"]]
                    total[label] += 1
                    right[label] += label == told
            share = sum(right.values()) / sum(total.values())
            each = ", ".join(f"{genre} {right[genre] / total[genre]:.0%}" for genre in sorted(total))
            print(f"{name:>14}  {share:.1%} of {sum(total.values()):<5} {interval(sum(right.values()), sum(total.values())):>16}  {each}")


if __name__ == "__main__":
    main()
