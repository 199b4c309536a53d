#!/usr/bin/env python3
"""Print the numpy files that Tests/StorageTests/NpzTests.swift holds as base64, with the version that wrote them."""
import base64
import io
import textwrap

import numpy

ARRAYS = {
    "mel": numpy.arange(24, dtype=numpy.uint8).reshape(2, 3, 4),
    "half": numpy.array([1.5, -2], numpy.float16),
    "single": numpy.array([[0.1], [-3]], numpy.float32),
    "double": numpy.array([1e-3], numpy.float64),
    "label": numpy.array([0, -1, 9], numpy.int64),
    "track": numpy.array(["blues.00000", "métal", "🎷"]),
    "name": numpy.array([b"ab", b"c"]),
    "flag": numpy.array([True]),
}


def show(what, save, *arrays, **named):
    file = io.BytesIO()
    save(file, *arrays, **named)
    print(f"{what}:\n" + textwrap.fill(base64.b64encode(file.getvalue()).decode(), 112))


print("numpy", numpy.__version__)
show("deflated", numpy.savez_compressed, **ARRAYS)
show("stored", numpy.savez, mel=ARRAYS["mel"], label=ARRAYS["label"])
show("fortran", numpy.save, numpy.asfortranarray(ARRAYS["mel"]))
show("big-endian", numpy.save, numpy.array([1, 2], ">f4"))
show("objects", numpy.save, numpy.array([{}], object))
show("structured", numpy.save, numpy.array([(1, 2)], [("a", "<i4"), ("b", "<f4")]))
show("complex", numpy.save, numpy.array([1j]))
