"""Times the way from audio files to log-mel segments in librosa and torchaudio, turn by turn with the tool.

    python Benchmarks/features.py --against .build/release/genre TRACKS
    python Benchmarks/features.py TRACKS --library librosa --passes 3

TRACKS is a folder of audio at 22,050 Hz, mono. The work is the `schindler` recipe: every file decoded, one spectrogram
a track (n_fft = window = 1024, hop 256, centred on zeros, magnitudes at int16 scale, 80 HTK bands without norm), ln(x +
1e-6), and all its segments [80][80], one every 40 columns, copied together. Both libraries read files by soundfile, in
float32; what does not change from track to track is made once:

    librosa      librosa.stft, the product with a mel bank made before, numpy's log
    torchaudio   torchaudio.transforms.MelSpectrogram and log, in inference mode

A worker is a process of one thread (of the tool: a thread), and workers take files in turn. Each library starts its
processes once, runs one pass that is not counted, and then one whenever its turn comes. The least and the median of the
passes are given, as milliseconds a track of all workers together: the seconds of 1,000 tracks. Before anything is timed,
the rows of the first WAV or FLAC track are held against each other.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

THREAD_VARIABLES = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"]
RATE, SCALE, FRAME, HOP, MELS, FLOOR = 22_050, 32_768.0, 1024, 256, 80, 1e-6
COLUMNS, STEP = 80, 40


def librosa_rows():
    """A function from samples to log-mel values [mels][columns]."""
    import librosa
    import numpy

    bank = librosa.filters.mel(
        sr=RATE, n_fft=FRAME, n_mels=MELS, fmin=0, fmax=RATE / 2, htk=True, norm=None, dtype=numpy.float32)

    def rows(samples):
        spectrum = librosa.stft(samples * numpy.float32(SCALE), n_fft=FRAME, hop_length=HOP, pad_mode="constant")
        return numpy.log(bank @ numpy.abs(spectrum) + numpy.float32(FLOOR))

    return rows


def torchaudio_rows():
    import torch
    import torchaudio

    torch.set_num_threads(1)
    transform = torchaudio.transforms.MelSpectrogram(
        sample_rate=RATE, n_fft=FRAME, hop_length=HOP, f_min=0, f_max=RATE / 2, n_mels=MELS, power=1, norm=None,
        mel_scale="htk", pad_mode="constant")

    def rows(samples):
        with torch.inference_mode():
            return torch.log(transform(torch.from_numpy(samples) * SCALE) + FLOOR).numpy()

    return rows


LIBRARIES = {"librosa": librosa_rows, "torchaudio": torchaudio_rows}


def segments_of(rows):
    """[mels][columns] to [segments][80][80], copied."""
    import numpy

    windows = numpy.lib.stride_tricks.sliding_window_view(rows, COLUMNS, axis=1)[:, ::STEP]
    return numpy.ascontiguousarray(windows.transpose(1, 0, 2))


def in_turn(files, taken):
    """The files that no other worker has taken yet, one after the other."""
    while True:
        with taken.get_lock():
            index = taken.value
            taken.value += 1
        if index >= len(files):
            return
        yield files[index]


def work(library, files, taken, orders, answers):
    """A worker: on every order, takes files until there are none; answers with its tracks and segments."""
    import soundfile

    rows_of = LIBRARIES[library]()
    answers.put(None)
    while orders.get():
        tracks = segments = 0
        for file in in_turn(files, taken):
            try:
                samples, rate = soundfile.read(file, dtype="float32")
            except soundfile.LibsndfileError:
                continue
            if rate != RATE or samples.ndim != 1:
                raise SystemExit(f"{file} is not mono at {RATE} Hz.")
            tracks += 1
            segments += len(segments_of(rows_of(samples)))
        answers.put((tracks, segments))


class Workers:
    """Processes that wait for orders, take files in turn and answer, each once an order.

    Each runs `target(*arguments, files, taken, orders, answers)` and answers once before the first order: when it is ready.
    """

    def __init__(self, name, target, arguments, files, count):
        context = multiprocessing.get_context("spawn")
        self.name, self.taken = name, context.Value("l", 0)
        self.orders, self.answers = context.Queue(), context.Queue()
        arguments = (*arguments, files, self.taken, self.orders, self.answers)
        self.processes = [context.Process(target=target, args=arguments, daemon=True) for _ in range(count)]
        for process in self.processes:
            process.start()
        self.collect()

    def collect(self):
        """An answer from each worker; ends the program where one has died."""
        answers = []
        while len(answers) < len(self.processes):
            try:
                answers.append(self.answers.get(timeout=1))
            except Exception:
                if not all(process.is_alive() for process in self.processes):
                    sys.exit(f"A worker of {self.name} ended: see its message above.")
        return answers

    def run(self):
        """One pass over the files: the seconds that it took, and the answers."""
        self.taken.value = 0
        start = time.perf_counter()
        for _ in self.processes:
            self.orders.put(True)
        answers = self.collect()
        return time.perf_counter() - start, answers

    def end(self):
        for _ in self.processes:
            self.orders.put(False)
        for process in self.processes:
            process.join()


class Contender:
    """One library's workers, timed pass by pass; the first pass is not counted."""

    def __init__(self, library, files, workers):
        self.library, self.times = library, []
        self.workers = Workers(library, work, (library,), files, workers)
        self.run(counted=False)

    def run(self, counted=True):
        took, answers = self.workers.run()
        self.tracks, self.segments = (sum(each) for each in zip(*answers))
        if counted:
            self.times.append(took * 1e3 / max(1, self.tracks))

    def end(self):
        self.workers.end()

    def line(self):
        return {
            "library": self.library,
            "processes": len(self.workers.processes),
            "tracks": self.tracks,
            "segments": self.segments,
            "ms_min": round(min(self.times), 4),
            "ms_median": round(statistics.median(self.times), 4),
        }


