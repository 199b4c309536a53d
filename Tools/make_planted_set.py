#!/usr/bin/env python3
"""Plant excerpts of known tracks into a folder, to try 'genre inspect' on.

    make_planted_set.py OUT MUSIC... [--count 60] [--seed 0]

MUSIC are folders of genre folders. OUT gets links to all of their files, OUT/planted/*.mp3 and *.ogg with excerpts of
2, 5 and 10 s and whole tracks at -12 to +6 dB, coded with 32 to 64 kbit/s (needs the command ffmpeg), and OUT/truth.json
with the track and the start of each.

    make_planted_set.py --check OUT/truth.json AUDIT.json

holds the output of 'genre inspect OUT --json' against that: planted ones found or not, starts that are wrong, and
relations between tracks that are not planted, which are to be looked at: real collections hold copies of their own.
"""
import argparse
import json
import pathlib
import random
import subprocess
import sys


def plant(out, roots, count, seed):
    choice = random.Random(seed)
    whole = []
    for root in map(pathlib.Path, roots):
        for file in sorted(root.glob("*/*.*")):
            link = out / file.parent.name / file.name
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.is_symlink():
                link.symlink_to(file.resolve())
            length = float(subprocess.run(
                ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", file],
                capture_output=True, text=True, check=True).stdout)
            if length > 20:
                whole.append((f"{file.parent.name}/{file.name}", file, length))
    (out / "planted").mkdir(exist_ok=True)
    truth = []
    for number in range(count):
        name, file, length = whole[number * 7 % len(whole)]
        seconds = [2, 5, 10, length][number % 4]
        start = choice.uniform(0, length - seconds)
        gain = choice.uniform(-12, 6)
        coder, ending = [("libmp3lame", "mp3"), ("libvorbis", "ogg")][number // 4 % 2]
        rate = choice.choice([32, 48, 64])
        path = f"planted/{number:03}.{ending}"
        subprocess.run(
            ["ffmpeg", "-v", "error", "-y", "-ss", f"{start:.4f}", "-t", f"{seconds}", "-i", file,
             "-af", f"volume={gain:.2f}dB", "-c:a", coder, "-b:a", f"{rate}k", out / path], check=True)
        truth.append({"path": path, "track": name, "start": start, "seconds": seconds, "gain": gain, "kbits": rate})
    (out / "truth.json").write_text(json.dumps(truth, indent=1))


def check(truth, audit):
    truth = {entry["path"]: entry for entry in json.loads(pathlib.Path(truth).read_text())}
    relations = json.loads(pathlib.Path(audit).read_text())["relations"]
    found, wrong, others = {}, [], []
    for relation in relations:
        pair = (relation["track"], relation["trackStart"]), (relation["other"], relation["otherStart"])
        planted = [name for name, _ in pair if name in truth]
        if len(planted) == 2:
            # Two excerpts of one track share what they share.
            if truth[planted[0]]["track"] != truth[planted[1]]["track"]:
                others.append(relation)
            continue
        if not planted:
            others.append(relation)
            continue
        (name, at), (other, other_at) = pair if pair[0][0] in truth else pair[::-1]
        entry = truth[name]
        if other != entry["track"]:
            others.append(relation)
        elif abs(other_at - at - entry["start"]) > 0.15:
            wrong.append((entry, relation))
        else:
            found[name] = relation
    for kind in (2, 5, 10, None):
        own = [e for e in truth.values() if (e["seconds"] == kind if kind else e["seconds"] > 10)]
        hits = [found[e["path"]] for e in own if e["path"] in found]
        worst = max((hit["difference"] for hit in hits), default=0)
        print(f"{kind or 'whole'}: {len(hits)} of {len(own)} found; most bits that differ {worst:.3f}")
    for entry in truth.values():
        if entry["path"] not in found:
            print("not found:", entry)
    for entry, relation in wrong:
        print("wrong start:", entry, relation)
    for relation in others:
        print("besides:", relation)


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("out", type=pathlib.Path)
parser.add_argument("music", nargs="+")
parser.add_argument("--count", type=int, default=60)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--check", action="store_true")
arguments = parser.parse_args()
if arguments.check:
    check(arguments.out, arguments.music[0])
else:
    if not arguments.music:
        sys.exit("name folders of music")
    plant(arguments.out, arguments.music, arguments.count, arguments.seed)
