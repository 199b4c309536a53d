"""Writes the nets' test fixtures, Tests/NeuralNetworkTests/Fixtures/*.json, computed by PyTorch in float64.

    python Tools/make_fixtures.py

Deterministic; some minutes. Every figure is also computed in float32 and must agree.

The generator
-------------
Weights and inputs are not stored: both sides draw them, one stream a tensor. The stream's state starts as the 64-bit
FNV-1a hash (offset basis 0xCBF29CE484222325, prime 0x100000001B3) of the UTF-8 bytes of the stream's name; each draw
is SplitMix64's:

    state += 0x9E3779B97F4A7C15
    z = (state ^ state >> 30) * 0xBF58476D1CE4E5B9;  z = (z ^ z >> 27) * 0x94D049BB133111EB;  z ^= z >> 31

and gives, row-major in torch's layout,

    u = (z >> 40) / 2^24                               in [0, 1), exact
    value = float32(half_width * (2 * u - 1))          the product in float64: one rounding there, one to float32

The stream's name is the tensor's name in the state dictionary; half_width is sqrt(6 / fan_in) for the weights of
convolutions and dense layers (variance 2 / fan_in, Kaiming), 0.05 for their biases, 1 / sqrt(hidden) for every LSTM
tensor, 1 for inputs and cotangents. A value of exactly zero can occur; its L1 gradient is zero.

Inputs lie in [-1, 1) rather than at the log-mel scale of 5 to 16: with random weights the latter drives the logits to
tens or hundreds, and a saturated softmax hides errors. The input's stream is the first of "input", "input.1",
"input.2"... for which no max pool comes near a tie, which two correct float32 implementations may settle differently.

The files
---------
<net>.json     parameters: name, shape, half_width. input: stream, shape, half_width. labels: index * 7 % 10.
               logits, cross_entropy (mean over the batch) and l1 (l1_lambda * sum |w| over all weights, no biases), no
               dropout. gradients: of cross_entropy alone, without the penalty: for every parameter sampled flat
               indices with their values, the L2 norm, the largest magnitude.
               trajectory: ten steps of Adam on cross_entropy + l1, from the same weights, a new batch each step
               (streams "input.step0" to "input.step9", labels (index * 7 + step) % 10), both losses before the update.
               crnn-published: the batch is ONE sequence, its samples the steps, so sample i's logits depend on
               samples 0...i.
layers.json    single blocks, convolution -> leaky unit -> max pool (which drops what does not fill a window), of loss =
               sum(output * cotangent), tensors in full. Streams are "weight", "bias", "input" and "cotangent".
               weight's half_width is sqrt(6 / fan_in), bias's 0.05. slope 0 is ReLU and slope 1 the identity.
lstm.json      small LSTMs, batch first, zero initial state, loss = sum(output * cotangent). Streams are torch's
               parameter names with "lstm." before them, "input" and "cotangent". Output joins the directions.
               final_hidden and final_cell are [layers * directions, batch, hidden], as torch orders them.
"""

import json
import math
import pathlib

import numpy
import torch
from torch.nn import functional

import pytorch_nets

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Tests/NeuralNetworkTests/Fixtures"
BATCH, SAMPLED = 4, 24
STEPS, STEP_BATCH, LEARNING_RATE, BETAS, EPSILON = 10, 16, 5e-5, (0.9, 0.999), 1e-8
# The least gap between a pool window's two largest values, over the map's spread: several times float32's error.
TIE_MARGIN = 4e-6
FILE_LIMIT, TOTAL_LIMIT = 300_000, 2_000_000


# The generator


def fnv1a(text):
    value = 0xCBF29CE484222325
    for byte in text.encode("utf-8"):
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def split_mix(state, count):
    """SplitMix64's first outputs from that state."""
    with numpy.errstate(over="ignore"):
        steps = numpy.arange(1, count + 1, dtype=numpy.uint64)
        z = numpy.uint64(state) + steps * numpy.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        return z ^ (z >> numpy.uint64(31))


def uniform(stream, shape, half_width):
    """The stream's first values as a float32 tensor of that shape."""
    u = (split_mix(fnv1a(stream), math.prod(shape)) >> numpy.uint64(40)).astype(numpy.float64) / 2**24
    return torch.from_numpy((half_width * (2 * u - 1)).astype(numpy.float32)).reshape(shape)


def half_width(name, parameter, hidden=200):
    if name.startswith("lstm."):
        return 1 / math.sqrt(hidden)
    return math.sqrt(6 / parameter[0].numel()) if pytorch_nets.is_weight(name) else 0.05