def genre(path, arguments):
    """Runs the tool; its lines of JSON."""
    shown = " ".join([path, *arguments])
    try:
        finished = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=1800)
    except OSError as error:
        sys.exit(f"Cannot start {path}: {error.strerror}. Build it with `swift build -c release` and give its path.")
    if finished.returncode != 0:
        sys.exit(f"`{shown}` failed with status {finished.returncode}: {finished.stderr.strip()}")
    return [json.loads(line) for line in finished.stdout.splitlines()]


def stored_rows(path, file):
    """[columns][mels] of one track by `genre features`."""
    import numpy

    with tempfile.TemporaryDirectory() as folder:
        # A collection has two genres at least.
        for genre_name in ("one", "two"):
            os.makedirs(os.path.join(folder, "music", genre_name))
            shutil.copy(file, os.path.join(folder, "music", genre_name, pathlib.Path(file).name))
        store = os.path.join(folder, "store")
        genre(path, ["features", os.path.join(folder, "music"), "-o", store, "--json"])
        chunk = sorted(pathlib.Path(store).rglob("*.safetensors"))[0].read_bytes()
        size = int.from_bytes(chunk[:8], "little")
        header = json.loads(chunk[8:8 + size])
        name = next(name for name, entry in header.items() if name != "__metadata__" and entry["shape"][-1] == MELS)
        entry = header[name]
        start, end = (8 + size + offset for offset in entry["data_offsets"])
        return numpy.frombuffer(chunk[start:end], "<f4").reshape(entry["shape"])


