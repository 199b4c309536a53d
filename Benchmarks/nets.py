"""Every named net against the best float32 PyTorch, in one table.

    python Benchmarks/nets.py .build/release/genre
    python Benchmarks/nets.py .build/release/genre --net bbnn musicnn --onnx --json nets.json

A net is read from `genre nets NAME --blueprint` and built as its PyTorch twin (Tools/pytorch_blueprint.py), with dropout.
PyTorch runs with maps stored plainly and channels last, always with the fused Adam; the better one counts. With --onnx,
inference is also timed in ONNX Runtime, on the file that PyTorch's exporter makes of the twin. Passes alternate, so that
another load on the machine meets all sides alike, and the least time of all passes counts. GFLOP/s count the operations
of direct convolutions: three times the forward pass's for a training step.

Left out by default: nets that read across the batch, which have no twin, and those of a million parameters and more that
have smaller siblings.
"""

import argparse
import io
import json
import os
import pathlib
import subprocess
import sys
import time
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "Tools"))

import torch
from torch.nn import functional

from pytorch import PHASES, genre_pass
from pytorch_blueprint import Twin

LAYOUTS = {"plain": torch.contiguous_format, "channels last": torch.channels_last}


def ask(path, *arguments):
    finished = subprocess.run([path, *arguments], capture_output=True, text=True)
    if finished.returncode:
        sys.exit(f"`{' '.join([path, *arguments])}` failed: {finished.stderr.strip()}")
    return json.loads(finished.stdout)


def reads_across_the_batch(blueprint):
    return any("batch" in json.dumps(layer.get("settings", {})) for layer in blueprint["layers"])


def build(blueprint):
    """A twin with He's weights."""
    torch.manual_seed(0)
    twin = Twin(blueprint)
    with torch.no_grad():
        for name, value in twin.parameters.items():
            if value.dim() > 1:
                value.normal_(0, (2 / value[0].numel()) ** 0.5)
            elif "norm" not in name:
                value.zero_()
    return twin


def segments(blueprint, batch):
    """Where the log-mel values of music lie."""
    return torch.rand(batch, 1, *blueprint["input"]) * 11 + 4.7


class PyTorch:
    def __init__(self, blueprint, phase, batch, layout, penalty):
        form = LAYOUTS[layout]
        twin = build(blueprint)
        x = segments(blueprint, batch).to(memory_format=form)
        with torch.no_grad():
            for name, value in twin.parameters.items():
                if value.dim() == 4:
                    value.data = value.data.to(memory_format=form)
        if phase == "inference":
            twin.training = False

            def step():
                with torch.inference_mode():
                    twin(x)
        else:
            twin.drops = True
            labels = torch.arange(batch) % 10
            optimiser = torch.optim.Adam(list(twin.parameters.values()), lr=5e-5, fused=True)
            weights = [twin.parameters[name] for name in twin.penalised]

            def step():
                optimiser.zero_grad()
                functional.cross_entropy(twin(x), labels).backward()
                if penalty:
                    with torch.no_grad():
                        torch._foreach_add_([weight.grad for weight in weights], torch._foreach_sign(weights),
                                            alpha=penalty)
                optimiser.step()
        self.step = step


class ONNXRuntime:
    def __init__(self, blueprint, batch, threads):
        import onnxruntime

        twin = build(blueprint)
        twin.training = False
        for values in (twin.parameters.values(), *(cell.parameters() for cell in twin.cells.values())):
            for value in values:
                value.requires_grad_(False)

        class Module(torch.nn.Module):
            def forward(self, x):
                return twin(x)

        x = segments(blueprint, batch)
        file = io.BytesIO()
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(Module().eval(), (x,), file, dynamo=False, opset_version=17)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
        feed = {session.get_inputs()[0].name: x.numpy()}
        self.step = lambda: session.run(None, feed)


def least(step, seconds):
    """The least milliseconds of a step, among at least two in some time."""
    best, end, count = float("inf"), time.perf_counter() + seconds, 0
    while count < 2 or time.perf_counter() < end:
        start = time.perf_counter()
        step()
        best = min(best, (time.perf_counter() - start) * 1e3)
        count += 1
    return best


