"""A PyTorch twin of any blueprint: the JSON that `genre nets NAME --blueprint` prints becomes a net with the same
parameters' names.

    net = Twin(json.load(open("my-net.json")), dtype=torch.float64)
    logits = net(segments)          # [B, 1, mels, frames] -> [B, classes]
    net.parameters, net.statistics  # names and tensors

Written from the layers' descriptions, not from GenreKit's code: values are PyTorch's tensors, joins are torch.cat.
"""

import torch
from torch import nn
from torch.nn import functional


def sides(padding, size, window, stride):
    """Zeros before and after one axis."""
    if padding == "valid":
        return 0, 0
    if padding == "same":
        total = max((-(-size // stride) - 1) * stride + window - size, 0)
        return total // 2, total - total // 2
    return tuple(padding)


def pads(padding, shape, window, stride):
    """As functional.pad wants them: left, right, top, bottom."""
    mels, frames = (padding, padding) if isinstance(padding, str) else padding
    top, bottom = sides(mels, shape[2], window[0], stride[0])
    left, right = sides(frames, shape[3], window[1], stride[1])
    return left, right, top, bottom


def even(x, around):
    """Values and the padding that is left to the layer: where it is the same on both sides, as its own kernels add it."""
    left, right, top, bottom = around
    return (x, (top, left)) if left == right and top == bottom else (functional.pad(x, around), (0, 0))


class Scope:
    def __init__(self, prefix):
        self.prefix, self.counts = prefix, {}

    def count(self, kind):
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return self.counts[kind]

    def joined(self, name):
        return f"{self.prefix}.{name}" if self.prefix else name


class Twin:
    def __init__(self, blueprint, dtype=torch.float32):
        self.blueprint, self.dtype = blueprint, dtype
        self.parameters, self.statistics, self.cells = {}, {}, {}
        self.training, self.drops = True, False
        self.penalised = []
        mels, frames = blueprint["input"]
        with torch.no_grad():
            self(torch.zeros(2, 1, mels, frames, dtype=dtype))
        for value in self.statistics.values():
            value.fill_(0)
        for name, value in self.statistics.items():
            if name.endswith(("running_var", "deviation")):
                value.fill_(1)

    def __call__(self, segments):
        flow = self.chain(self.blueprint["layers"], [(None, segments)], Scope(""))
        return flow[0][1].flatten(1)

    def parameter(self, name, *shape, penalised=False):
        if name not in self.parameters:
            self.parameters[name] = torch.ones(*shape, dtype=self.dtype).requires_grad_()
            if penalised:
                self.penalised.append(name)
        return self.parameters[name]

    def statistic(self, name, *shape):
        if name not in self.statistics:
            self.statistics[name] = torch.ones(*shape, dtype=self.dtype)
        return self.statistics[name]

    def l1_norm(self):
        return sum(self.parameters[name].abs().sum() for name in self.penalised)

    # Values: a flow is a list of (branch's name, tensor); several tensors count as all their features.

    @staticmethod
    def single(flow):
        if len(flow) == 1:
            return flow[0][1]
        joined = torch.cat([tensor.flatten(1) for _, tensor in flow], 1)
        return joined[:, :, None, None]

    def chain(self, layers, flow, scope):
        for layer in layers:
            flow = getattr(self, layer["layer"])(layer, flow, scope)
        return flow

    def convolution(self, layer, flow, scope):
        x = self.single(flow)
        place = scope.count("convolution")
        name = f"{scope.prefix}.{place}" if scope.prefix else f"convolution.{place}"
        kernel, stride = layer["kernel"], layer.get("stride", [1, 1])
        weight = self.parameter(f"{name}.weight", layer["channels"], x.shape[1], *kernel, penalised=True)
        bias = self.parameter(f"{name}.bias", layer["channels"]) if layer.get("bias", True) else None
        x, padding = even(x, pads(layer.get("padding", "same"), x.shape, kernel, stride))
        return [(None, functional.conv2d(x, weight, bias, stride, padding))]

    def batchNorm(self, layer, flow, scope):
        x = self.single(flow)
        name = scope.joined(f"norm{scope.count('norm')}")
        scale, shift = (self.parameter(f"{name}.{part}", x.shape[1]) for part in ("weight", "bias"))
        mean, variance = (self.statistic(f"{name}.running_{part}", x.shape[1]) for part in ("mean", "var"))
        return [(None, functional.batch_norm(
            x, mean, variance, scale, shift, self.training, layer["momentum"], layer["epsilon"]))]

    def each(self, flow, function):
        return [(name, function(tensor)) for name, tensor in flow]

    def leakyReLU(self, layer, flow, scope):
        slope = layer.get("slope", 0)
        # (At 0 itself the slope counts, as in functional.relu.)
        return self.each(flow, lambda x: functional.relu(x) if slope == 0 else functional.leaky_relu(x, slope))

    def elu(self, layer, flow, scope):
        return self.each(flow, functional.elu)

    def sigmoid(self, layer, flow, scope):
        return self.each(flow, torch.sigmoid)

    def tanh(self, layer, flow, scope):
        return self.each(flow, torch.tanh)

    def dropout(self, layer, flow, scope):
        """None by default: twins are compared without."""
        return self.each(flow, lambda x: functional.dropout(x, layer["rate"])) if self.drops else flow

    def maxPool(self, layer, flow, scope):
        x, window = self.single(flow), layer["window"]
        stride = layer.get("stride", window)
        around = pads(layer.get("padding", "valid"), x.shape, window, stride)
        left, right, top, bottom = around
        if left == right and top == bottom and 2 * top <= window[0] and 2 * left <= window[1]:
            return [(None, functional.max_pool2d(x, window, stride, (top, left)))]
        x = functional.pad(x, around, value=-torch.inf)
        return [(None, functional.max_pool2d(x, window, stride))]

    def averagePool(self, layer, flow, scope):
        x, window = self.single(flow), layer["window"]
        stride = layer.get("stride", window)
        around = pads(layer.get("padding", "valid"), x.shape, window, stride)
        if not any(around):
            return [(None, functional.avg_pool2d(x, window, stride))]
        share = functional.avg_pool2d(functional.pad(torch.ones_like(x), around), window, stride)
        return [(None, functional.avg_pool2d(functional.pad(x, around), window, stride) / share)]

    def globalPool(self, layer, flow, scope):
        x = self.single(flow)
        axes = {"frequency": (2,), "time": (3,), "both": (2, 3)}[layer["over"]]
        kinds = ["max", "average"] if layer["kind"] == "both" else [layer["kind"]]
        parts = [x.amax(axes, keepdim=True) if kind == "max" else x.mean(axes, keepdim=True) for kind in kinds]
        return [(None, torch.cat(parts, 1))]

    def towers(self, layer, flow, scope):
        return self.join_branches(layer["towers"], "features", flow, scope)

    def branches(self, layer, flow, scope):
        return self.join_branches(layer["branches"], layer["join"], flow, scope)

    def join_branches(self, branches, join, flow, scope):
        group = scope.count("branches")
        if len(branches) > 1:
            flow = [(None, self.single(flow))]
        outputs = []
        for index, branch in enumerate(branches, start=1):
            name = branch.get("name") or f"branch{group}.{index}"
            output = self.chain(branch["layers"], flow, Scope(scope.joined(name)))
            if join == "features" or len(branches) == 1:
                outputs += [(branch.get("name"), tensor) for _, tensor in output]
            else:
                outputs.append((None, self.single(output)))
        tensors = [tensor for _, tensor in outputs]
        if join == "features" or len(branches) == 1:
            return outputs
        if join == "add":
            return [(None, sum(tensors[1:], tensors[0]))]
        return [(None, torch.cat(tensors, {"channels": 1, "time": 3}[join]))]

    def lstm(self, layer, flow, scope):
        return self.recurrent(nn.LSTM, "lstm", layer["settings"], flow, scope)

    def gru(self, layer, flow, scope):
        return self.recurrent(nn.GRU, "gru", layer["settings"], flow, scope)

    def recurrent(self, cell, kind, settings, flow, scope):
        count = scope.count(kind)
        name = scope.joined(kind if count == 1 else f"{kind}{count}")
        order = settings["sequence"].get("order") or [branch for branch, _ in flow]
        tensors = [tensor for branch in order for name_, tensor in flow if name_ == branch] \
            if settings["sequence"].get("order") else [tensor for _, tensor in flow]
        across_batch = settings["sequence"]["over"] == "batch"
        if across_batch:
            sequence = torch.cat([tensor.flatten(1) for tensor in tensors], 1)[None]
        else:
            steps = max(tensor.shape[3] for tensor in tensors)
            columns = [tensor.permute(0, 3, 1, 2).flatten(2).repeat_interleave(steps // tensor.shape[3], 1)
                       for tensor in tensors]
            sequence = torch.cat(columns, 2)
        if name not in self.cells:
            self.cells[name] = cell(
                sequence.shape[2], settings["hidden"], settings.get("layers", 1), batch_first=True,
                bidirectional=settings.get("bidirectional", False)).to(self.dtype)
            for part, parameter in self.cells[name].named_parameters():
                self.parameters[f"{name}.{part}"] = parameter
                if part.startswith("weight"):
                    self.penalised.append(f"{name}.{part}")
        outputs, state = self.cells[name](sequence)
        if across_batch:
            return [(None, outputs[0][:, :, None, None])]
        if settings.get("returns") == "sequence":
            return [(None, outputs.transpose(1, 2)[:, :, None, :])]
        hidden = state[0] if kind == "lstm" else state
        directions = 2 if settings.get("bidirectional") else 1
        return [(None, torch.cat(list(hidden[-directions:]), 1)[:, :, None, None])]

    def windows(self, layer, flow, scope):
        x, count = self.single(flow), layer["count"]
        batch, channels, mels, frames = x.shape
        x = x.reshape(batch, channels, mels, count, frames // count).permute(0, 3, 1, 2, 4).flatten(0, 1)
        inner = self.chain(layer["layers"], [(None, x)], scope)
        y = self.single(inner)
        y = y.reshape(batch, count, *y.shape[1:]).permute(0, 2, 3, 1, 4)
        return [(None, y.flatten(3))]

    def flatten(self, layer, flow, scope):
        return [(None, torch.cat([tensor.flatten(1) for _, tensor in flow], 1)[:, :, None, None])]

    def dense(self, layer, flow, scope):
        x = torch.cat([tensor.flatten(1) for _, tensor in flow], 1)
        name = scope.joined(f"dense{scope.count('dense')}")
        weight = self.parameter(f"{name}.weight", layer["units"], x.shape[1], penalised=True)
        bias = self.parameter(f"{name}.bias", layer["units"])
        return [(None, functional.linear(x, weight, bias)[:, :, None, None])]

    def standardise(self, layer, flow, scope):
        x = self.single(flow)
        mean, deviation = (self.statistic(f"standardisation.{part}", x.shape[2]) for part in ("mean", "deviation"))
        return [(None, (x - mean[:, None]) / deviation[:, None])]

