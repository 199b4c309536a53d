#!/usr/bin/env python3
"""Writes Tests/ReportTests/Fixtures/events.tfevents with TensorBoard's own writer (Python package `tensorboard`)."""

import pathlib

from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

events = [
    event_pb2.Event(wall_time=1.5, file_version="brain.Event:2"),
    event_pb2.Event(
        wall_time=2.5,
        step=3,
        summary=summary_pb2.Summary(
            value=[
                summary_pb2.Summary.Value(tag="loss/train", simple_value=0.25),
                summary_pb2.Summary.Value(
                    tag="figures/a",
                    image=summary_pb2.Summary.Image(
                        height=2, width=3, colorspace=4, encoded_image_string=bytes(range(200))
                    ),
                ),
                summary_pb2.Summary.Value(
                    tag="_hparams_/experiment",
                    metadata=summary_pb2.SummaryMetadata(
                        plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name="hparams", content=b"\x08\x01")
                    ),
                ),
            ]
        ),
    ),
]
folder = pathlib.Path(__file__).parent.parent / "Tests/ReportTests/Fixtures"
folder.mkdir(parents=True, exist_ok=True)
with open(folder / "events.tfevents", "wb") as file:
    writer = RecordWriter(file)
    for event in events:
        writer.write(event.SerializeToString())