def measure(options, net, blueprint, phase, penalty):
    sides = {layout: PyTorch(blueprint, phase, options.batch, layout, penalty) for layout in LAYOUTS}
    if options.onnx and phase == "inference":
        try:
            sides["ONNX Runtime"] = ONNXRuntime(blueprint, options.batch, options.threads)
        except Exception as error:
            print(f"{net}: no ONNX Runtime, {str(error).strip().splitlines()[0]}", file=sys.stderr)
    for side in sides.values():
        side.step()
    times = {name: float("inf") for name in sides}
    ours = []
    for _ in range(options.passes):
        for name, side in sides.items():
            times[name] = min(times[name], least(side.step, options.seconds))
        ours.append(genre_pass(options.genre, net, phase, options.batch, options.steps))
    best = min(ours, key=lambda line: line["ms_min"])
    return {
        "net": net, "phase": phase, "batch": options.batch, "threads": options.threads, "isa": best["isa"],
        "genre_ms": best["ms_min"], "gflops": best["gflops"], "peak_share": best["peak_share"],
        **{f"{name.lower().replace(' ', '_')}_ms": value for name, value in times.items()},
        "times_pytorch": min(times[layout] for layout in LAYOUTS) / best["ms_min"],
        **({"times_onnx": times["ONNX Runtime"] / best["ms_min"]} if "ONNX Runtime" in times else {}),
    }


def row(line):
    onnx = f"{line['onnx_runtime_ms']:9.2f} {line['times_onnx']:6.2f}" if "times_onnx" in line else ""
    return (f"{line['net']:19}{line['phase']:10}{line['genre_ms']:9.2f}{line['gflops']:8.0f}{line['peak_share']:7.0%}"
            f"{line['plain_ms']:10.2f}{line['channels_last_ms']:10.2f}{line['times_pytorch']:7.2f}{onnx}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("genre", help="path of the tool, a release build")
    parser.add_argument("--net", nargs="+", help="by default all but the largest; `all`: those too")
    parser.add_argument("--phase", nargs="+", default=PHASES, choices=PHASES)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--passes", type=int, default=3, help="alternating passes")
    parser.add_argument("--steps", type=int, default=3, help="timed steps of the tool a pass, after three to warm up")
    parser.add_argument("--seconds", type=float, default=0.5, help="of PyTorch's steps a pass")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--onnx", action="store_true", help="also ONNX Runtime, in inference")
    parser.add_argument("--json", metavar="FILE", help="write all lines there, too")
    options = parser.parse_args()
    if min(options.batch, options.passes, options.steps, options.threads) < 1:
        parser.error("--batch, --passes, --steps and --threads must be at least 1")
    options.genre = os.path.abspath(options.genre)
    if not os.path.isfile(options.genre):
        sys.exit(f"There is no {options.genre}. Build it with `swift build -c release` and give its path.")
    torch.set_num_threads(options.threads)
    known = {net["net"]: net for net in ask(options.genre, "nets", "--json")}
    names = options.net or [name for name in known if not name.endswith(("-1m", "-3m"))]
    if names == ["all"]:
        names = list(known)
    for name in names:
        if name not in known:
            sys.exit(f"There is no net {name}. There are {', '.join(known)}.")
    print(f"PyTorch {torch.__version__}, {options.threads} threads, batch {options.batch}, {options.passes} alternating"
          " passes; milliseconds a step, least\n")
    print(f"{'net':19}{'phase':10}{'genre':>9}{'GFLOP/s':>8}{'peak':>7}{'PyTorch':>10}{'ch. last':>10}{'times':>7}"
          + (f"{'ONNX':>9} {'times':>6}" if options.onnx else ""))
    lines = []
    for name in names:
        blueprint = ask(options.genre, "nets", name, "--blueprint")
        if reads_across_the_batch(blueprint):
            print(f"{name}: reads across the batch, left out", file=sys.stderr)
            continue
        for phase in options.phase:
            penalty = known[name]["training"]["l1"]
            line = measure(options, name, blueprint, phase, penalty)
            lines.append(line)
            print(row(line), flush=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(lines, indent=1) + "\n")


if __name__ == "__main__":
    main()
