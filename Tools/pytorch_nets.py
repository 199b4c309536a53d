"""PyTorch twins of GenreKit's nets: the oracle of the test fixtures and the other side of the benchmarks.

    net = build("deep")            # also shallow, deep-published, crnn, bicrnn, crnn-published
    logits = net(segments)         # segments [B, 1, 80, 80] (mel band, frame); logits [B, 10]
    loss = cross_entropy(logits, labels) + net.penalty * l1_norm(net)

Kernel and pool sizes are mel bands x frames. Convolutions use "same" padding; where a kernel's size k is even, k - 1
rows or columns are added with the smaller half first, as torch's padding="same" does.

Names in the state dictionary: `frequency.K.weight`, `time.K.weight` (K = 1... the block's place in its tower),
`dense1`, `dense2`, and `lstm` with torch's own names.
"""

import math
import warnings

import torch
from torch import nn
from torch.nn import functional

warnings.filterwarnings("ignore", message="Using padding='same' with even kernel")

GENRES = 10
SLOPE = 0.3

# One block: channels out, kernel, pool, slope of the leaky unit (0 is ReLU).
SHALLOW = {
    "frequency": [(16, (10, 23), (1, 20), SLOPE)],
    "time": [(16, (21, 20), (20, 1), SLOPE)],
}


def deep_towers(first_time_kernel, later_slope):
    return {
        "frequency": [
            (16, (10, 23), (2, 2), SLOPE),
            (32, (5, 11), (2, 2), later_slope),
            (64, (3, 5), (2, 2), later_slope),
            (128, (2, 4), (1, 5), later_slope),
        ],
        "time": [
            (16, first_time_kernel, (2, 2), SLOPE),
            (32, (10, 5), (2, 2), later_slope),
            (64, (5, 3), (2, 2), later_slope),
            (128, (4, 2), (5, 1), later_slope),
        ],
    }


DEEP = deep_towers((21, 20), SLOPE)
# What the authors published differs from what they reported: 21x10, and ReLU after convolutions 2 to 4.
DEEP_PUBLISHED = deep_towers((21, 10), 0.0)


class Towers(nn.Module):
    """Two convolutional towers side by side over the same segment."""

    def __init__(self, towers):
        super().__init__()
        self.plan = towers
        for name, blocks in towers.items():
            convolutions = nn.ModuleDict()
            channels = 1
            for index, (filters, kernel, _, _) in enumerate(blocks, start=1):
                convolutions[str(index)] = nn.Conv2d(channels, filters, kernel, padding="same")
                channels = filters
            self.add_module(name, convolutions)

    def tower(self, name, x):
        for convolution, (_, _, pool, slope) in zip(getattr(self, name).values(), self.plan[name]):
            x = convolution(x)
            x = functional.relu(x) if slope == 0 else functional.leaky_relu(x, slope)
            x = functional.max_pool2d(x, pool)
        return x


class Convolutional(Towers):
    """shallow and deep: both towers flattened (channel, mel, frame), frequency first, then two dense layers."""

    def __init__(self, towers, features, dropout, penalty):
        super().__init__(towers)
        self.penalty = penalty
        self.dense1 = nn.Linear(features, 200)
        self.dropout = nn.Dropout(dropout)
        self.dense2 = nn.Linear(200, GENRES)

    def forward(self, x):
        joined = torch.cat([self.tower("frequency", x).flatten(1), self.tower("time", x).flatten(1)], 1)
        return self.dense2(self.dropout(functional.leaky_relu(self.dense1(joined), SLOPE)))


