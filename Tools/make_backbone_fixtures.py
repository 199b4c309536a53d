"""Writes the fixtures of BackbonesTests: a wheel in the formats of musicnn's, with small random nets, and what twins in
PyTorch make of the test sound.

    python Tools/make_backbone_fixtures.py

Needs numpy, torch, librosa. The wheel holds nothing of musicnn's own: its tensors are drawn, some filters dead.
"""
import hashlib
import io
import json
import pathlib
import struct
import zipfile

import librosa
import numpy as np
import torch
import torch.nn.functional as F

SIZES = {"timbre": 4, "rhythm": 3, "middle": 4, "units": 6, "vgg": 3, "tags": 5}
TAGS = ["loud", "soft", "fast", "slow", "odd one"]
EPSILON = 1e-3


# TensorFlow's checkpoint: a LevelDB table of messages, and the values.

def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(crc):
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(value):
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def field(number, value):
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(value)


def block(entries):
    """Keys share their beginnings with the ones before, but for every 16th."""
    out, restarts, last = bytearray(), [], b""
    for index, (key, value) in enumerate(entries):
        shared = 0
        if index % 16 == 0:
            restarts.append(len(out))
        else:
            while shared < min(len(key), len(last)) and key[shared] == last[shared]:
                shared += 1
        out += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        last = key
    return bytes(out) + b"".join(struct.pack("<I", r) for r in restarts or [0]) + struct.pack("<I", len(restarts) or 1)


def table(entries, blocks=2):
    out, index = bytearray(), []
    size = (len(entries) + blocks - 1) // blocks

    def add(data):
        place = varint(len(out)) + varint(len(data))
        out.extend(data + b"\0" + struct.pack("<I", masked(crc32c(data + b"\0"))))
        return place

    for start in range(0, len(entries), size):
        part = entries[start:start + size]
        index.append((part[-1][0], add(block(part))))
    meta, main = add(block([])), add(block(index))
    return bytes(out) + (meta + main).ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


def bundle(tensors):
    entries, data = [(b"", field(1, 1) + field(3, field(1, 1)))], bytearray()
    for name in sorted(tensors):
        values = np.ascontiguousarray(tensors[name], "<f4")
        raw = values.tobytes()
        shape = b"".join(field(2, field(1, size)) for size in values.shape)
        message = field(1, 1) + field(2, shape)
        if data:
            message += field(4, len(data))
        message += field(5, len(raw)) + varint(6 << 3 | 5) + struct.pack("<I", masked(crc32c(raw)))
        entries.append((name.encode(), message))
        data += raw
    return table(entries), bytes(data)


# The nets, drawn.

def drawn(rng, shape, scale=1.0):
    return (rng.standard_normal(shape) * scale).astype(np.float32)


