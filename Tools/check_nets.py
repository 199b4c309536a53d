"""Holds every named net's ONNX file, in ONNX Runtime, and its PyTorch weights against its PyTorch twin.

    python Tools/check_nets.py .build/debug/genre [NET ...]

Weights and running statistics are drawn as for the fixtures, written as a safetensors file, imported as a model and
exported again: as safetensors the same bits must come back, as ONNX the logits must be the twin's in float64, within twice
what PyTorch's own float32 is off, and 2e-5 of the greatest logit. Batches of 1, 3 and 8 show that the batch is free.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime
import torch

from make_fixtures import uniform
from make_graph_fixtures import draw
from pytorch_blueprint import Twin

BATCHES = (1, 3, 8)


def run(*arguments):
    done = subprocess.run([str(each) for each in arguments], capture_output=True, text=True)
    assert done.returncode == 0, f"{arguments}: {done.stderr}"
    return done.stdout


def read(path):
    """Metadata and tensors of a safetensors file of F32 tensors."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    metadata = header.pop("__metadata__")
    return metadata, {
        name: torch.from_numpy(numpy.frombuffer(
            data[8 + size + entry["data_offsets"][0]:8 + size + entry["data_offsets"][1]],
            dtype=numpy.float32).reshape(entry["shape"]).copy())
        for name, entry in header.items()}


def write(path, metadata, tensors):
    header, values, end = {"__metadata__": metadata}, [], 0
    for name, tensor in tensors.items():
        data = tensor.detach().to(torch.float32).contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [end, end + len(data)]}
        values.append(data)
        end += len(data)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(values))


def twins(blueprint):
    """The same net in both precisions, in inference."""
    wide, narrow = (Twin(blueprint, dtype) for dtype in (torch.float64, torch.float32))
    for twin in (wide, narrow):
        draw(twin)
        twin.training = False
    return wide, narrow


def recipe(tool, folder, mels, frames):
    """The metadata that an import reads: a recipe whose segments have this size."""
    printed = json.loads(run(tool, "nets", "shallow", "--genres", 2, "--blueprint"))
    write(folder / "any.safetensors", {}, tensors_of(Twin(printed)))
    run(tool, "import", folder / "any.safetensors", "--net", "shallow", "--genres", "a,b", "--recipe", "precomputed",
        "-o", folder / "any-model.safetensors")
    run(tool, "export", folder / "any-model.safetensors", "--format", "safetensors", "-o", folder / "any-weights.safetensors")
    metadata, _ = read(folder / "any-weights.safetensors")
    parameters = json.loads(metadata["recipe_parameters"])
    parameters.update(mels=mels, segmentFrames=frames)
    return {**metadata, "recipe_parameters": json.dumps(parameters)}


def tensors_of(twin):
    return {**twin.parameters, **twin.statistics}


def check(tool, net, folder):
    """The greatest differences, as shares of the greatest logit: ONNX Runtime's and PyTorch's in float32."""
    blueprint = json.loads(run(tool, "nets", net, "--genres", 10, "--blueprint"))
    mels, frames = blueprint["input"]
    wide, narrow = twins(blueprint)
    genres = [f"genre {index}" for index in range(10)]
    metadata = {**recipe(tool, folder, mels, frames), "architecture": net, "genres": json.dumps(genres)}
    write(folder / "weights.safetensors", metadata, tensors_of(narrow))
    model = folder / "model.safetensors"
    run(tool, "import", folder / "weights.safetensors", "-o", model)
    for ending in ("onnx", "safetensors"):
        run(tool, "export", model, "--format", ending, "-o", folder / f"net.{ending}")

    _, exported = read(folder / "net.safetensors")
    assert set(exported) == set(tensors_of(narrow)), set(exported) ^ set(tensors_of(narrow))
    for name, tensor in tensors_of(narrow).items():
        assert torch.equal(exported[name], tensor), f"{net}: {name} has changed"

    onnx.checker.check_model(folder / "net.onnx", full_check=True)
    session = onnxruntime.InferenceSession(folder / "net.onnx")
    assert session.get_inputs()[0].shape[1:] == [1, mels, frames] and isinstance(session.get_inputs()[0].shape[0], str)
    found, single = 0, 0
    for batch in BATCHES:
        # Where the log-mel values of music lie.
        segments = uniform(f"check.{batch}", (batch, 1, mels, frames), 5) + 8
        logits, probabilities = session.run(["logits", "probabilities"], {"segments": segments.to(torch.float32).numpy()})
        with torch.no_grad():
            exact, rounded = wide(segments.to(torch.float64)), narrow(segments.to(torch.float32))
        assert logits.shape == (batch, 10) and abs(probabilities.sum(1) - 1).max() < 1e-5
        scale = float(exact.abs().max())
        found = max(found, float((torch.from_numpy(logits) - exact).abs().max()) / scale)
        single = max(single, float((rounded - exact).abs().max()) / scale)
    return found, single


def main():
    torch.set_num_threads(2)
    tool, *nets = sys.argv[1:]
    nets = nets or [net["net"] for net in json.loads(run(tool, "nets", "--json"))]
    failed = []
    print(f"{'net':18} {'ONNX Runtime':>13} {'PyTorch float32':>16}", flush=True)
    worst = 0
    for net in nets:
        with tempfile.TemporaryDirectory() as name:
            try:
                found, single = check(tool, net, pathlib.Path(name))
            except Exception as error:  # Whatever is wrong with a net, the others are checked too.
                print(f"{net:18} failed: {error}", flush=True)
                failed.append(net)
                continue
        worst = max(worst, found)
        print(f"{net:18} {found:13.1e} {single:16.1e}", flush=True)
        if found > 2 * single + 2e-5:
            failed.append(net)
    print(f"{len(nets)} nets, the greatest difference of a logit, as a share of the greatest one: {worst:.1e}")
    if failed:
        sys.exit(f"not within bounds: {', '.join(failed)}")


if __name__ == "__main__":
    main()