def fill(net, dtype, hidden=200):
    net = net.to(dtype)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            parameter.copy_(uniform(name, parameter.shape, half_width(name, parameter, hidden)))
    # Dropout off, gradients on.
    return net.eval()


def inputs(stream, batch, dtype):
    return uniform(stream, (batch, 1, 80, 80), 1.0).to(dtype)


def labels(batch, step=0):
    return torch.tensor([(index * 7 + step) % 10 for index in range(batch)])


# Agreement and output


def relative(narrow, wide):
    """The largest difference over the largest magnitude."""
    wide = torch.as_tensor(wide, dtype=torch.float64)
    narrow = torch.as_tensor(narrow, dtype=torch.float64)
    return ((narrow - wide).abs().max() / wide.abs().max()).item()


def agree(what, narrow, wide, bound=1e-4):
    difference = relative(narrow, wide)
    assert difference < bound, f"{what}: float32 and float64 differ by {difference:.2g}"
    return difference


def digits(value):
    """Nine significant digits, enough to name any float32."""
    if torch.is_tensor(value):
        return digits(value.tolist())
    if isinstance(value, list):
        return [digits(each) for each in value]
    return float(f"{value:.9g}")


def write(name, fixture):
    """One line an entry, so that a change shows where it is."""

    def compact(value):
        return json.dumps(value, separators=(",", ":"))

    lines = []
    for key, value in fixture.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            inner = ",\n".join("  " + compact(each) for each in value)
            lines.append(f" {compact(key)}: [\n{inner}\n ]")
        else:
            lines.append(f" {compact(key)}: {compact(value)}")
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    assert len(text) < FILE_LIMIT, f"{name}.json has {len(text):,} bytes"
    (FOLDER / f"{name}.json").write_text(text)
    return len(text)


# The nets


def tie_margin(x, pool):
    """The least gap between a pool window's two largest values, over the map's spread."""
    if pool == (1, 1):
        return math.inf
    windows = x.detach().unfold(2, pool[0], pool[0]).unfold(3, pool[1], pool[1]).flatten(4)
    first, second = windows.topk(2, dim=4).values.unbind(4)
    # Where ReLU has cut a whole window to zero the tie carries no gradient.
    return ((first - second)[first != 0].min() / x.std()).item()


def untied_stream(net):
    """The first input stream of which no pool of the net comes near a tie, and its margin."""
    pool = functional.max_pool2d
    for attempt in range(100):
        stream = f"input.{attempt}" if attempt else "input"
        margins = []

        def measured(x, size):
            margins.append(tie_margin(x, size))
            return pool(x, size)

        functional.max_pool2d = measured
        try:
            with torch.no_grad():
                net(inputs(stream, BATCH, torch.float64))
        finally:
            functional.max_pool2d = pool
        if min(margins) >= TIE_MARGIN:
            return stream, min(margins)
    raise AssertionError("every input tried comes near a tie")


def one_batch(name, stream, dtype):
    net = fill(pytorch_nets.build(name), dtype)
    logits = net(inputs(stream, BATCH, dtype))
    cross_entropy = functional.cross_entropy(logits, labels(BATCH))
    cross_entropy.backward()
    gradients = {key: parameter.grad for key, parameter in net.named_parameters()}
    penalty = net.penalty * pytorch_nets.l1_norm(net)
    return logits.detach(), cross_entropy.item(), penalty.item(), gradients


def trajectory(name, dtype):
    net = fill(pytorch_nets.build(name), dtype)
    optimiser = torch.optim.Adam(net.parameters(), lr=LEARNING_RATE, betas=BETAS, eps=EPSILON)
    losses, penalties = [], []
    for step in range(STEPS):
        optimiser.zero_grad()
        logits = net(inputs(f"input.step{step}", STEP_BATCH, dtype))
        loss = functional.cross_entropy(logits, labels(STEP_BATCH, step))
        penalty = net.penalty * pytorch_nets.l1_norm(net)
        (loss + penalty).backward()
        optimiser.step()
        losses.append(loss.item())
        penalties.append(penalty.item())
    return losses, penalties


def sample(name, wide, narrow):
    """First, last and random places of a gradient, less those where float32 falls short."""
    wide, narrow = wide.flatten(), narrow.flatten().double()
    count = wide.numel()
    draws = uniform(f"indices.{name}", (SAMPLED - 2,), 1.0).double()
    chosen = {0, count - 1} | {int((draw + 1) / 2 * count) for draw in draws.tolist()}
    largest = wide.abs().max()
    places = [place for place in sorted(chosen) if abs(narrow[place] - wide[place]) <= 1e-5 * largest]
    assert 2 * len(places) > len(chosen), f"{name}: float32 misses most of the gradient"
    return places, len(chosen) - len(places)


