"""Writes the test fixtures of nets of any shape, Tests/NeuralNetworkTests/Fixtures/graph.json and named.json, computed by
PyTorch in float64 through `pytorch_blueprint.Twin`.

    python Tools/make_graph_fixtures.py .build/debug/genre

graph.json holds small nets that are written below, one for what each layer can do; named.json the nets that the tool
names, as its `genre nets NAME --blueprint` prints them. Each entry:

    blueprint       as in files
    batch           labels are index * 7 % classes
    parameters      name, half_width and offset: each value is drawn by make_fixtures.py's generator from the stream of the
                    parameter's name, `offset` added
    logits, loss    in training (norms by the batch), no dropout; input stream "input", half width 1
    gradients       of the loss: for every parameter sampled flat indices with their values, the L2 norm
    statistics      the running ones after that step: sampled as above
    inference       logits by those running statistics
    losses          of five steps of Adam (learning rate 1e-3, L1 1e-4 on weights) on streams "input.0" to "input.4", labels
                    (index * 7 + step) % classes; the cross-entropy before each update
    single          of named nets: how far PyTorch's own float32 is from float64 in the gradients, as a share of the larger
                    of a tensor's norm and a hundredth of the greatest norm. Norms over few images amplify rounding, and
                    Adam's first steps go by the sign of what may be rounding alone: `losses` end where PyTorch's own
                    float32 is off by more than 2e-4
"""

import json
import subprocess
import sys

import torch
from torch.nn import functional

from make_fixtures import FOLDER, digits, fnv1a, split_mix, uniform
from pytorch_blueprint import Twin

SAMPLED = 6


def convolution(channels, *kernel, **more):
    return {"layer": "convolution", "channels": channels, "kernel": list(kernel), **more}


def norm(momentum=0.1, epsilon=1e-5):
    return {"layer": "batchNorm", "momentum": momentum, "epsilon": epsilon}


def pool(kind, *window, **more):
    return {"layer": kind + "Pool", "window": list(window), **more}


def dense(units):
    return {"layer": "dense", "units": units}


def relu(slope=0):
    return {"layer": "leakyReLU", "slope": slope}


def branches(join, *chains):
    return {"layer": "branches", "join": join, "branches": [{"layers": list(chain)} for chain in chains]}


def recurrent(cell, hidden, **more):
    return {"layer": cell, "settings": {"hidden": hidden, "layers": 1, "bidirectional": False, "dropout": 0,
                                        "sequence": {"over": "time", "order": []}, **more}}


