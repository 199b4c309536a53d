"""Writes Tests/NeuralNetworkTests/Fixtures/optimisers.json: ten steps of each optimiser in PyTorch's float64, on two nets of
make_graph_fixtures.py, through `pytorch_blueprint.Twin`.

    python Tools/make_optimiser_fixtures.py

Each entry:

    name            of the optimiser and its options
    blueprint, batch, parameters
                    as in graph.json
    settings        method, learning_rate, weight_decay, l1, and the method's own numbers
    l2              pairs of a pattern (null for all weights) and a factor
    losses          the cross-entropy before each of ten updates, on streams "input.0" to "input.9"
    penalties       what the weights pay then: l1 times the sum of magnitudes, each L2 factor times the sum of squares
                    (Keras' form)
    after           the parameters after ten updates: sampled flat indices with their values, the L2 norm
"""

import json

import torch
from torch.nn import functional

from make_fixtures import FOLDER, digits, uniform
from make_graph_fixtures import NETS, drawn, samples
from pytorch_blueprint import Twin

BATCH = 5
STEPS = 10

# Method, its options, L1, and L2 by pattern. Adam's epsilon is no usual one: by 1e-8 a step goes by the sign of each
# gradient, and a bias before a norm has none but rounding.
CASES = {
    "SGD": ("sgd", {"lr": 0.05}, 0, []),
    "SGD with penalties": ("sgd", {"lr": 0.05}, 1e-3, [(None, 2e-3)]),
    "SGD with momentum": ("sgd", {"lr": 0.02, "momentum": 0.9, "weight_decay": 1e-2}, 0, []),
    "SGD with Nesterov's momentum": (
        "sgd", {"lr": 0.02, "momentum": 0.8, "nesterov": True, "weight_decay": 1e-3}, 1e-4, [("dense1", 1e-2)]),
    "Adam with weight decay": ("adam", {"lr": 1e-3, "weight_decay": 1e-2, "eps": 1e-3}, 0, []),
    "Adam with L2": ("adam", {"lr": 1e-3, "betas": (0.8, 0.99), "eps": 1e-3}, 1e-4, [(None, 1e-3), ("dense1", 2e-2)]),
    "AdamW": ("adamw", {"lr": 3e-3, "weight_decay": 0.1, "eps": 1e-3}, 0, []),
    "Adadelta": ("adadelta", {"lr": 1.0, "rho": 0.9, "eps": 1e-6}, 0, []),
    # Keras' defaults and Dong's penalties
    "Adadelta with L2": ("adadelta", {"lr": 1.0, "rho": 0.95, "eps": 1e-7}, 0, [("towers", 0.01), ("dense1", 0.02)]),
}
METHODS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "adadelta": torch.optim.Adadelta}


def factors(net, terms):
    """Each weight's L2 factor; the last of several holds."""
    result = {}
    for pattern, factor in terms:
        for name, tensor in net.parameters.items():
            is_weight = tensor.dim() > 1 and "bias" not in name
            is_convolution = tensor.dim() == 4
            if is_weight and (pattern is None or pattern == "towers" and is_convolution or name.startswith(pattern + ".")):
                result[name] = factor
    return result


def fixture(title, blueprint):
    method, options, l1, l2 = CASES[title]
    net = Twin(blueprint, torch.float64)
    mels, frames = blueprint["input"]
    classes = blueprint["layers"][-1]["units"]
    entries = []
    for name, tensor in [*net.parameters.items(), *net.statistics.items()]:
        values, entry = drawn(name, tensor, 1)
        with torch.no_grad():
            tensor.copy_(values)
        entries.append(entry)
    optimiser = METHODS[method](list(net.parameters.values()), **options)
    of_weights = factors(net, l2)
    losses, penalties = [], []
    for step in range(STEPS):
        inputs = uniform(f"input.{step}", (BATCH, 1, mels, frames), 1).to(torch.float64)
        labels = torch.tensor([(index * 7 + step) % classes for index in range(BATCH)])
        loss = functional.cross_entropy(net(inputs), labels)
        penalty = l1 * net.l1_norm() + sum(f * net.parameters[name].square().sum() for name, f in of_weights.items())
        optimiser.zero_grad()
        (loss + penalty).backward()
        optimiser.step()
        losses.append(loss.item())
        penalties.append(float(penalty.detach() if l1 or l2 else 0))
    settings = {"method": method, "learning_rate": options["lr"], "weight_decay": options.get("weight_decay", 0), "l1": l1}
    for key in ("momentum", "nesterov", "rho"):
        if key in options:
            settings[key] = options[key]
    if "betas" in options:
        settings["beta1"], settings["beta2"] = options["betas"]
    if "eps" in options:
        settings["epsilon"] = options["eps"]
    return {
        "name": title, "blueprint": blueprint, "batch": BATCH, "parameters": entries, "settings": settings,
        "l2": [{"pattern": pattern, "factor": factor} for pattern, factor in l2], "losses": digits(losses),
        "penalties": digits(penalties), "after": [samples(name, tensor) for name, tensor in net.parameters.items()],
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    nets = []
    for name in ("norms", "valid-and-strides"):
        size, layers = NETS[name]
        layers = list(layers)
        # A hidden dense layer, which "dense1" names.
        if not any(layer["layer"] == "dense" for layer in layers[:-1]):
            layers[-1:] = [{"layer": "dense", "units": 9}, {"layer": "tanh"}, layers[-1]]
        nets.append({"name": name, "input": size, "layers": layers})
    lines = [json.dumps(fixture(title, net), separators=(",", ":")) for title in CASES for net in nets]
    (FOLDER / "optimisers.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
