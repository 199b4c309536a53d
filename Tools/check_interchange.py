"""Holds the interchange of models against PyTorch, onnx and ONNX Runtime, both ways, for every net.

    python Tools/check_interchange.py              # all of it; some minutes
    python Tools/check_interchange.py --fixtures   # and writes Tests/InterchangeTests/Fixtures anew
    python Tools/check_interchange.py --model RUN/model.safetensors --rows DATA/val.pkl

Needs torch, onnx, onnxruntime and safetensors, and the tool as `swift build -c release` makes it. Three steps: PyTorch
writes weights, inputs and logits of its twins (pytorch_nets.py, and two tiny nets below); the Swift tests, told the folder
by GENREKIT_INTERCHANGE, import these and write what they make of them, with weights of their own; then the files that they
wrote are read here.

    nets.json               which nets there are
    NET.torch.safetensors   weights as torch initialises them, or as `genre export` writes those of a trained model
    NET.inputs.safetensors  `inputs` [count, 1, mels, frames]
    NET.back.safetensors    (Swift) those weights, imported and exported
    NET.back.onnx           (Swift) the same as ONNX
    NET.own.safetensors     (Swift) weights that Swift drew, exported; not of trained models
    NET.own.onnx            (Swift) the same as ONNX
    NET.logits.safetensors  (Swift) `torch` and `own` [count, classes]: logits of both, by Swift

Trained are those of the paper's nets that --model names. Those that hear sound get segments of sound that is made
here, or of the genre folders of --audio; those of ready-made segments get rows of a coursework pickle, --rows. The tiny
nets' inputs are no file: value i, row by row, is float32(i * 7919 % 1009 / 504.5 - 1).

The bounds, where no logit is larger than 1: logits within 1e-5 of a plain PyTorch net's, and ONNX Runtime's within 1e-4.
Where logits are larger, so much of the largest. In single precision an absolute 1e-5 cannot be asked of logits of 16 to
30, which nets with Kaiming's weights and trained ones reach: a unit in the last place is 1.9e-6 there, and a logit is the
end of sums of up to 10,240 products, in whatever order. PyTorch itself was then 0.6e-5 to 2.5e-5 from the same net in
double precision, by its convolutions and its dense layers both. So each net runs in double precision too, and Swift may
be no more than twice as far from that as PyTorch is (or 1e-6 of the largest logit). The table is followed by the nets that
are beyond the plain figures.
"""

import argparse
import copy
import json
import math
import os
import pathlib
import pickle
import shutil
import subprocess
import sys
import tempfile
import wave

import numpy
import onnx
import onnxruntime
import safetensors
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

import pytorch_nets

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "Tests/InterchangeTests/Fixtures"
BATCH, TRAINED_BATCH = 5, 64
# Of the largest logit, or of 1 where that is larger.
SAFETENSORS_BOUND, ONNX_BOUND, NEAR = 1e-5, 1e-4, 1e-6


class TinyTowers(pytorch_nets.Towers):
    def __init__(self):
        super().__init__(
            {
                "frequency": [(2, (4, 5), (8, 16), 0.3), (3, (2, 3), (1, 1), 0.0)],
                "time": [(2, (3, 6), (16, 8), 0.3)],
            }
        )
        self.dense1 = nn.Linear(3 * 10 * 5 + 2 * 5 * 10, 6)
        self.dense2 = nn.Linear(6, 3)

    def forward(self, x):
        joined = torch.cat([self.tower("frequency", x).flatten(1), self.tower("time", x).flatten(1)], 1)
        return self.dense2(functional.leaky_relu(self.dense1(joined), 0.3))


class TinyRecurrent(pytorch_nets.Towers):
    """Ten steps over time, both directions: a column of the frequency tower serves five of them."""

    def __init__(self):
        super().__init__(
            {"frequency": [(2, (4, 3), (20, 40), 0.3)], "time": [(2, (3, 4), (40, 8), 0.3)]}
        )
        self.lstm = nn.LSTM(2 * 4 + 2 * 2, 5, batch_first=True, bidirectional=True)
        self.dense1 = nn.Linear(10, 3)

    def forward(self, x):
        time = self.tower("time", x).permute(0, 3, 1, 2).flatten(2)
        frequency = self.tower("frequency", x).permute(0, 3, 1, 2).flatten(2).repeat_interleave(5, 1)
        _, (hidden, _) = self.lstm(torch.cat([time, frequency], 2))
        return self.dense1(torch.cat(list(hidden), 1))


TINY = {"tiny-towers": TinyTowers, "tiny-recurrent": TinyRecurrent}
TINY_GENRES = ["blues", "jazz", "rock"]
NETS = [*pytorch_nets.NETS, *TINY]


# Writing


def build(name):
    torch.manual_seed(sum(name.encode()))
    return (TINY[name]() if name in TINY else pytorch_nets.build(name)).eval()


