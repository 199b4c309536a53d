"""Times the way from audio files to verdicts in librosa with PyTorch and with ONNX Runtime, turn by turn with the tool.

    python Benchmarks/predict.py --against .build/release/genre MUSIC
    python Benchmarks/predict.py --against .build/release/genre MUSIC --contender onnx --passes 3

MUSIC is a folder of audio files of any format and rate. All do the job of `genre predict MUSIC` with the built-in model:
every file decoded to mono at 22,050 Hz, the recipe `gtzan-mel` (below), the net on all segments of [128][80], one
every 40 columns, and the mean of their probabilities. The net's weights are what `genre export` gives.

    genre    `genre predict MUSIC --json`: the whole command, from the start of its process to its end
    torch    librosa.load (soundfile decodes), librosa.stft, numpy; the net of Tools/pytorch_nets.py, channels_last
    onnx     the same up to the segments; the net as ONNX file in ONNX Runtime

A worker is a process of one thread (of the tool: a thread), and workers take files in turn; a net gets all segments of a
file at once. Each library starts its processes once, runs one pass that is not counted, and then one whenever its turn
comes: of its processes the start is not part of the times, of the tool's it is.

The first verdict is one file's, in a fresh process with as many threads as there are workers, from the start of the
process to the line that tells the genre.

Before anything is timed, verdicts of all files are held against each other: fewer equal ones than 95 % are not the same
job. Of files at 22,050 Hz the mean probabilities differ by 1e-6 at most, FLAC or MP3, of any length; where files are
resampled, the tool by FFmpeg and librosa by soxr, by about 1e-2.
"""

import argparse
import functools
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from features import THREAD_VARIABLES, Workers, genre, in_turn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "Tools"))

CONTENDERS = ["torch", "onnx"]
RATE, FRAME, HOP, MELS, FLOOR = 22_050, 2048, 512, 128, 1e-10
BLOCK, BLOCK_COLUMNS, FRAMES_LEFT = 30 * RATE, 387, 2
# Nepers: of power from the least to the greatest level, and of magnitude at the top.
RANGE, TOP = 80 * math.log(10) / 10, 14
COLUMNS, STEP, LEAST_SAMPLES = 80, 40, 268 * HOP


# The recipe gtzan-mel


@functools.cache
def mel_bank():
    import librosa

    return librosa.filters.mel(sr=RATE, n_fft=FRAME, n_mels=MELS)


def blocks_of(samples):
    """Blocks of 30 s; a rest shorter than half of one is part of the last. A short sound is repeated."""
    import numpy

    if len(samples) <= LEAST_SAMPLES:
        return [numpy.resize(samples, LEAST_SAMPLES)]
    whole, rest = divmod(len(samples), BLOCK)
    count = max(1, whole + (2 * rest >= BLOCK))
    starts = [BLOCK * number for number in range(count)] + [len(samples)]
    return [samples[start:end] for start, end in zip(starts, starts[1:])]