def net_fixture(name):
    net = fill(pytorch_nets.build(name), torch.float64)
    stream, margin = untied_stream(net)
    logits, cross_entropy, penalty, gradients = one_batch(name, stream, torch.float64)
    narrow_logits, narrow_cross_entropy, narrow_penalty, narrow_gradients = one_batch(name, stream, torch.float32)
    worst = max(
        agree("logits", narrow_logits, logits),
        agree("cross-entropy", narrow_cross_entropy, cross_entropy),
        agree("L1", narrow_penalty, penalty),
    )
    sampled, dropped = [], 0
    for key, gradient in gradients.items():
        worst = max(worst, agree(f"gradient of {key}", narrow_gradients[key], gradient))
        places, missed = sample(key, gradient, narrow_gradients[key])
        dropped += missed
        sampled.append({
            "name": key,
            "norm": digits(gradient.norm().item()),
            "largest": digits(gradient.abs().max().item()),
            "indices": places,
            "values": digits(gradient.flatten()[places]),
        })
    losses, penalties = trajectory(name, torch.float64)
    narrow_losses, narrow_penalties = trajectory(name, torch.float32)
    # Entry by entry, so that no step hides behind a larger one.
    for wide, narrow in zip(losses + penalties, narrow_losses + narrow_penalties):
        worst = max(worst, agree("trajectory", narrow, wide))
    size = write(name, {
        "net": name,
        "parameters": [
            {"name": key, "shape": list(parameter.shape), "half_width": half_width(key, parameter)}
            for key, parameter in net.named_parameters()
        ],
        "input": {"stream": stream, "shape": [BATCH, 1, 80, 80], "half_width": 1.0},
        "labels": labels(BATCH).tolist(),
        "logits": digits(logits),
        "cross_entropy": digits(cross_entropy),
        "l1_lambda": net.penalty,
        "l1": digits(penalty),
        "gradients": sampled,
        "trajectory": {
            "batch": STEP_BATCH,
            "learning_rate": LEARNING_RATE,
            "beta1": BETAS[0],
            "beta2": BETAS[1],
            "epsilon": EPSILON,
            "inputs": [f"input.step{step}" for step in range(STEPS)],
            "labels": [labels(STEP_BATCH, step).tolist() for step in range(STEPS)],
            "cross_entropy": digits(losses),
            "l1": digits(penalties),
        },
    })
    print(
        f"{name}.json: {size:,} bytes; {stream}, logits {logits.min():.2f} to {logits.max():.2f}, cross-entropy"
        f" {cross_entropy:.3f}, L1 {penalty:.3f}, steps {losses[0]:.3f} to {losses[-1]:.3f}; float32 within"
        f" {worst:.1g}, pool margin {margin:.1g}, {dropped} places dropped")
    return size


# Single layers

# batch, channels in and out, height, width, kernel, pool, slope
BLOCKS = [
    ("odd map, even kernel", 2, 3, 5, 13, 17, (4, 3), (2, 3), 0.3),
    ("one channel in, seven out", 2, 1, 7, 11, 9, (3, 5), (2, 2), 0.3),
    ("even kernel both ways, no pool", 2, 2, 3, 7, 6, (2, 4), (1, 1), 0.3),
    ("one by one kernel", 2, 4, 3, 6, 5, (1, 1), (3, 2), 0.3),
    ("kernel larger than the map", 2, 2, 3, 5, 6, (8, 9), (2, 2), 0.3),
    ("long pool in time", 3, 1, 4, 6, 40, (5, 7), (1, 20), 0.3),
    ("long pool in frequency", 3, 1, 4, 40, 6, (7, 6), (20, 1), 0.3),
    ("pool of the whole map", 1, 2, 2, 5, 7, (3, 3), (5, 7), 0.3),
    ("ReLU", 2, 3, 4, 8, 9, (3, 2), (2, 2), 0.0),
    ("identity", 2, 2, 4, 7, 8, (2, 3), (3, 2), 1.0),
    ("sixteen and more channels", 1, 17, 18, 6, 7, (3, 4), (2, 2), 0.3),
]


def block(case, dtype):
    _, batch, channels, filters, height, width, kernel, pool, slope = case
    fan_in = channels * kernel[0] * kernel[1]
    tensors = {
        "input": uniform("input", (batch, channels, height, width), 1.0),
        "weight": uniform("weight", (filters, channels, *kernel), math.sqrt(6 / fan_in)),
        "bias": uniform("bias", (filters,), 0.05),
    }
    tensors = {name: tensor.to(dtype).requires_grad_() for name, tensor in tensors.items()}
    convolved = functional.conv2d(tensors["input"], tensors["weight"], tensors["bias"], padding="same")
    output = functional.max_pool2d(functional.leaky_relu(convolved, slope), pool)
    (output * uniform("cotangent", output.shape, 1.0).to(dtype)).sum().backward()
    margin = tie_margin(convolved, pool)
    assert margin > TIE_MARGIN, f"{case[0]}: a pool within {margin:.1g} of a tie"
    return output.detach(), {name: tensor.grad for name, tensor in tensors.items()}


