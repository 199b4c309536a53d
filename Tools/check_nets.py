"""Trains every named net for an epoch and holds its ONNX file, in ONNX Runtime, against its PyTorch twin.

    python Tools/check_nets.py .build/debug/genre FOLDER_OF_MUSIC [NET ...]

The twin reads the weights that `genre export` writes as safetensors. Batches of 1, 3 and 8 show that the batch is free.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnxruntime
import torch

from make_fixtures import uniform
from pytorch_blueprint import Twin


def tensors(path):
    """A safetensors file of F32 tensors."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    return {name: torch.from_numpy(numpy.frombuffer(
                data[8 + size + entry["data_offsets"][0]:8 + size + entry["data_offsets"][1]],
                dtype=numpy.float32).reshape(entry["shape"]).copy())
            for name, entry in header.items() if name != "__metadata__"}


def run(*arguments):
    return subprocess.run([str(each) for each in arguments], capture_output=True, text=True)


tool, music, *nets = sys.argv[1:]
nets = nets or [net["net"] for net in json.loads(run(tool, "nets", "--json").stdout)]
worst = 0
for net in nets:
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        trained = run(tool, "train", music, "--net", net, "--epochs", 1, "--segments", 1, "-o", folder / "run")
        if trained.returncode:
            print(f"{net}: {trained.stderr.strip().splitlines()[-1]}")
            continue
        model = folder / "run/model.safetensors"
        for ending in ("onnx", "safetensors"):
            exported = run(tool, "export", model, "--format", ending, "-o", folder / f"net.{ending}")
            assert exported.returncode == 0, exported.stderr
        session = onnxruntime.InferenceSession(folder / "net.onnx")
        shape = session.get_inputs()[0].shape
        genres = session.get_outputs()[0].shape[1]
        printed = run(tool, "nets", net, "--genres", genres, "--mels", shape[2], "--frames", shape[3], "--blueprint")
        blueprint = json.loads(printed.stdout)
        if any("batch" in json.dumps(layer.get("settings", {})) for layer in blueprint["layers"]):
            print(f"{net}: reads across the batch, left to the other fixtures")
            continue
        twin = Twin(blueprint, torch.float64)
        weights = tensors(folder / "net.safetensors")
        owned = {**twin.parameters, **twin.statistics}
        assert set(weights) == set(owned), set(weights) ^ set(owned)
        with torch.no_grad():
            for key, value in weights.items():
                owned[key].copy_(value)
        twin.training = False
        for batch in (1, 3, 8):
            # Where the log-mel values of music lie.
            segments = uniform(f"check.{batch}", (batch, 1, *shape[2:]), 5.0) + 8
            found = session.run(["logits"], {session.get_inputs()[0].name: segments.numpy()})[0]
            expected = twin(segments.to(torch.float64)).detach().numpy()
            difference = abs(found - expected).max() / abs(expected).max()
            worst = max(worst, difference)
            assert difference < 1e-4, f"{net}: ONNX Runtime and PyTorch differ by {difference:.2g}"
        print(f"{net}: {difference:.1e}")
print(f"the greatest difference, as a share of the greatest logit: {worst:.1e}")
