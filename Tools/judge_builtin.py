#!/usr/bin/env python3
"""Judge models on sound whose tracks and artists they never met.

    judge_builtin.py --genre .build/release/genre RUN AUDIO... [--variants]

RUN is what 'genre train --split artist-kfold:K' wrote; each fold's model hears the files of its own held-out tracks, told
by GTZAN's names (jazz.00012.flac). --variants repeats it with the sound at -20 dB, at +6 dB (clipped where it must) and
as MP3 at 64 kbit/s (needs the ffmpeg command), and counts the verdicts that stay.
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


def verdicts(genre, folds, files):
    """{track: (genre told, confidence)}: each file by the model that held it out."""
    told = {}
    for model, held in folds:
        paths = {str(path): track for track, path in files.items() if track in held}
        if paths:
            lines = subprocess.run([genre, "predict", "--model", model, "--json", "--from", "-"], check=True, text=True,
                                   input="\n".join(paths), capture_output=True).stdout.splitlines()
            for line in map(json.loads, lines):
                told[paths[line["file"]]] = line["genre"], line["confidence"]
    return told


def summary(told):
    right = sum(track.split(".")[0] == genre for track, (genre, _) in told.items())
    n, p = len(told), right / len(told)
    # Wilson's interval.
    z = 1.96
    middle, half = (p + z * z / 2 / n) / (1 + z * z / n), z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    return f"{right} of {n}: {p:.1%}, 95 % interval {middle - half:.1%} to {middle + half:.1%}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--genre", default=".build/release/genre")
    parser.add_argument("run")
    parser.add_argument("audio", nargs="+")
    parser.add_argument("--variants", action="store_true")
    arguments = parser.parse_args()
    folds = []
    for model in sorted(pathlib.Path(arguments.run).glob("fold-*/model.safetensors")):
        card = json.loads(subprocess.check_output([arguments.genre, "inspect", model, "--json"]))
        folds.append((model, {NAME.search(track)[0] for track in card["heldOutTracks"]}))
    for folder in arguments.audio:
        files = {path.stem: path for path in sorted(pathlib.Path(folder).rglob("*.*")) if NAME.fullmatch(path.stem)}
        told = verdicts(arguments.genre, folds, files)
        print(f"{folder}: {summary(told)}")
        genres = sorted({track.split(".")[0] for track in told})
        print("  " + ", ".join(
            f"{g} {sum(t[0] == g for k, t in told.items() if k.startswith(g))}/{sum(k.startswith(g) for k in told)}"
            for g in genres))
        for name, (ending, options) in VARIANTS.items() if arguments.variants else ():
            with tempfile.TemporaryDirectory() as temporary:
                changed = {}
                for track, path in files.items():
                    changed[track] = pathlib.Path(temporary) / f"{track}.{ending}"
                    subprocess.run(["ffmpeg", "-v", "error", "-i", path, *options, changed[track]], check=True)
                again = verdicts(arguments.genre, folds, changed)
                same = sum(again[track][0] == told[track][0] for track in told)
                print(f"  {name}: {summary(again)}; {same} of {len(told)} verdicts stay")


if __name__ == "__main__":
    main()