def inputs(name):
    if name in TINY:
        index = numpy.arange(BATCH * 6400, dtype=numpy.int64)
        values = (index * 7919 % 1009 / 504.5 - 1).astype(numpy.float32)
        return torch.from_numpy(values).reshape(BATCH, 1, 80, 80)
    # The scale of log-mel values.
    return torch.randn(BATCH, 1, 80, 80, generator=torch.Generator().manual_seed(1)) * 2 + 1


def chirps(path, base):
    """Writes 20 s of two gliding tones over noise that comes and goes."""
    time = numpy.arange(20 * 22_050) / 22_050
    noise = numpy.random.default_rng(int(base)).normal(0, 0.05, len(time)) * (numpy.sin(2 * math.pi * 2 * time) > 0)
    tones = sum(numpy.sin(2 * math.pi * base * k * time * (1 + time / 40)) / k for k in (1, 3)) * 0.3
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 22_050, 0, "NONE", ""))
        file.writeframes((numpy.clip(tones + noise, -1, 1) * 32_767).astype("<i2").tobytes())


def heard(genre, recipe, audio):
    """Segments [count, 1, mels, frames] of sound, by `genre features`."""
    with tempfile.TemporaryDirectory() as folder:
        if audio is None:
            audio = pathlib.Path(folder) / "music"
            for number, base in enumerate((110, 330, 550, 880)):
                (audio / f"genre{number % 2}").mkdir(parents=True, exist_ok=True)
                chirps(audio / f"genre{number % 2}" / f"{number}.wav", base)
        store = pathlib.Path(folder) / "store"
        command = [genre, "features", audio, "-o", store, "--recipe", recipe["name"]]
        subprocess.run(command, check=True, capture_output=True)
        frames, found = recipe["segmentFrames"], []
        for chunk in sorted(store.glob("*.safetensors")):
            for rows in load_file(chunk).values():
                found += [rows[start:start + frames].T for start in range(0, len(rows) - frames + 1, frames // 2)]
    return spread(found).float()


def spread(segments):
    """TRAINED_BATCH of the segments, from the first to the last: [count, 1, mels, frames]."""
    step = max(1, len(segments) // TRAINED_BATCH)
    return torch.stack(list(segments[::step][:TRAINED_BATCH]))[:, None].contiguous()


def write_trained(folder, options):
    """Exports the trained models; their entries of nets.json."""
    genre, written = str(options.genre), []
    for place, model in enumerate(options.model):
        name = f"trained-{place + 1}"
        weights = folder / f"{name}.torch.safetensors"
        subprocess.run([genre, "export", model, "--format", "safetensors", "-o", weights], check=True, capture_output=True)
        with safetensors.safe_open(weights, "pt") as file:
            said = file.metadata()
        recipe = json.loads(said["recipe_parameters"])
        if recipe["scope"] != "none":
            x = heard(genre, recipe, options.audio)
        elif options.rows:
            # The file is the user's own; pickles of others are better not read by Python.
            rows = pickle.loads(options.rows.read_bytes())
            x = spread([row[1].reshape(recipe["mels"], recipe["segmentFrames"]) for row in rows])
        else:
            sys.exit(f"{model} was trained on ready-made segments: give some with --rows.")
        save_file({"inputs": x}, folder / f"{name}.inputs.safetensors")
        written.append({"name": name, "architecture": said["architecture"], "genres": json.loads(said["genres"]),
                        "isTrained": True})
    return written


def write(folder, options):
    written = []
    for name in NETS:
        save_file(build(name).state_dict(), folder / f"{name}.torch.safetensors")
        save_file({"inputs": inputs(name)}, folder / f"{name}.inputs.safetensors")
        genres = TINY_GENRES if name in TINY else [f"genre {number}" for number in range(1, 11)]
        written.append({"name": name, "architecture": name, "genres": genres, "isTrained": False})
    written += write_trained(folder, options)
    (folder / "nets.json").write_text(json.dumps(written))


# Reading and judging


def logits(net, x):
    with torch.no_grad():
        return net(x)


def largest(a, b):
    return float((torch.as_tensor(a) - torch.as_tensor(b)).abs().max())


def onnx_difference(path, net, twin, x):
    """The largest difference of ONNX Runtime's logits from torch's, over several sizes of batch."""
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    properties = {entry.key: entry.value for entry in model.metadata_props}
    recipe = json.loads(properties["recipe_parameters"])
    assert properties["architecture"] == twin["architecture"] and json.loads(properties["genres"]) == twin["genres"]
    assert recipe["name"] == properties["recipe"] and float(properties["sample_rate"]) == recipe["sampleRate"]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    worst = 0
    for count in (1, 2, len(x)):
        part = x[:count]
        found, probabilities = session.run(["logits", "probabilities"], {"segments": part.numpy()})
        expected = logits(net, part)
        assert found.shape == (count, len(twin["genres"])) == tuple(expected.shape)
        assert largest(probabilities, torch.softmax(expected, 1)) <= ONNX_BOUND
        worst = max(worst, largest(found, expected))
    return worst


def twin_net(twin, weights):
    name = twin["architecture"]
    if name not in TINY:
        return pytorch_nets.of_weights(name, weights)
    net = TINY[name]()
    net.load_state_dict(weights, strict=True)
    return net.eval()


def judge(label, twin, weights, x, by_swift, onnx_file):
    """Prints a line of the table; whether the net is within its bounds, and whether within the plain ones."""
    net = twin_net(twin, weights)
    exact, by_torch = logits(copy.deepcopy(net).double(), x.double()), logits(net, x)
    scale = float(exact.abs().max())
    swift_error, torch_error = (largest(found.double(), exact) for found in (by_swift, by_torch))
    difference, by_onnx = largest(by_swift, by_torch), onnx_difference(onnx_file, net, twin, x)
    times = max(1, scale)
    print("{:16} {:9} {:9.3f} {:11.1e} {:11.1e} {:11.1e} {:13.1e} {:9.1e}".format(
        twin["name"], label, scale, swift_error, torch_error, difference, by_onnx, difference / times))
    within = (difference <= SAFETENSORS_BOUND * times and by_onnx <= ONNX_BOUND * times
              and swift_error <= max(2 * torch_error, NEAR * times))
    return within, difference <= SAFETENSORS_BOUND and by_onnx <= ONNX_BOUND


def read(folder):
    print(f"torch {torch.__version__}, onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}")
    print("Largest differences of logits; share: of Swift from torch, in max(1, the largest |logit|).")
    print("net              weights     |logit|       Swift       torch       Swift  ONNX Runtime")
    print("                                     - float64   - float64     - torch       - torch     share")
    good, beyond = True, []
    for twin in json.loads((folder / "nets.json").read_text()):
        name = twin["name"]
        x = load_file(folder / f"{name}.inputs.safetensors")["inputs"]
        weights, back = (load_file(folder / f"{name}.{end}.safetensors") for end in ("torch", "back"))
        assert weights.keys() == back.keys() and all(torch.equal(weights[key], back[key]) for key in weights), name
        by_swift = load_file(folder / f"{name}.logits.safetensors")
        cases = [("trained" if twin["isTrained"] else "torch's", weights, by_swift["torch"], "back")]
        if not twin["isTrained"]:
            with safetensors.safe_open(folder / f"{name}.own.safetensors", "pt") as file:
                assert file.metadata()["architecture"] == name and file.metadata()["format"] == "pt"
            cases.append(("Swift's", load_file(folder / f"{name}.own.safetensors"), by_swift["own"], "own"))
        for label, tensors, found, end in cases:
            within, plain = judge(label, twin, tensors, x, found, folder / f"{name}.{end}.onnx")
            good &= within
            if not plain:
                beyond.append(f"{name} with {label} weights")
    print(f"Beyond the plain {SAFETENSORS_BOUND:.0e} and {ONNX_BOUND:.0e}: " + ("; ".join(beyond) or "none") + ".")
    print(f"{SAFETENSORS_BOUND:.0e} and {ONNX_BOUND:.0e} of max(1, |logit|), and within twice torch's distance from float64: "
          + ("all within bounds" if good else "OUT OF BOUNDS"))
    return good


# Fixtures


def write_fixtures(folder):
    """Of the tiny nets: torch's weights; logits of these by torch and by ONNX Runtime; the ONNX files that Swift wrote of
    them, from which ONNX Runtime's logits come."""
    for name in TINY:
        shutil.copy(folder / f"{name}.torch.safetensors", FIXTURES / f"{name}.safetensors")
        shutil.copy(folder / f"{name}.back.onnx", FIXTURES / f"{name}.onnx")
        net, x = build(name), inputs(name)
        session = onnxruntime.InferenceSession(FIXTURES / f"{name}.onnx", providers=["CPUExecutionProvider"])
        by_runtime, probabilities = session.run(["logits", "probabilities"], {"segments": x.numpy()})
        (FIXTURES / f"{name}.json").write_text(json.dumps({
            "logits": logits(net, x).tolist(), "onnxLogits": by_runtime.tolist(),
            "onnxProbabilities": probabilities.tolist()}) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fixtures", action="store_true", help="write the Swift tests' fixtures anew")
    parser.add_argument("--model", action="append", default=[], help="a trained model to judge too; may be repeated")
    parser.add_argument("--rows", type=pathlib.Path, help="a coursework pickle, for models of ready-made segments")
    parser.add_argument("--audio", type=pathlib.Path, help="genre folders, for models that hear sound")
    parser.add_argument("--genre", type=pathlib.Path, default=ROOT / ".build/release/genre", help="the tool")
    parser.add_argument("--folder", type=pathlib.Path, help="keep the files there")
    parser.add_argument("--step", choices=["write", "read"], help="that step alone; with --folder")
    options = parser.parse_args()
    folder = options.folder or pathlib.Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    if options.step != "read":
        write(folder, options)
    if options.step is None:
        environment = {**os.environ, "GENREKIT_INTERCHANGE": str(folder.resolve())}
        command = ["swift", "test", "-c", "release", "--filter", "InterchangeTests.TwinTests"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
    if options.step != "write":
        if not read(folder):
            sys.exit(1)
        if options.fixtures:
            write_fixtures(folder)
    if options.folder is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