class Recurrent(Towers):
    """crnn and bicrnn: ten steps over time. Step t joins the time tower's column t (128 channels x 2 bands) with the
    frequency tower's column t // 5 (128 x 10; its last pool spans five columns): 1,536 features."""

    STEPS = 10

    def __init__(self, bidirectional, penalty):
        super().__init__(DEEP)
        self.penalty = penalty
        self.lstm = nn.LSTM(1536, 200, batch_first=True, bidirectional=bidirectional)
        self.dropout = nn.Dropout(0.25)
        self.dense1 = nn.Linear(400 if bidirectional else 200, GENRES)

    def forward(self, x):
        time = self.tower("time", x).permute(0, 3, 1, 2).flatten(2)  # [B, 10, 256]
        frequency = self.tower("frequency", x).permute(0, 3, 1, 2).flatten(2)  # [B, 2, 1280]
        frequency = frequency.repeat_interleave(self.STEPS // frequency.shape[1], 1)
        _, (hidden, _) = self.lstm(torch.cat([time, frequency], 2))
        # Each direction's last output: the forward one's at step 9, the reverse one's at step 0.
        return self.dense1(self.dropout(torch.cat(list(hidden), 1)))


class RecurrentPublished(Towers):
    """crnn-published: two LSTM layers fed a 2-D [B, 5120] tensor. Torch takes it as ONE sequence without a batch whose
    steps are the batch's samples, so that a sample's logits depend on the samples before it in the batch."""

    def __init__(self, penalty):
        super().__init__(DEEP_PUBLISHED)
        self.penalty = penalty
        self.lstm = nn.LSTM(5120, 200, num_layers=2, dropout=0.25)
        self.dense1 = nn.Linear(200, GENRES)

    def forward(self, x):
        joined = torch.cat([self.tower("frequency", x).flatten(1), self.tower("time", x).flatten(1)], 1)
        output, _ = self.lstm(joined)
        return self.dense1(output)


NETS = {
    "shallow": (lambda: Convolutional(SHALLOW, 10240, 0.1, 1e-4), 2_060_642),
    "deep": (lambda: Convolutional(DEEP, 5120, 0.25, 1e-4), 1_283_362),
    "deep-published": (lambda: Convolutional(DEEP_PUBLISHED, 5120, 0.25, 1e-5), 1_280_002),
    "crnn": (lambda: Recurrent(False, 1e-4), 1_649_562),
    "bicrnn": (lambda: Recurrent(True, 1e-4), 3_041_962),
    "crnn-published": (lambda: RecurrentPublished(1e-5), 4_835_002),
}


def build(name):
    """The net of that name, with torch's own initial weights, its parameters counted."""
    make, expected = NETS[name]
    net = make()
    count = sum(parameter.numel() for parameter in net.parameters())
    assert count == expected, f"{name} has {count:,} parameters, {expected:,} expected"
    return net


def of_weights(name, weights):
    """The net of that name with these weights (a state dictionary), ready to predict. Layers that hang on the segments'
    size or the number of genres take theirs from the weights."""
    net = NETS[name][0]()
    for layer in ("dense1", "dense2"):
        if hasattr(net, layer):
            units, features = weights[f"{layer}.weight"].shape
            setattr(net, layer, nn.Linear(features, units))
    if hasattr(net, "lstm"):
        lstm = net.lstm
        net.lstm = nn.LSTM(
            weights["lstm.weight_ih_l0"].shape[1], lstm.hidden_size, lstm.num_layers, batch_first=lstm.batch_first,
            dropout=lstm.dropout, bidirectional=lstm.bidirectional)
    net.load_state_dict(weights)
    return net.eval()


def is_weight(name):
    """Weights take the L1 penalty and biases do not; torch's LSTM names are weight_ih_l0, bias_ih_l0 and so on."""
    return name.rsplit(".", 1)[-1].startswith("weight")


def l1_norm(net):
    """The sum of all weights' magnitudes, biases left out."""
    return sum(parameter.abs().sum() for name, parameter in net.named_parameters() if is_weight(name))


def kaiming_normal_(net):
    """Fan in, gain sqrt 2, biases zero; LSTM tensors keep torch's uniform +-1/sqrt(hidden)."""
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if name.startswith("lstm."):
                continue
            if is_weight(name):
                parameter.normal_(0, math.sqrt(2 / parameter[0].numel()))
            else:
                parameter.zero_()
    return net


if __name__ == "__main__":
    for name in NETS:
        net = build(name)
        shapes = {key: list(value.shape) for key, value in net.state_dict().items()}
        print(f"{name}: {sum(p.numel() for p in net.parameters()):,} parameters", shapes)
