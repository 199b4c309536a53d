#!/usr/bin/env python3
"""Reads a run's TensorBoard events with TensorBoard's own reader and holds them against the run's log.

    genre train DATA --tensorboard -o RUN       (or: genre report RUN --tensorboard RUN/tensorboard)
    python Tools/check_tensorboard.py RUN

Needs the Python package `tensorboard`; the tests do not run it.
"""

import json
import math
import pathlib
import struct
import sys

from tensorboard.backend.event_processing import event_accumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.plugins.hparams import plugin_data_pb2

SCALARS = {
    "accuracy/train": "train_accuracy",
    "accuracy/raw": "raw",
    "accuracy/max": "max",
    "accuracy/maj": "maj",
    "loss/train": "train_loss",
    "loss/validation": "validation_loss",
    "loss/penalty": "penalty",
    "time/seconds an epoch": "seconds",
    "learning rate": "learning_rate",
}


def main() -> None:
    run = pathlib.Path(sys.argv[1])
    folder = run / "tensorboard"
    (file,) = folder.glob("events.out.tfevents.*")
    # The loader checks the sums of every record, and stops at the first that is wrong: count what it gave.
    events = list(EventFileLoader(str(file)).Load())
    size, records = file.read_bytes(), 0
    place = 0
    while place < len(size):
        place += 16 + struct.unpack_from("<Q", size, place)[0]
        records += 1
    assert place == len(size) and records == len(events), (records, len(events))

    log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    accumulator = event_accumulator.EventAccumulator(
        str(folder), size_guidance={event_accumulator.TENSORS: 0, event_accumulator.IMAGES: 0, event_accumulator.SCALARS: 0}
    )
    accumulator.Reload()
    tags = accumulator.Tags()
    values = {tag: [] for tag in SCALARS}
    for event in events:
        for value in event.summary.value:
            if value.tag in values:
                number = value.tensor.float_val[0] if value.HasField("tensor") and value.tensor.float_val else None
                if number is None:
                    number = struct.unpack("<f", value.tensor.tensor_content)[0]
                values[value.tag].append((event.step, number))
    for tag, name in SCALARS.items():
        # Older logs do not tell the learning rate.
        expected = [(line["epoch"], line[name]) for line in log if name in line]
        assert len(values[tag]) == len(expected), (tag, len(values[tag]), len(expected))
        for (step, got), (epoch, wanted) in zip(values[tag], expected):
            assert step == epoch and math.isclose(got, wanted, rel_tol=1e-6, abs_tol=1e-7), (tag, step, got, wanted)

    images = [tag for tag in tags["tensors"] + tags["images"] if tag.startswith("figures/")]
    for event in events:
        for value in event.summary.value:
            if value.tag.startswith("figures/"):
                width, height, png = value.tensor.string_val
                header = struct.unpack(">4xI4xII", b"\0\0\0\0" + png[8:12] + png[12:16] + png[16:24])
                assert png[:8] == b"\x89PNG\r\n\x1a\n" and header[1:] == (int(width), int(height)), value.tag
    assert images, "no figures"

    kinds = set()
    for content in accumulator.PluginTagToContent("hparams").values():
        data = plugin_data_pb2.HParamsPluginData.FromString(content)
        kinds.add(data.WhichOneof("data"))
        if data.WhichOneof("data") == "session_start_info":
            hparams = data.session_start_info.hparams
            configuration = json.loads((run / "config.json").read_text())["configuration"]
            assert hparams["net"].string_value == configuration["net"]
            assert hparams["learning_rate"].number_value == configuration["learning_rate"]
    assert kinds == {"experiment", "session_start_info", "session_end_info"}, kinds
    print(f"{records} records, {len(log)} epochs x {len(SCALARS)} scalars, {len(images)} figures, hyperparameters: good")


if __name__ == "__main__":
    main()