NETS = {
    "valid-and-strides": ([17, 23], [
        convolution(5, 4, 3, padding="valid", stride=[2, 1]), relu(0.3), convolution(18, 3, 5, stride=[1, 2]), relu(),
        convolution(7, 2, 2, padding=[[1, 0], [2, 1]], bias=False), relu(0.1), dense(4)]),
    "wide-maps": ([9, 40], [
        convolution(16, 3, 3), relu(), convolution(20, 3, 3), relu(0.2),
        convolution(6, 3, 3, stride=[2, 2], padding=[[1, 1], [1, 1]]), convolution(1, 1, 1), dense(3)]),
    "one-by-one": ([8, 33], [convolution(17, 1, 1), {"layer": "tanh"}, convolution(4, 1, 1, padding="valid"), dense(3)]),
    "norms": ([11, 19], [
        norm(), convolution(6, 3, 3), norm(0.3, 1e-3), relu(), pool("max", 2, 3), convolution(17, 3, 2, bias=False), norm(),
        {"layer": "elu"}, dense(9), norm(), relu(0.2), dense(3)]),
    "pools": ([13, 14], [
        convolution(5, 3, 3), pool("max", 3, 3, stride=[1, 1], padding="same"), {"layer": "sigmoid"},
        pool("average", 3, 2, stride=[2, 2], padding=[[1, 1], "valid"]), {"layer": "tanh"},
        {"layer": "globalPool", "kind": "both", "over": "time"}, dense(4)]),
    "global": ([10, 12], [
        convolution(19, 3, 3), {"layer": "elu"},
        branches("channels", [{"layer": "globalPool", "kind": "max", "over": "both"}],
                 [{"layer": "globalPool", "kind": "average", "over": "both"}]), norm(), dense(3)]),
    "residual": ([12, 18], [
        convolution(8, 3, 3), relu(),
        branches("add", [convolution(8, 3, 3), norm(), relu(), convolution(8, 3, 3), norm()], []), relu(),
        branches("channels", [], [convolution(5, 1, 3), {"layer": "tanh"}], [branches("channels", [], [convolution(3, 3, 1)])]),
        branches("time", [], [convolution(24, 1, 1)]), {"layer": "globalPool", "kind": "average", "over": "both"}, dense(4)]),
    "features": ([12, 18], [
        {"layer": "towers", "towers": [
            {"name": "a", "layers": [convolution(5, 3, 2, padding="valid"), relu(), pool("max", 2, 17)]},
            {"name": "b", "layers": [convolution(18, 12, 1, padding="valid"), relu()]}]},
        {"layer": "dropout", "rate": 0.5}, norm(), dense(7), {"layer": "sigmoid"}, dense(3)]),
    "gru": ([10, 12], [
        convolution(5, 3, 3), relu(), pool("max", 2, 1), recurrent("gru", 7, returns="sequence", bidirectional=True),
        recurrent("gru", 18), dense(4)]),
    "gru-spans": ([10, 12], [
        {"layer": "towers", "towers": [
            {"name": "a", "layers": [convolution(5, 3, 3), {"layer": "tanh"}, pool("average", 5, 3)]},
            {"name": "b", "layers": [convolution(3, 10, 1, padding="valid"), {"layer": "tanh"}]}]},
        recurrent("gru", 6, bidirectional=True, sequence={"over": "time", "order": ["b", "a"]}), dense(3)]),
    "lstms": ([9, 8], [
        recurrent("lstm", 5, returns="sequence", bidirectional=True), convolution(4, 1, 3), relu(0.2),
        recurrent("lstm", 6, layers=2), dense(3)]),
    "windows": ([8, 24], [
        {"layer": "windows", "count": 4, "layers": [
            convolution(5, 3, 3), norm(), relu(), pool("max", 2, 2), {"layer": "flatten"}, dense(9), relu(0.1)]},
        recurrent("lstm", 6), dense(3)]),
    "windows-of-maps": ([8, 24], [
        {"layer": "windows", "count": 3, "layers": [convolution(5, 3, 3), {"layer": "tanh"}]},
        convolution(4, 3, 3), norm(), relu(0.3), {"layer": "globalPool", "kind": "max", "over": "frequency"}, dense(3)]),
    "standardised": ([7, 9], [{"layer": "standardise"}, convolution(5, 3, 3), relu(0.3), dense(3)]),
}

NAMED = {
    "pons-blackbox": 2, "pons-time": 3, "pons-frequency": 3, "pons-timefrequency": 3, "mcc": 3, "mcclstm": 1, "dong": 2,
    "choi-crnn": 3, "choi-k2c2": 3, "short-chunk": 3, "short-chunk-res": 3, "musicnn": 2, "bbnn": 3, "cldnn": 2,
    "gesture-cnnlstm": 3,
}


def draws(name, hidden):
    """Half width and offset of a parameter or statistic."""
    last = name.rsplit(".", 1)[-1]
    if "norm" in name:
        return {"weight": (0.5, 1), "bias": (0.05, 0), "running_mean": (0.1, 0), "running_var": (0.5, 1)}[last]
    if last == "mean":
        return 0.5, 0
    if last == "deviation":
        return 0.3, 1
    if "_l0" in last or "_l1" in last:
        return hidden ** -0.5, 0
    return None, 0


