"""Times the paper's nets in PyTorch on the CPU, alone or turn by turn with the tool. (nets.py: every named net.)

    python Benchmarks/pytorch.py --net shallow --batch 64 --phase train --variant eager best
    python Benchmarks/pytorch.py --against .build/release/genre --net shallow deep --passes 5

A training step is forward, cross-entropy + L1 on the weights, backward, Adam. Variants:

    eager     as usually written: the penalty a Python loop of p.abs().sum(), torch's plain Adam
    best      the fastest float32 found: channels_last, fused Adam, the penalty's gradient added by one foreach call
    compile   torch.compile over forward and loss, fused Adam
    bf16      best under bfloat16 autocast: fewer digits than the others, so not a like-for-like comparison

Each step is timed by itself after a warm-up; the least and the median are given, of all passes. With --json one line a
measurement: net, phase, variant, batch, threads, ms_min, ms_median.

--against PATH alternates passes, so that another load on the machine meets both sides alike: one pass of each variant
here, then one process `PATH bench --net NET --batch B --phase PHASE --passes 1 --json`, and again. It prints a
Markdown table; a ratio above 1 says how many times faster the tool is.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "Tools"))

import torch
from torch.nn import functional

import pytorch_nets

VARIANTS = ["eager", "best", "compile", "bf16"]
PHASES = ["train", "inference"]


def training_step(net, x, y, variant):
    """A function that does one training step."""
    net.train()
    names = [name for name, _ in net.named_parameters() if pytorch_nets.is_weight(name)]
    weights = [net.get_parameter(name) for name in names]
    optimiser = torch.optim.Adam(net.parameters(), lr=5e-5, fused=variant != "eager")

    if variant in ("eager", "compile"):

        def loss_of(x, y):
            return functional.cross_entropy(net(x), y) + net.penalty * sum(weight.abs().sum() for weight in weights)

        loss = torch.compile(loss_of) if variant == "compile" else loss_of

        def step():
            optimiser.zero_grad()
            loss(x, y).backward()
            optimiser.step()

        return step

    def step():
        optimiser.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=variant == "bf16"):
            loss = functional.cross_entropy(net(x), y)
        loss.backward()
        # The penalty's gradient is its sign: no need for autograd to find that out.
        with torch.no_grad():
            torch._foreach_add_([weight.grad for weight in weights], torch._foreach_sign(weights), alpha=net.penalty)
        optimiser.step()

    return step


def inference_step(net, x, variant):
    """A function that classifies one batch."""
    net.eval()
    forward = torch.compile(net) if variant == "compile" else net

    def step():
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=variant == "bf16"):
            forward(x)

    return step


class Contender:
    """One net, phase, variant and batch size, ready to be timed pass by pass."""

    def __init__(self, net, phase, variant, batch):
        self.net, self.phase, self.variant, self.batch = net, phase, variant, batch
        self.times = []
        torch.manual_seed(0)
        twin = pytorch_nets.kaiming_normal_(pytorch_nets.build(net))
        x = torch.randn(batch, 1, 80, 80)
        y = torch.arange(batch) % pytorch_nets.GENRES
        if variant in ("best", "bf16"):
            twin = twin.to(memory_format=torch.channels_last)
            x = x.to(memory_format=torch.channels_last)
        train = phase == "train"
        self.step = training_step(twin, x, y, variant) if train else inference_step(twin, x, variant)

    def run(self, steps, warm_up):
        """Times `steps` steps, in milliseconds each, after untimed ones."""
        for _ in range(warm_up):
            self.step()
        for _ in range(steps):
            start = time.perf_counter()
            self.step()
            self.times.append((time.perf_counter() - start) * 1e3)

    def line(self):
        return {
            "net": self.net,
            "phase": self.phase,
            "variant": self.variant,
            "batch": self.batch,
            "threads": torch.get_num_threads(),
            "ms_min": round(min(self.times), 3),
            "ms_median": round(statistics.median(self.times), 3),
        }


def contender(net, phase, variant, batch, options):
    """A contender warmed up, or none, with a word on standard error, where this PyTorch cannot run the variant."""
    made = None
    try:
        made = Contender(net, phase, variant, batch)
        made.run(0, options.warm_up)
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        print(f"{net} {phase} {variant} batch {batch}: skipped, {reason}", file=sys.stderr)
        return None
    return made


def measure(options):
    """PyTorch alone."""
    if not options.json:
        print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads; milliseconds a step, least and median")
    for net in options.net:
        for phase in options.phase:
            for batch in options.batch:
                for variant in options.variant:
                    made = contender(net, phase, variant, batch, options)
                    if made is None:
                        continue
                    for _ in range(options.passes):
                        made.run(options.steps, 1)
                    line = made.line()
                    if options.json:
                        print(json.dumps(line), flush=True)
                    else:
                        print(
                            f"{net:15} {phase:9} batch {batch:3} {variant:8}"
                            f" {line['ms_min']:9.2f} {line['ms_median']:9.2f}", flush=True)


def genre_pass(path, net, phase, batch, steps=1):
    """One pass of `genre bench`: its line for that net, phase and batch, with peak_memory_bytes where it gives one."""
    command = [path, "bench", "--net", net, "--batch", str(batch), "--phase", phase, "--passes", str(steps), "--json"]
    shown = " ".join(command)
    try:
        finished = subprocess.run(command, capture_output=True, text=True, timeout=600)
    except OSError as error:
        sys.exit(f"Cannot start {path}: {error.strerror}. Build it with `swift build -c release` and give its path.")
    except subprocess.TimeoutExpired:
        sys.exit(f"`{shown}` did not end within ten minutes.")
    if finished.returncode != 0:
        complaint = finished.stderr.strip() or finished.stdout.strip() or "it said nothing"
        sys.exit(f"`{shown}` failed with status {finished.returncode}: {complaint}")
    found, peak = None, None
    for text in filter(None, map(str.strip, finished.stdout.splitlines())):
        try:
            line = json.loads(text)
        except ValueError:
            sys.exit(f"`{shown}` printed a line that is not JSON: {text[:120]}")
        if not isinstance(line, dict):
            sys.exit(f"`{shown}` printed a line that is not a JSON object: {text[:120]}")
        peak = line.get("peak_memory_bytes", peak)
        if (line.get("net"), line.get("phase"), line.get("batch")) == (net, phase, batch):
            found = line
    if found is None:
        sys.exit(f"`{shown}` printed no line for {net}, {phase}, batch {batch}.")
    missing = [key for key in ("threads", "ms_min", "ms_median") if key not in found]
    if missing:
        sys.exit(f"`{shown}` left out {', '.join(missing)}.")
    return {**found, "peak_memory_bytes": peak}


def against(options):
    """Turn by turn with the tool; a Markdown table."""
    path = os.path.abspath(options.against)
    if not os.path.isfile(path):
        sys.exit(f"There is no {path}. Build it with `swift build -c release` and give its path.")
    rows, notes, isas = [], [], set()
    for net in options.net:
        for phase in options.phase:
            for batch in options.batch:
                # Ask the tool first: should it fail, that is known before the long part.
                genre_pass(path, net, phase, batch)
                made = [contender(net, phase, variant, batch, options) for variant in options.variant]
                made = [each for each in made if each is not None]
                ours = []
                for _ in range(options.passes):
                    for each in made:
                        each.run(options.steps, 1)
                    ours.append(genre_pass(path, net, phase, batch))
                threads = {line["threads"] for line in ours}
                if threads != {torch.get_num_threads()}:
                    notes.append(
                        f"{net} {phase} batch {batch}: genre ran on {sorted(threads)} threads, PyTorch on"
                        f" {torch.get_num_threads()}: not a like-for-like comparison.")
                isas |= {line["isa"] for line in ours if "isa" in line}
                rows.append((net, phase, batch, ours, {each.variant: each.line() for each in made}))
                print(f"{net} {phase} batch {batch} done", file=sys.stderr)
    print(
        f"PyTorch {torch.__version__} and genre{' (' + ', '.join(sorted(isas)) + ')' if isas else ''},"
        f" {torch.get_num_threads()} threads, {options.passes} alternating passes. Milliseconds a step: least / median;"
        " in brackets how many times faster genre is, least against least.\n")
    print("| net | phase | batch | genre | " + " | ".join(f"PyTorch {variant}" for variant in options.variant) + " |")
    print("| --- | --- | ---: | ---: |" + " ---: |" * len(options.variant))
    for net, phase, batch, ours, theirs in rows:
        least = min(line["ms_min"] for line in ours)
        middle = statistics.median(line["ms_median"] for line in ours)
        cells = []
        for variant in options.variant:
            line = theirs.get(variant)
            if line is None:
                cells.append("–")
                continue
            cells.append(f"{line['ms_min']:.1f} / {line['ms_median']:.1f} ({line['ms_min'] / least:.1f}×)")
        print(f"| {net} | {phase} | {batch} | {least:.1f} / {middle:.1f} | " + " | ".join(cells) + " |")
    peaks = [line["peak_memory_bytes"] for _, _, _, ours, _ in rows for line in ours if line["peak_memory_bytes"]]
    if peaks:
        notes.append(f"Peak memory of a genre process: {max(peaks) / 2**20:.0f} MiB at most.")
    if notes:
        print("\n" + "\n".join(notes))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--net", nargs="+", default=["shallow", "deep"], choices=list(pytorch_nets.NETS))
    parser.add_argument("--phase", nargs="+", default=PHASES, choices=PHASES)
    parser.add_argument("--batch", nargs="+", type=int, default=[64], help="1, 16, 64 and 256 are the usual ones")
    parser.add_argument("--variant", nargs="+", default=["eager", "best", "bf16"], choices=VARIANTS)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--steps", type=int, default=5, help="timed steps a pass")
    parser.add_argument("--warm-up", type=int, default=3, help="untimed steps before the first pass")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="one JSON line a measurement")
    parser.add_argument("--against", metavar="GENRE", help="path of the genre tool")
    options = parser.parse_args()
    for name in ("passes", "steps", "threads"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1")
    if min(options.batch) < 1:
        parser.error("--batch must be at least 1")
    torch.set_num_threads(options.threads)
    if options.against:
        against(options)
    else:
        measure(options)


if __name__ == "__main__":
    main()
