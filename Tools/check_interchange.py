"""Holds the interchange of models against PyTorch, onnx and ONNX Runtime, both ways, for every net.

    python Tools/check_interchange.py              # all of it; some minutes
    python Tools/check_interchange.py --fixtures   # and writes Tests/InterchangeTests/Fixtures anew

Needs torch, onnx, onnxruntime and safetensors. Three steps: PyTorch writes weights, inputs and logits of its twins
(pytorch_nets.py, and two tiny nets below); the Swift tests, told the folder by GENREKIT_INTERCHANGE, import these and
write what they make of them, with weights of their own; then the files that they wrote are read here.

    NET.torch.safetensors   weights as torch initialises them
    NET.inputs.safetensors  `inputs` [5, 1, 80, 80]; `logits` [5, classes] of those weights
    NET.back.safetensors    (Swift) those weights, imported and exported
    NET.back.onnx           (Swift) the same as ONNX
    NET.own.safetensors     (Swift) weights that Swift drew, exported
    NET.own.onnx            (Swift) the same as ONNX
    NET.logits.safetensors  (Swift) `torch` and `own` [5, classes]: logits of both, by Swift

The tiny nets' inputs are no file: value i, row by row, is float32(i * 7919 % 1009 / 504.5 - 1).
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

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
BATCH = 5
SAFETENSORS_BOUND, ONNX_BOUND = 1e-5, 1e-4


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
NETS = [*pytorch_nets.NETS, *TINY]


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


def logits(net, x):
    with torch.no_grad():
        return net(x)


def write(folder):
    for name in NETS:
        net, x = build(name), inputs(name)
        save_file(net.state_dict(), folder / f"{name}.torch.safetensors")
        save_file({"inputs": x, "logits": logits(net, x)}, folder / f"{name}.inputs.safetensors")


def largest(a, b):
    return float((torch.as_tensor(a) - torch.as_tensor(b)).abs().max())


def onnx_difference(path, net, name, x):
    """The largest difference of ONNX Runtime's logits from torch's, over several sizes of batch."""
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    properties = {entry.key: entry.value for entry in model.metadata_props}
    genres = json.loads(properties["genres"])
    recipe = json.loads(properties["recipe_parameters"])
    assert properties["architecture"] == name and recipe["name"] == properties["recipe"] == "schindler"
    assert float(properties["sample_rate"]) == recipe["sampleRate"] == 22050
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    worst = 0
    for count in (1, 2, BATCH):
        part = x[:count]
        found, probabilities = session.run(["logits", "probabilities"], {"segments": part.numpy()})
        expected = logits(net, part)
        assert found.shape == (count, len(genres)) == tuple(expected.shape)
        assert largest(probabilities, torch.softmax(expected, 1)) <= ONNX_BOUND
        worst = max(worst, largest(found, expected))
    return worst


def read(folder):
    print(f"torch {torch.__version__}, onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}")
    print("largest difference of logits   torch's weights      Swift's weights      largest")
    print("net               in Swift   in ONNX Runtime   in torch   in ONNX Runtime   |logit|")
    good = True
    for name in NETS:
        theirs, x = build(name), inputs(name)
        weights, back = theirs.state_dict(), load_file(folder / f"{name}.back.safetensors")
        assert weights.keys() == back.keys() and all(torch.equal(weights[key], back[key]) for key in weights), name
        by_swift = load_file(folder / f"{name}.logits.safetensors")
        own = build(name)
        own.load_state_dict(load_file(folder / f"{name}.own.safetensors"), strict=True)
        with safetensors.safe_open(folder / f"{name}.own.safetensors", "pt") as file:
            assert file.metadata()["architecture"] == name and file.metadata()["format"] == "pt"
        differences = [
            largest(by_swift["torch"], logits(theirs, x)),
            onnx_difference(folder / f"{name}.back.onnx", theirs, name, x),
            largest(by_swift["own"], logits(own, x)),
            onnx_difference(folder / f"{name}.own.onnx", own, name, x),
        ]
        scale = float(torch.cat([logits(theirs, x), logits(own, x)]).abs().max())
        print("{:16}  {:8.1e}   {:15.1e}   {:8.1e}   {:15.1e}   {:7.3f}".format(name, *differences, scale))
        bounds = [SAFETENSORS_BOUND, ONNX_BOUND] * 2
        good &= all(difference <= bound for difference, bound in zip(differences, bounds))
    print("all within bounds" if good else "OUT OF BOUNDS")
    return good


def write_fixtures(folder, golden):
    """Torch's weights and logits of the tiny nets and, once checked, the ONNX files that Swift wrote of them."""
    for name in TINY:
        shutil.copy(folder / f"{name}.torch.safetensors", FIXTURES / f"{name}.safetensors")
        expected = load_file(folder / f"{name}.inputs.safetensors")["logits"]
        (FIXTURES / f"{name}.json").write_text(json.dumps({"logits": expected.tolist()}) + "\n")
        if golden:
            shutil.copy(folder / f"{name}.back.onnx", FIXTURES / f"{name}.onnx")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fixtures", action="store_true", help="write the Swift tests' fixtures anew")
    parser.add_argument("--folder", type=pathlib.Path, help="keep the files there")
    parser.add_argument("--step", choices=["write", "read"], help="that step alone; with --folder")
    options = parser.parse_args()
    folder = options.folder or pathlib.Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    if options.step != "read":
        write(folder)
        if options.fixtures:
            write_fixtures(folder, golden=False)
    if options.step is None:
        environment = {**os.environ, "GENREKIT_INTERCHANGE": str(folder.resolve())}
        command = ["swift", "test", "-c", "release", "--filter", "InterchangeTests.TwinTests"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
    if options.step != "write":
        if not read(folder):
            sys.exit(1)
        if options.fixtures:
            write_fixtures(folder, golden=True)
    if options.folder is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