def drawn(name, tensor, hidden):
    width, offset = draws(name, hidden)
    if width is None:
        width = (6 / tensor[0].numel()) ** 0.5 if name.endswith("weight") else 0.05
    values = uniform(name, tensor.shape, width) + offset
    return values.to(torch.float64), {"name": name, "half_width": digits(width), "offset": offset}


def samples(name, tensor):
    flat = tensor.detach().flatten()
    indices = sorted(set((split_mix(fnv1a("sample " + name), SAMPLED) % len(flat)).tolist()))
    return {"name": name, "norm": digits(flat.norm()), "indices": indices, "values": digits(flat[indices])}


def single_precision(blueprint, batch):
    """The fixture in float32 against the one in float64: the greatest difference of a gradient, and those of the losses."""
    narrow, wide = (fixture(blueprint, batch, dtype, whole=True) for dtype in (torch.float32, torch.float64))
    greatest = max(gradient.norm() for gradient in wide["gradients"])
    single = max(
        float((a - b).abs().max() / max(b.norm(), 0.01 * greatest))
        for a, b in zip(narrow["gradients"], wide["gradients"]))
    return single, [abs(a - b) for a, b in zip(narrow["losses"], wide["losses"])]


def named_fixture(blueprint, batch):
    result = fixture(blueprint, batch)
    single, differences = single_precision(blueprint, batch)
    result["single"] = digits(single)
    far = [step for step, difference in enumerate(differences) if difference > 2e-4]
    result["losses"] = result["losses"][:far[0] if far else None]
    return result


def fixture(blueprint, batch, dtype=torch.float64, whole=False):
    net = Twin(blueprint, dtype)
    mels, frames = blueprint["input"]
    classes = blueprint["layers"][-1]["units"]
    entries = []
    for name, tensor in [*net.parameters.items(), *net.statistics.items()]:
        # The hidden size of the recurrent layer that the parameter belongs to.
        owner = net.cells.get(name.rsplit(".", 1)[0])
        values, entry = drawn(name, tensor, owner.hidden_size if owner else 1)
        with torch.no_grad():
            tensor.copy_(values.to(dtype))
        entries.append(entry)

    def inputs(stream):
        return uniform(stream, (batch, 1, mels, frames), 1).to(dtype)

    def labels(step=0):
        return torch.tensor([(index * 7 + step) % classes for index in range(batch)])

    logits = net(inputs("input"))
    loss = functional.cross_entropy(logits, labels())
    gradients = torch.autograd.grad(loss, list(net.parameters.values()))
    result = {"gradients": [gradient.double() for gradient in gradients]} if whole else {
        "blueprint": blueprint, "batch": batch, "parameters": entries, "logits": digits(logits.detach()),
        "loss": digits(loss.item()),
        "gradients": [samples(name, gradient) for name, gradient in zip(net.parameters, gradients)],
        "statistics": [samples(name, value) for name, value in net.statistics.items() if "running" in name],
    }
    net.training = False
    result["inference"] = digits(net(inputs("input")).detach())
    net.training = True
    optimiser = torch.optim.Adam(list(net.parameters.values()), lr=1e-3)
    losses = []
    for step in range(5):
        optimiser.zero_grad()
        loss = functional.cross_entropy(net(inputs(f"input.{step}")), labels(step))
        (loss + 1e-4 * net.l1_norm()).backward()
        optimiser.step()
        losses.append(loss.item())
    result["losses"] = losses if whole else digits(losses)
    return result


def write(name, fixtures):
    lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in fixtures)
    (FOLDER / f"{name}.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    tiny = [{"name": name, "input": size, "layers": layers} for name, (size, layers) in NETS.items()]
    write("graph", [fixture(blueprint, 5) for blueprint in tiny])
    if len(sys.argv) > 1:
        named = []
        for name, batch in NAMED.items():
            printed = subprocess.run([sys.argv[1], "nets", name, "--blueprint"], capture_output=True, check=True)
            named.append(named_fixture(json.loads(printed.stdout), batch))
        write("named", named)
