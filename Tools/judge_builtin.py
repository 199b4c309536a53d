#!/usr/bin/env python3
"""Judge models on sound whose tracks and artists they never met.

    judge_builtin.py --genre .build/release/genre RUN AUDIO... [--with RUN] [--variants]

RUN is what 'genre train --split artist-kfold:K' wrote; each fold's model classifies the files of its own held-out tracks,
found by GTZAN's names (jazz.00012.flac). --with names folds of musicnn's heads: both are judged, and fusions of the two on
the tracks that both held out. --variants repeats it with the sound at -20 dB, at +6 dB (clipped where it must) and as MP3 at
64 kbit/s (needs the ffmpeg command), and counts the verdicts that stay.
"""
import argparse
import json
import math
import pathlib
import re
import subprocess
import tempfile

NAME = re.compile(r"[a-z]+\.\d{5}")
VARIANTS = {"-20 dB": ("wav", ["-af", "volume=-20dB"]), "+6 dB": ("wav", ["-af", "volume=6dB"]),
            "MP3 64 kbit/s": ("mp3", ["-b:a", "64k"])}


def folds_of(genre, run):
    """[(model, the names of the tracks that it held out)]"""
    folds = []
    for model in sorted(pathlib.Path(run).glob("fold-*/model.safetensors")):
        card = json.loads(subprocess.check_output([genre, "inspect", model, "--json"]))
        folds.append((model, {NAME.search(track)[0] for track in card["heldOutTracks"]}))
    return folds


def probabilities(genre, folds, files):
    """{track: {genre: probability}}: each file by the model that held it out."""
    found = {}
    for model, held in folds:
        paths = {str(path): track for track, path in files.items() if track in held}
        if paths:
            lines = subprocess.run([genre, "predict", "--model", model, "--json", "--top", "10", "--from", "-"], check=True, text=True,
                                   input="\n".join(paths), capture_output=True).stdout.splitlines()
            for line in map(json.loads, lines):
                found[paths[line["file"]]] = {each["genre"]: each["confidence"] for each in line["top"]}
    return found


def fused(genre, first, second, folder):
    """Folds of fusions: one for each pair of folds, of the tracks that both held out. Of musicnn's segments every second is
    taken, as the built-in fusion does."""
    folds = []
    for one, held in first:
        for other, also in second:
            if held & also:
                model = pathlib.Path(folder) / f"{len(folds)}.safetensors"
                subprocess.run([genre, "fuse", one, other, "--every", "1,2", "-o", model], check=True, capture_output=True)
                folds.append((model, held & also))
    return folds


def verdicts(found):
    return {track: max(p, key=p.get) for track, p in found.items()}


def summary(told):
    right, n = sum(track.split(".")[0] == genre for track, genre in told.items()), len(told)
    z, p = 1.96, right / n
    # Wilson's interval.
    middle, half = (p + z * z / 2 / n) / (1 + z * z / n), z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    return f"{right} of {n}: {p:.1%}, 95% interval {middle - half:.1%} to {middle + half:.1%}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--genre", default=".build/release/genre")
    parser.add_argument("run")
    parser.add_argument("audio", nargs="+")
    parser.add_argument("--with", dest="other")
    parser.add_argument("--variants", action="store_true")
    arguments = parser.parse_args()
    runs = [arguments.run] + [arguments.other] * (arguments.other is not None)
    folds = {run: folds_of(arguments.genre, run) for run in runs}
    models = tempfile.TemporaryDirectory()
    if len(runs) == 2:
        folds["both"] = fused(arguments.genre, *folds.values(), models.name)

    def judge(files):
        """{name: {track: verdict}} of each kind of model, and of both: on the same tracks."""
        found = {run: verdicts(probabilities(arguments.genre, each, files)) for run, each in folds.items()}
        common = set.intersection(*(set(of.keys()) for of in found.values()))
        return {run: {track: of[track] for track in sorted(common)} for run, of in found.items()}

    for folder in arguments.audio:
        files = {path.stem: path for path in sorted(pathlib.Path(folder).rglob("*.*")) if NAME.fullmatch(path.stem)}
        told = judge(files)
        again = {}
        for name, (ending, options) in VARIANTS.items() if arguments.variants else ():
            with tempfile.TemporaryDirectory() as temporary:
                changed = {}
                for track, path in files.items():
                    changed[track] = pathlib.Path(temporary) / f"{track}.{ending}"
                    subprocess.run(["ffmpeg", "-v", "error", "-i", path, *options, changed[track]], check=True)
                again[name] = judge(changed)
        for run, genres_of in told.items():
            print(f"{folder}, {run}: {summary(genres_of)}")
            genres = sorted({track.split(".")[0] for track in genres_of})
            print("  " + ", ".join(
                f"{g} {sum(v == g for k, v in genres_of.items() if k.startswith(g))}"
                f"/{sum(k.startswith(g) for k in genres_of)}" for g in genres))
            for name, judged in again.items():
                same = sum(judged[run][track] == genre for track, genre in genres_of.items())
                print(f"  {name}: {summary(judged[run])}; {same} of {len(genres_of)} verdicts stay")


if __name__ == "__main__":
    main()