def compare(path, file, libraries):
    """Prints the largest difference between the tool's rows of one track and each library's."""
    import numpy
    import soundfile

    ours = stored_rows(path, file)
    samples, _ = soundfile.read(file, dtype="float32")
    for library in libraries:
        theirs = LIBRARIES[library]()(samples).T
        if theirs.shape[0] > ours.shape[0] or theirs.shape[1] != ours.shape[1]:
            sys.exit(f"{library} gives {theirs.shape} values for {file}, the tool {ours.shape}.")
        difference = numpy.abs(theirs - ours[:len(theirs)])
        print(
            f"{pathlib.Path(file).name}: {library} and genre differ by {difference.max():.1e} at most,"
            f" {difference.mean():.1e} in the mean", file=sys.stderr)
        if difference.mean() > 1e-4:
            sys.exit("They do not do the same work.")


def measure(options, files):
    made = [Contender(library, files, options.workers) for library in options.library]
    ours = []
    if options.against:
        command = ["bench", "features", options.tracks, "--threads", str(options.workers), "--json", "--passes"]
    for _ in range(options.passes):
        for each in made:
            each.run()
        if options.against:
            ours += genre(options.against, [*command, str(options.tool_passes)])
    for each in made:
        each.end()
        if ours and (each.tracks, each.segments) != (ours[0]["tracks"], ours[0]["segments"]):
            sys.exit(
                f"{each.library} made {each.segments} segments of {each.tracks} tracks, genre {ours[0]['segments']} of"
                f" {ours[0]['tracks']}: not the same work.")
    return ours, [each.line() for each in made]


def table(options, ours, theirs, load):
    tracks, segments = theirs[0]["tracks"], theirs[0]["segments"]
    print(
        f"{tracks} tracks, {segments} segments, {options.workers} workers, {options.passes} alternating passes; load"
        f" average {load[0]:.1f} before, {os.getloadavg()[0]:.1f} after. Milliseconds a track, least / median.\n")
    print("| | a track | times genre's, least against least |")
    print("| --- | ---: | ---: |")
    least = min(line["ms_min"] for line in ours or theirs)
    if ours:
        middle = statistics.median(line["ms_median"] for line in ours)
        print(f"| genre ({ours[0]['isa']}) | {least:.2f} / {middle:.2f} | |")
        alone = min(line["ffmpeg_decode_ms"] for line in ours)
        print(f"| FFmpeg's decoding alone | {alone:.2f} | {alone / least:.1f}x |")
    for line in theirs:
        ratio = f"{line['ms_min'] / least:.1f}x" if ours else ""
        print(f"| {line['library']} | {line['ms_min']:.2f} / {line['ms_median']:.2f} | {ratio} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tracks", help="a folder of audio files, 22,050 Hz, mono")
    parser.add_argument("--against", metavar="GENRE", help="path of the genre tool")
    parser.add_argument("--library", nargs="+", default=list(LIBRARIES), choices=list(LIBRARIES))
    parser.add_argument("--workers", type=int, default=2, help="processes of a library, threads of the tool")
    parser.add_argument("--passes", type=int, default=5)
    parser.add_argument("--tool-passes", type=int, default=2, help="the tool's passes at each of its turns")
    parser.add_argument("--json", action="store_true", help="one JSON line a contender")
    options = parser.parse_args()
    for name in ("passes", "workers", "tool_passes"):
        if getattr(options, name) < 1:
            parser.error(f"--{name.replace('_', '-')} must be at least 1")
    # Before any library is loaded, here and in the workers.
    os.environ.update({name: "1" for name in THREAD_VARIABLES})
    files = sorted(str(path) for path in pathlib.Path(options.tracks).rglob("*") if path.is_file())
    if not files:
        sys.exit(f"There are no files in {options.tracks}.")
    load = os.getloadavg()
    if options.against:
        options.against = os.path.abspath(options.against)
        plain = [file for file in files if file.endswith((".wav", ".flac"))]
        if plain:
            compare(options.against, plain[0], options.library)
    ours, theirs = measure(options, files)
    if options.json:
        for line in [*ours, *theirs]:
            print(json.dumps(line))
    else:
        table(options, ours, theirs, load)


if __name__ == "__main__":
    main()
