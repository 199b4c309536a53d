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
    rate            1e-3; of named nets 1e-4, since norms of few images make larger steps chaotic in any precision
    losses          of ten steps of Adam (learning rate `rate`, epsilon 1e-3, L1 1e-4 on weights) on streams "input.0" to
                    "input.9", labels (index * 7 + step) % classes; the cross-entropy before each update. (By the usual
                    epsilon of 1e-8 a step goes by the sign of each gradient, and a bias before a norm has none but
                    rounding.)
    ended           the running statistics after these
    single          how far PyTorch's own float32 is from float64 in each of these: the greatest of three runs, whose images
                    stand in different orders. Logits and inference: the greatest difference as a share of the greatest
                    value; gradients: as a share of the larger of the tensor's norm and a hundredth of the greatest norm;
                    statistics, ended, loss and losses (up to each step): absolute, or relative above 1

GenreKit may be twice as far from float64 as PyTorch's float32 is, and 2e-5 more.
"""

import json
import subprocess
import sys

import torch
from torch.nn import functional

from make_fixtures import FOLDER, digits, fnv1a, split_mix, uniform
from pytorch_blueprint import Twin

SAMPLED = 4


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
    "norms-of-one": ([7, 9], [norm(), convolution(5, 3, 3), norm(), relu(0.2), convolution(17, 3, 4, padding="valid"), norm(),
                              relu(), dense(3)]),
    "norms-of-two": ([7, 9], [norm(), convolution(17, 3, 3, padding="valid"), norm(0.3, 1e-3), relu(0.2), dense(6), norm(),
                              {"layer": "tanh"}, dense(3)]),
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

BATCHES = {"norms-of-one": 1, "norms-of-two": 2}

# Batch, and the size of the input where the net's own is too large to be quick. (Nets of 3x3 kernels halve their maps down
# to one place: norms there see no more values than the batch has images.) cldnn has no norms; in the fourth image the two
# greatest values of a pool are 2e-7 apart at a scale of 6.5, so that rounding decides where a gradient goes.
NAMED = {
    "pons-blackbox": (8, None), "pons-time": (8, None), "pons-frequency": (8, None), "pons-timefrequency": (8, None),
    "mcc": (8, None), "mcclstm": (4, None), "dong": (8, (64, 128)), "choi-crnn": (16, None), "choi-k2c2": (16, None),
    "short-chunk": (32, None), "short-chunk-res": (16, None), "musicnn": (8, (96, 60)), "bbnn": (8, None),
    "cldnn": (3, None), "gesture-cnnlstm": (8, None),
}
STEPS = 10


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


def draw(net):
    """Draws all parameters and statistics of a twin; each one's entry."""
    entries = []
    for name, tensor in [*net.parameters.items(), *net.statistics.items()]:
        # The hidden size of the recurrent layer that the parameter belongs to.
        owner = net.cells.get(name.rsplit(".", 1)[0])
        values, entry = drawn(name, tensor, owner.hidden_size if owner else 1)
        with torch.no_grad():
            tensor.copy_(values.to(net.dtype))
        entries.append(entry)
    return entries


def samples(name, tensor):
    flat = tensor.detach().flatten()
    indices = sorted(set((split_mix(fnv1a("sample " + name), SAMPLED) % len(flat)).tolist()))
    return {"name": name, "norm": digits(flat.norm()), "indices": indices, "values": digits(flat[indices])}