def used_frames(samples):
    return max(1, 1 + samples // HOP - FRAMES_LEFT)


def picture(block):
    """Levels below the block's greatest, [mels][columns]."""
    import librosa
    import numpy

    spectrum = librosa.stft(block, n_fft=FRAME, hop_length=HOP, pad_mode="constant")
    levels = numpy.log(mel_bank() @ (spectrum.real**2 + spectrum.imag**2) + numpy.float32(FLOOR))
    columns, used = BLOCK_COLUMNS, used_frames(len(block))
    if abs(len(block) - BLOCK) > BLOCK // 40:
        columns = max(1, math.floor(used * BLOCK_COLUMNS / used_frames(BLOCK) + 0.5))
    greatest = levels.max()
    floor = max(levels.min(), greatest - RANGE)
    chosen = levels[:, (2 * numpy.arange(columns) + 1) * used // (2 * columns)]
    return (TOP - RANGE / 2 + numpy.maximum(chosen - floor, 0) * (RANGE / 2 / (greatest - floor))).astype("float32")


def segments_of(path):
    """A file's segments, [count][1][128][80]."""
    import librosa
    import numpy

    samples, _ = librosa.load(path, sr=RATE, mono=True)
    pictures = numpy.concatenate([picture(block) for block in blocks_of(samples)], axis=1)
    windows = numpy.lib.stride_tricks.sliding_window_view(pictures, COLUMNS, axis=1)[:, ::STEP]
    return numpy.ascontiguousarray(windows.transpose(1, 0, 2))[:, None]


# The nets: functions from segments to probabilities [count][genres]


def torch_net(folder, threads):
    import torch
    from safetensors.torch import load_file

    import pytorch_nets
    from pytorch_blueprint import Twin

    torch.set_num_threads(threads)
    name, weights = pathlib.Path(folder, "net.txt").read_text(), load_file(f"{folder}/net.safetensors")
    if name in pytorch_nets.NETS:
        net = pytorch_nets.of_weights(name, weights).to(memory_format=torch.channels_last)
    else:
        net = Twin(json.loads(pathlib.Path(folder, "blueprint.json").read_text()))
        net.training = False
        with torch.no_grad():
            for key, values in {**net.parameters, **net.statistics}.items():
                values.copy_(weights[key])

    def probabilities(segments):
        with torch.inference_mode():
            x = torch.from_numpy(segments).to(memory_format=torch.channels_last)
            return torch.softmax(net(x), 1).numpy()

    return probabilities


def onnx_net(folder, threads):
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads, settings.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(f"{folder}/net.onnx", settings, providers=["CPUExecutionProvider"])
    return lambda segments: session.run(["probabilities"], {"segments": segments})[0]


NETS = {"torch": torch_net, "onnx": onnx_net}


def mean_probabilities(net, path):
    return net(segments_of(path)).mean(axis=0, dtype="float64").tolist()


# Contenders


def work(name, folder, files, taken, orders, answers):
    """A worker: on every order, takes files until there are none; answers with what it heard."""
    net = NETS[name](folder, 1)
    answers.put({})
    while orders.get():
        answers.put({file: mean_probabilities(net, file) for file in in_turn(files, taken)})


class Contender:
    """One library's workers, timed pass by pass; the first pass is not counted."""

    def __init__(self, name, folder, files, workers):
        self.name, self.times, self.heard = name, [], {}
        self.workers = Workers(name, work, (name, folder), files, workers)
        self.run()
        self.times.clear()

    def run(self):
        took, answers = self.workers.run()
        self.times.append(took)
        self.heard = {file: told for heard in answers for file, told in heard.items()}

    def end(self):
        self.workers.end()


class Tool:
    """`genre predict` on the folder."""

    def __init__(self, options, temperature, genres):
        self.name, self.times, self.lines = "genre", [], []
        self.command = ["predict", options.music, "--json", "--jobs", str(options.workers), "--top", str(len(genres)),
                        "--model", options.model]
        self.path, self.temperature, self.genres = options.against, temperature, genres
        self.run()
        self.times.clear()
        self.files = [line["file"] for line in self.lines]
        self.heard = {line["file"]: self.probabilities(line) for line in self.lines}

    def probabilities(self, line):
        """Confidences are the mean probabilities to the power of 1 / temperature, normalised."""
        powers = {guess["genre"]: guess["confidence"] ** self.temperature for guess in line["top"]}
        return [powers[name] / sum(powers.values()) for name in self.genres]

    def run(self):
        start = time.perf_counter()
        self.lines = genre(self.path, self.command)
        self.times.append(time.perf_counter() - start)


# One file in a fresh process


def tell_one(name, folder, path, threads):
    """The other side of first_verdict."""
    found = mean_probabilities(NETS[name](folder, threads), path)
    names = json.loads(pathlib.Path(folder, "genres.json").read_text())
    print(names[found.index(max(found))], flush=True)


def first_verdict(command):
    """Seconds from the start of a process to its first line."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        took = time.perf_counter() - start
    if process.returncode != 0 or not line.strip():
        sys.exit(f"`{' '.join(command)}` failed with status {process.returncode}.")
    return took


def first_verdicts(options, folder, file):
    """{contender: seconds}, turn by turn; the first round is not counted."""
    commands = {"genre": [options.against, "predict", file, "--json", "--jobs", str(options.workers), "--model",
                          options.model]}
    for name in options.contender:
        commands[name] = [sys.executable, __file__, file, "--one", name, "--folder", folder, "--workers",
                          str(options.workers)]
    times = {name: [] for name in commands}
    environment = dict.fromkeys(THREAD_VARIABLES, str(options.workers))
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    for round_number in range(options.starts + 1):
        for name, command in commands.items():
            took = first_verdict(command)
            if round_number:
                times[name].append(took)
    os.environ.update(before)
    return times


# The whole


def prepare(options, folder):
    """Exports the built-in model; its temperature and genres."""
    model = options.model
    for form, ending in (("safetensors", "safetensors"), ("onnx", "onnx")):
        subprocess.run([options.against, "export", model, "--format", form, "-o", f"{folder}/net.{ending}"], check=True,
                       stdout=subprocess.DEVNULL)
    card = genre(options.against, ["inspect", model, "--json"])[0]
    assert card["recipe"]["name"] == "gtzan-mel"
    pathlib.Path(folder, "net.txt").write_text(card["architecture"])
    pathlib.Path(folder, "blueprint.json").write_text(json.dumps(card["blueprint"]))
    pathlib.Path(folder, "genres.json").write_text(json.dumps(card["genres"]))
    return card.get("calibration", {}).get("temperature", 1), card["genres"]


def agreement(one, other):
    """The share of files with one verdict, and the largest difference of a mean probability."""
    same, difference = 0, 0
    for file, ours in one.items():
        theirs = other[file]
        same += ours.index(max(ours)) == theirs.index(max(theirs))
        difference = max(difference, max(abs(a - b) for a, b in zip(ours, theirs)))
    return same / len(one), difference


def report(tool, contenders, starts, load, options):
    tracks, names = len(tool.files), [tool.name, *(each.name for each in contenders)]
    seconds = sum(line["seconds"] for line in tool.lines)
    print(
        f"{tracks} tracks, {seconds / 60:.1f} minutes of sound, {options.workers} workers, {options.passes} alternating"
        f" passes, {options.starts} starts; load average {load[0]:.1f} before, {os.getloadavg()[0]:.1f} after. Least /"
        " median.\n")
    print("| | tracks a second | ms a track | times genre's | first verdict, ms | times genre's |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for each in [tool, *contenders]:
        least, middle = (of(each.times) / tracks for of in (min, statistics.median))
        first = starts[each.name]
        ratios = [f"{least * tracks / min(tool.times):.1f}x", f"{min(first) / min(starts['genre']):.1f}x"]
        if each is tool:
            ratios = ["", ""]
        print(
            f"| {each.name} | {1 / least:.1f} / {1 / middle:.1f} | {least * 1e3:.1f} / {middle * 1e3:.1f} | {ratios[0]} |"
            f" {min(first) * 1e3:.0f} / {statistics.median(first) * 1e3:.0f} | {ratios[1]} |")
    print("\nSame verdict, and the largest difference of a mean probability:\n")
    heard = dict(zip(names, [tool.heard, *(each.heard for each in contenders)]))
    for place, one in enumerate(names):
        for other in names[place + 1:]:
            share, difference = agreement(heard[one], heard[other])
            print(f"- {one} and {other}: {share:.1%}, {difference:.1e}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("music", help="a folder of audio files")
    parser.add_argument("--against", metavar="GENRE", help="path of the genre tool")
    parser.add_argument("--model", default="gtzan-compact", help="a built-in model of the recipe gtzan-mel")
    parser.add_argument("--contender", nargs="+", default=CONTENDERS, choices=CONTENDERS)
    parser.add_argument("--workers", type=int, default=2, help="processes of a library, threads of the tool")
    parser.add_argument("--passes", type=int, default=5)
    parser.add_argument("--starts", type=int, default=5, help="fresh processes of each for the first verdict")
    parser.add_argument("--json", action="store_true", help="one JSON line a contender")
    parser.add_argument("--one", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        return tell_one(options.one, options.folder, options.music, options.workers)
    for name in ("passes", "workers", "starts"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1")
    if not options.against:
        parser.error("--against is needed: the tool gives the weights")
    options.against = os.path.abspath(options.against)
    # Before any library is loaded, here and in the workers.
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    load = os.getloadavg()
    with tempfile.TemporaryDirectory() as folder:
        temperature, genres = prepare(options, folder)
        tool = Tool(options, temperature, genres)
        contenders = [Contender(name, folder, tool.files, options.workers) for name in options.contender]
        for each in contenders:
            share, difference = agreement(tool.heard, each.heard)
            if share < 0.95:
                sys.exit(f"{each.name} and genre agree on {share:.1%} of the tracks alone: not the same job.")
        for _ in range(options.passes):
            for each in [tool, *contenders]:
                each.run()
        for each in contenders:
            each.end()
        starts = first_verdicts(options, folder, tool.files[0])
    if not options.json:
        return report(tool, contenders, starts, load, options)
    for each in [tool, *contenders]:
        share, difference = agreement(tool.heard, each.heard)
        print(json.dumps({
            "contender": each.name, "workers": options.workers, "tracks": len(tool.files), "seconds_min": min(each.times),
            "seconds_median": statistics.median(each.times), "first_ms_min": min(starts[each.name]) * 1e3,
            "first_ms_median": statistics.median(starts[each.name]) * 1e3, "same_verdicts": share,
            "largest_difference": difference}))


if __name__ == "__main__":
    main()