def norm(rng, tensors, number, channels, mean=0.0):
    name = "batch_normalization" + (f"_{number}" if number else "")
    tensors[f"{name}/gamma"] = (1 + 0.3 * rng.standard_normal(channels)).astype(np.float32)
    tensors[f"{name}/gamma"][channels // 2] *= -1 if channels > 1 else 1
    tensors[f"{name}/beta"] = drawn(rng, channels, 0.3)
    tensors[f"{name}/moving_mean"] = (mean + 0.3 * rng.standard_normal(channels)).astype(np.float32)
    tensors[f"{name}/moving_variance"] = rng.uniform(0.5, 1.5, channels).astype(np.float32)


def convolution(rng, tensors, name, shape):
    fan = shape[0] * shape[1] * shape[2]
    tensors[f"{name}/kernel"] = drawn(rng, shape, fan ** -0.5)
    tensors[f"{name}/bias"] = drawn(rng, shape[3], 0.2)


def with_slots(rng, tensors):
    """What an optimiser leaves in a checkpoint."""
    for name in [n for n in tensors if n.endswith("kernel")][:2]:
        tensors[f"{name}/Adam"] = drawn(rng, tensors[name].shape, 1e-3)
    tensors["beta1_power"] = np.array([0.9], np.float32)
    return tensors


def musicnn(rng):
    s, t = SIZES, {}
    norm(rng, t, 0, 1, mean=1.0)
    fronts = [(7, 38, s["timbre"]), (7, 67, s["timbre"])] + [(k, 1, s["rhythm"]) for k in (128, 64, 32)]
    for index, (frames, mels, channels) in enumerate(fronts):
        name = "conv2d" + (f"_{index}" if index else "")
        convolution(rng, t, name, (frames, mels, 1, channels))
        t[f"{name}/kernel"][..., 1] *= 1e-7  # dead
        norm(rng, t, index + 1, channels)
    front = 2 * s["timbre"] + 3 * s["rhythm"]
    dead = [1, s["timbre"] + 1] + [2 * s["timbre"] + k * s["rhythm"] + 1 for k in range(3)]
    for index in range(3):
        inputs = front if index == 0 else s["middle"]
        convolution(rng, t, f"conv2d_{5 + index}", (7, inputs, 1, s["middle"]))
        if index == 0:
            t["conv2d_5/kernel"][:, dead] *= 1e-7
        norm(rng, t, 6 + index, s["middle"])
    joined = 2 * (front + 3 * s["middle"])
    norm(rng, t, 9, joined)
    t["dense/kernel"], t["dense/bias"] = drawn(rng, (joined, s["units"]), joined ** -0.5), drawn(rng, s["units"], 0.2)
    norm(rng, t, 10, s["units"])
    t["dense_1/kernel"], t["dense_1/bias"] = drawn(rng, (s["units"], s["tags"]), 0.7), drawn(rng, s["tags"], 0.5)
    return with_slots(rng, t)


def vgg(rng):
    s, t = SIZES, {}
    norm(rng, t, 0, 1, mean=1.0)
    for layer in range(1, 6):
        convolution(rng, t, f"{layer}CNN", (3, 3, 1 if layer == 1 else s["vgg"], s["vgg"]))
        norm(rng, t, layer, s["vgg"])
    t["dense/kernel"], t["dense/bias"] = drawn(rng, (2 * s["vgg"], s["tags"])), drawn(rng, s["tags"], 0.5)
    return with_slots(rng, t)


# Their twins, whole, in TensorFlow's order: convolution, ReLU, norm; maps are [frames][mels].

def run(tensors, kind, mel):
    t = {name: torch.from_numpy(value.astype(np.float64)) for name, value in tensors.items()}

    def normed(x, number):
        name = "batch_normalization" + (f"_{number}" if number else "")
        shape = [1, -1] + [1] * (x.dim() - 2)
        factor = t[f"{name}/gamma"] / torch.sqrt(t[f"{name}/moving_variance"] + EPSILON)
        return (x - t[f"{name}/moving_mean"].view(shape)) * factor.view(shape) + t[f"{name}/beta"].view(shape)

    def layer(x, name, number, pad):
        y = F.conv2d(F.pad(x, pad), t[f"{name}/kernel"].permute(3, 2, 0, 1), t[f"{name}/bias"])
        return normed(F.relu(y), number)

    x = normed(torch.from_numpy(mel.astype(np.float64))[None, None], 0)
    if kind == "vgg":
        for number, (window, stride) in enumerate(
                [((4, 1), (2, 2)), ((2, 2), (2, 2)), ((2, 2), (2, 2)), ((2, 2), (2, 2)), ((4, 4), (4, 4))], 1):
            x = F.max_pool2d(layer(x, f"{number}CNN", number, (1, 1, 1, 1)), window, stride)
        flat = x.permute(0, 2, 3, 1).flatten(1)
        return torch.sigmoid(flat @ t["dense/kernel"] + t["dense/bias"])[0].numpy()
    front = []
    for index in range(5):
        name = "conv2d" + (f"_{index}" if index else "")
        frames = t[f"{name}/kernel"].shape[0]
        before = (frames - 1) // 2
        front.append(layer(x, name, index + 1, (0, 0, before, frames - 1 - before)).amax(3))
    front = torch.cat(front, 1)
    middle = []
    for index in range(3):
        read = front if index == 0 else middle[-1]
        kernel = t[f"conv2d_{5 + index}/kernel"][:, :, 0, :].permute(2, 1, 0)
        y = normed(F.relu(F.conv1d(F.pad(read, (3, 3)), kernel, t[f"conv2d_{5 + index}/bias"])), 6 + index)
        middle.append(y if index == 0 else y + read)
    joined = torch.cat([front] + middle, 1)
    pools = normed(torch.stack([joined.amax(2), joined.mean(2)], 2).flatten(1), 9)
    units = normed(F.relu(pools @ t["dense/kernel"] + t["dense/bias"]), 10)
    return torch.sigmoid(units @ t["dense_1/kernel"] + t["dense_1/bias"])[0].numpy()


def sound():
    n = np.arange(48000)
    t = n / 16000
    beat = 0.2 * np.sin(2 * np.pi * 1000 * t) * (n % 8000 < 800)
    return (0.4 * np.sin(2 * np.pi * 220 * t) + beat + 0.1 * np.sin(2 * np.pi * (300 * t + 400 * t * t))).astype("f4")


def main():
    rng = np.random.default_rng(20)
    mel = librosa.feature.melspectrogram(y=sound(), sr=16000, n_fft=512, hop_length=256, n_mels=96)
    value = np.log10(1 + 10000 * mel.astype(np.float64)).T[:187]
    nets = {"MSD_musicnn": ("musicnn", musicnn(rng)), "MSD_vgg": ("vgg", vgg(rng))}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as wheel:
        def add(name, content):
            wheel.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
        for name, (_, tensors) in nets.items():
            index, data = bundle(tensors)
            add(f"musicnn/{name}/.index", index)
            add(f"musicnn/{name}/.data-00000-of-00001", data)
        add("musicnn/configuration.py", f"# Output labels\nMSD_LABELS = {TAGS!r}\nOTHER = ['one']\n")
        add("musicnn-0.1.0.dist-info/LICENSE.md", "A licence of nobody's.\n")
    folder = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "BackbonesTests" / "Fixtures"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "small.whl").write_bytes(out.getvalue())
    tags = {name: [round(float(p), 7) for p in run(tensors, kind, value)] for name, (kind, tensors) in nets.items()}
    described = {"sha256": hashlib.sha256(out.getvalue()).hexdigest(), "names": TAGS, "tags": tags}
    (folder / "small.json").write_text(json.dumps(described) + "\n")
    print(described, len(out.getvalue()), "bytes")


if __name__ == "__main__":
    main()