class Pass:
    """All that a fixture says of a net in one precision; the images of each batch stand rolled by `roll`."""

    def __init__(self, blueprint, batch, rate, dtype, roll=0):
        self.net = net = Twin(blueprint, dtype)
        self.entries = draw(net)
        mels, frames = blueprint["input"]
        classes = blueprint["layers"][-1]["units"]

        def inputs(stream):
            return uniform(stream, (batch, 1, mels, frames), 1).to(dtype).roll(roll, 0)

        def labels(step=0):
            return torch.tensor([(index * 7 + step) % classes for index in range(batch)]).roll(roll, 0)

        def statistics():
            return {name: value.clone() for name, value in net.statistics.items() if "running" in name}

        logits = net(inputs("input"))
        loss = functional.cross_entropy(logits, labels())
        self.gradients = dict(zip(net.parameters, torch.autograd.grad(loss, list(net.parameters.values()))))
        self.logits, self.loss = logits.detach().roll(-roll, 0), loss.item()
        self.statistics = statistics()
        net.training = False
        self.inference = net(inputs("input")).detach().roll(-roll, 0)
        net.training = True
        optimiser = torch.optim.Adam(list(net.parameters.values()), lr=rate, eps=1e-3)
        self.losses = []
        for step in range(STEPS):
            optimiser.zero_grad()
            loss = functional.cross_entropy(net(inputs(f"input.{step}")), labels(step))
            (loss + 1e-4 * net.l1_norm()).backward()
            optimiser.step()
            self.losses.append(loss.item())
        self.ended = statistics()

    def distances(self, exact):
        """How far this pass is from the exact one, by the fixture's measures."""
        def share(a, b):
            return float((a - b).abs().max() / b.abs().max())

        def relative(a, b):
            a, b = torch.as_tensor(a, dtype=torch.float64), torch.as_tensor(b, dtype=torch.float64)
            return float(((a - b).abs() / b.abs().clamp(min=1)).max())

        greatest = max(float(gradient.norm()) for gradient in exact.gradients.values())
        return {
            "logits": share(self.logits, exact.logits), "inference": share(self.inference, exact.inference),
            "loss": relative(self.loss, exact.loss),
            "gradients": max(
                float((self.gradients[name] - gradient).abs().max() / max(float(gradient.norm()), 0.01 * greatest))
                for name, gradient in exact.gradients.items()),
            "statistics": max([relative(self.statistics[name], value) for name, value in exact.statistics.items()] or [0]),
            "ended": max([relative(self.ended[name], value) for name, value in exact.ended.items()] or [0]),
            "losses": [relative(a, b) for a, b in zip(self.losses, exact.losses)],
        }


def fixture(blueprint, batch, rate):
    exact = Pass(blueprint, batch, rate, torch.float64)
    runs = [Pass(blueprint, batch, rate, torch.float32, roll).distances(exact) for roll in range(3)]
    single = {name: max(run[name] for run in runs) for name in runs[0] if name != "losses"}
    steps = [max(run["losses"][step] for run in runs) for step in range(STEPS)]
    single["losses"] = [max(steps[:step + 1]) for step in range(STEPS)]
    print(blueprint["name"], batch, {name: f"{value:.1e}" for name, value in single.items() if name != "losses"},
          "losses", [f"{value:.0e}" for value in single["losses"]], flush=True)
    return {
        "blueprint": blueprint, "batch": batch, "rate": rate, "parameters": exact.entries, "logits": digits(exact.logits),
        "loss": digits(exact.loss),
        "gradients": [samples(name, gradient) for name, gradient in exact.gradients.items()],
        "statistics": [samples(name, value) for name, value in exact.statistics.items()],
        "inference": digits(exact.inference), "losses": digits(exact.losses),
        "ended": [samples(name, value) for name, value in exact.ended.items()],
        "single": {name: digits(value) for name, value in single.items()},
    }


def write(name, fixtures):
    lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in fixtures)
    (FOLDER / f"{name}.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    torch.set_num_threads(2)
    tiny = [{"name": name, "input": size, "layers": layers} for name, (size, layers) in NETS.items()]
    write("graph", [fixture(blueprint, BATCHES.get(blueprint["name"], 5), 1e-3) for blueprint in tiny])
    if len(sys.argv) > 1:
        named = []
        for name, (batch, size) in NAMED.items():
            sizes = ["--mels", str(size[0]), "--frames", str(size[1])] if size else []
            printed = subprocess.run([sys.argv[1], "nets", name, *sizes, "--blueprint"], capture_output=True, check=True)
            named.append(fixture(json.loads(printed.stdout), batch, 1e-4))
        write("named", named)