def layers_fixture():
    cases, worst = [], 0
    for case in BLOCKS:
        name, batch, channels, filters, height, width, kernel, pool, slope = case
        output, gradients = block(case, torch.float64)
        narrow_output, narrow_gradients = block(case, torch.float32)
        worst = max(worst, agree(name, narrow_output, output, 1e-5))
        for key in gradients:
            worst = max(worst, agree(f"{name}, gradient of {key}", narrow_gradients[key], gradients[key], 1e-5))
        cases.append({
            "name": name,
            "batch": batch,
            "channels": channels,
            "filters": filters,
            "height": height,
            "width": width,
            "kernel": list(kernel),
            "pool": list(pool),
            "slope": slope,
            "output_shape": list(output.shape),
            "output": digits(output.flatten()),
            "gradients": {key: digits(value.flatten()) for key, value in gradients.items()},
        })
    size = write("layers", {"cases": cases})
    print(f"layers.json: {size:,} bytes; {len(cases)} blocks, float32 within {worst:.1g}")
    return size


def lstm(layers, bidirectional, batch, steps, features, hidden, dtype):
    net = torch.nn.Module()
    net.lstm = torch.nn.LSTM(features, hidden, layers, batch_first=True, bidirectional=bidirectional)
    fill(net, dtype, hidden)
    x = uniform("input", (batch, steps, features), 1.0).to(dtype).requires_grad_()
    output, (final_hidden, final_cell) = net.lstm(x)
    (output * uniform("cotangent", output.shape, 1.0).to(dtype)).sum().backward()
    gradients = {"input": x.grad} | {name: parameter.grad for name, parameter in net.named_parameters()}
    results = {"output": output, "final_hidden": final_hidden, "final_cell": final_cell}
    return {name: tensor.detach() for name, tensor in results.items()}, gradients


# layers, bidirectional, batch, steps, features, hidden
LSTMS = [
    (1, False, 3, 6, 7, 5),
    (2, False, 3, 6, 7, 5),
    (1, True, 3, 6, 7, 5),
    (2, True, 3, 6, 7, 5),
    (1, False, 1, 1, 3, 17),
]


def lstm_fixture():
    cases, worst = [], 0
    for layers, bidirectional, batch, steps, features, hidden in LSTMS:
        results, gradients = lstm(layers, bidirectional, batch, steps, features, hidden, torch.float64)
        narrow_results, narrow_gradients = lstm(layers, bidirectional, batch, steps, features, hidden, torch.float32)
        name = f"{layers} layer{'s' if layers > 1 else ''}, {'both directions' if bidirectional else 'forward'}"
        if steps == 1:
            name += ", one step"
        for key in results:
            worst = max(worst, agree(f"{name}, {key}", narrow_results[key], results[key], 1e-5))
        for key in gradients:
            # At a single step from a zero state the recurrent weights have no gradient.
            if gradients[key].abs().max() > 0:
                worst = max(worst, agree(f"{name}, {key}", narrow_gradients[key], gradients[key], 1e-5))
        cases.append({
            "name": name,
            "layers": layers,
            "bidirectional": bidirectional,
            "batch": batch,
            "steps": steps,
            "features": features,
            "hidden": hidden,
            "half_width": 1 / math.sqrt(hidden),
            **{key: digits(value.flatten()) for key, value in results.items()},
            "gradients": {key: digits(value.flatten()) for key, value in gradients.items()},
        })
    size = write("lstm", {"cases": cases})
    print(f"lstm.json: {size:,} bytes; {len(cases)} cases, float32 within {worst:.1g}")
    return size


if __name__ == "__main__":
    # Published values of FNV-1a for "a" and of SplitMix64 from state 0 pin the generator itself.
    assert fnv1a("a") == 0xAF63DC4C8601EC8C
    assert split_mix(0, 1)[0] == 0xE220A8397B1DCDAF
    torch.set_num_threads(1)
    FOLDER.mkdir(parents=True, exist_ok=True)
    total = layers_fixture() + lstm_fixture() + sum(net_fixture(name) for name in pytorch_nets.NETS)
    assert total < TOTAL_LIMIT, f"{total:,} bytes in all"
    print(f"{total:,} bytes in all, in {FOLDER}")
