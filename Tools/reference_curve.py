"""Trains a PyTorch twin on the coursework's rows and prints its raw accuracy an epoch: the curve to hold ours against.

    python Tools/reference_curve.py FOLDER [--epochs 40] [--seed 0] [--net shallow] [--rows N]

FOLDER holds train.pkl and val.pkl. The report's settings: batch 64 (the last partial batch is used), Adam 5e-5,
cross-entropy + L1 on the weights, Kaiming normal and zero biases. A line an epoch: epoch, mean cross-entropy and
accuracy in training (dropout on, weights as they were at each batch), raw accuracy on val.pkl, seconds. At the end the
mean of the last five epochs, for it swings by two or three points from one epoch to the next.

The pickles are read by Python's own unpickler with an allow-list, so that nothing else in them runs.
"""

import argparse
import io
import pathlib
import pickle
import sys
import time

import torch
from torch.nn import functional

import pytorch_nets

ALLOWED = {
    ("torch._utils", "_rebuild_tensor_v2"),
    ("torch.storage", "_load_from_bytes"),
    ("collections", "OrderedDict"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
}


def load_storage(payload):
    # The legacy stream is itself a pickle: torch's restricted reader takes it.
    return torch.load(io.BytesIO(payload), weights_only=True)


class RowUnpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in a coursework pickle")
        if name == "_load_from_bytes":
            return load_storage
        return super().find_class(module, name)


def rows(path, limit):
    """Segments [n, 1, 80, 80] and labels [n] of a coursework pickle."""
    try:
        with open(path, "rb") as file:
            read = RowUnpickler(file).load()
    except (OSError, pickle.UnpicklingError) as error:
        sys.exit(f"Cannot read {path}: {error}")
    # With a limit, rows from all over the file: it is in genre order.
    step = max(1, len(read) // limit) if limit else 1
    read = read[::step][:limit]
    return torch.stack([row[1].float() for row in read]), torch.tensor([row[2] for row in read])


def accuracy(net, x, y):
    net.eval()
    with torch.inference_mode():
        right = sum((net(part).argmax(1) == truth).sum().item() for part, truth in zip(x.split(64), y.split(64)))
    return 100 * right / len(y)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--net", default="shallow", choices=list(pytorch_nets.NETS))
    parser.add_argument("--rows", type=int, help="at most so many rows of each file, for a quick trial")
    options = parser.parse_args()

    x, y = rows(options.folder / "train.pkl", options.rows)
    validation_x, validation_y = rows(options.folder / "val.pkl", options.rows)
    print(f"{options.net}, seed {options.seed}: {len(y):,} rows to train on, {len(validation_y):,} to validate")

    torch.manual_seed(options.seed)
    net = pytorch_nets.kaiming_normal_(pytorch_nets.build(options.net)).to(memory_format=torch.channels_last)
    weights = [parameter for name, parameter in net.named_parameters() if pytorch_nets.is_weight(name)]
    optimiser = torch.optim.Adam(net.parameters(), lr=5e-5, fused=True)
    curve = []
    for epoch in range(1, options.epochs + 1):
        start = time.perf_counter()
        net.train()
        total = right = 0
        for chosen in torch.randperm(len(y)).split(64):
            optimiser.zero_grad()
            logits = net(x[chosen].to(memory_format=torch.channels_last))
            loss = functional.cross_entropy(logits, y[chosen])
            (loss + net.penalty * sum(weight.abs().sum() for weight in weights)).backward()
            optimiser.step()
            total += loss.item() * len(chosen)
            right += (logits.argmax(1) == y[chosen]).sum().item()
        curve.append(accuracy(net, validation_x, validation_y))
        print(
            f"{epoch:3}  loss {total / len(y):7.4f}  training {100 * right / len(y):5.2f}  raw {curve[-1]:5.2f}"
            f"  {time.perf_counter() - start:6.1f} s", flush=True)
    if curve:
        last = curve[-5:]
        print(f"raw accuracy, mean of the last {len(last)} epochs: {sum(last) / len(last):.2f}")


if __name__ == "__main__":
    main()
