#!/usr/bin/env python3
"""Write the fixtures of augmentation, as librosa, torchaudio and PyTorch compute it.

    make_augmentation_fixtures.py       (needs numpy, librosa, soxr, torch and torchaudio)

Tests/FeaturesTests/Fixtures/stretch.json and Tests/DatasetsTests/Fixtures/pitch.json: librosa.effects.time_stretch and
pitch_shift in double precision, on the signal of make_feature_fixtures.py's formula (SyntheticSignal.swift).
    vocoder   librosa.phase_vocoder on [frames][bins] complex values from the generator of make_fixtures.py
              (streams "vocoder.real" and "vocoder.imaginary", half-width 1), in full
    stretch   for each rate the length, and every 97th sample
    pitch     for each number of semitones, log-mel energies of the result (40 Slaney bands, n_fft 1024, hop 512, power,
              10 log10(x + 1e-6))
Tests/TrainingTests/Fixtures/augmentation.json:
    masks     torchaudio.functional.mask_along_axis on a segment, drawn from two given uniform numbers (torch.rand is
              replaced by them): the first and last place masked + 1
    mixup     lam * x + (1 - lam) * x.flip(0) and the loss lam * CE(y) + (1 - lam) * CE(y.flip(0)), mean over the batch,
              with the logits' gradient, plain and with class weights
    gain      torchaudio.functional.gain on a sound, then log-mel as torch computes it, against the same of the sound
"""
import json
import pathlib

import librosa
import numpy as np
import torch

torch.version.cuda = None  # torchaudio would refuse a PyTorch built for another CUDA; nothing here needs any
import torchaudio

from make_feature_fixtures import signal
from make_fixtures import fnv1a, split_mix

TESTS = pathlib.Path(__file__).resolve().parent.parent / "Tests"
STEP = 97


def generated(name, count, half_width=1.0):
    u = (split_mix(fnv1a(name), count) >> np.uint64(40)).astype(np.float64) / 2**24
    return (half_width * (2 * u - 1)).astype(np.float32)


def write(target, name, value):
    place = TESTS / target / "Fixtures" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(value) + "\n")
    print(place.name, place.stat().st_size, "bytes")


def digits(values, places=9):
    return [round(float(v), places) for v in np.asarray(values).ravel()]


def vocoder(bins=11, frames=6):
    real = generated("vocoder.real", frames * bins).reshape(frames, bins)
    imaginary = generated("vocoder.imaginary", frames * bins).reshape(frames, bins)
    d = (real.astype(np.float64) + 1j * imaginary.astype(np.float64)).T
    cases = []
    for rate in (0.2, 0.5, 1.2, 1.5):
        out = librosa.phase_vocoder(d, rate=rate, hop_length=5).T
        cases.append({"rate": rate, "frames": out.shape[0], "real": digits(out.real), "imaginary": digits(out.imag)})
    return {"bins": bins, "frames": frames, "hop": 5, "cases": cases}


def stretch(x):
    cases = []
    for rate in (0.2, 0.5, 1.2, 1.5, 2.0 ** (5 / 12)):
        y = librosa.effects.time_stretch(x, rate=rate)
        cases.append({"rate": rate, "count": len(y), "step": STEP, "values": digits(y[::STEP], 8)})
    return cases


def log_mel(y):
    power = np.abs(librosa.stft(y, n_fft=1024, hop_length=512, pad_mode="constant")) ** 2
    bank = librosa.filters.mel(sr=22050, n_fft=1024, n_mels=40, dtype=np.float64)
    return 10 * np.log10(bank @ power + 1e-6)


def pitch(x):
    cases = []
    for steps in (-5, -2, 2, 5):
        y = librosa.effects.pitch_shift(x, sr=22050, n_steps=steps)
        mel = log_mel(y)
        cases.append({"semitones": steps, "mels": mel.shape[0], "frames": mel.shape[1], "values": digits(mel, 3)})
    return cases


def masks():
    rand = torch.rand
    cases = []
    drawn = np.concatenate([generated("mask.uniform", 24).astype(np.float64) / 2 + 0.5, [0, 0, 0.999999, 0.999999]])
    try:
        for (first, second), width in zip(drawn.reshape(-1, 2), [16, 5, 1, 40, 80, 23, 7, 16, 60, 3, 30, 80, 16, 16]):
            left = [first, second]
            torch.rand = lambda *size, **_: torch.tensor([left.pop(0)], dtype=torch.float64)
            for axis in (1, 2):
                left = [first, second]
                out = torchaudio.functional.mask_along_axis(torch.ones(1, 80, 80), width, 0.0, axis)
                hit = torch.nonzero(out[0, 0 if axis == 2 else slice(None), 0 if axis == 1 else slice(None)] == 0)
                hit = hit.ravel().tolist()
                cases.append({"first": float(first), "second": float(second), "width": width,
                              "start": hit[0] if hit else -1, "count": len(hit)})
    finally:
        torch.rand = rand
    return cases


def mixup(batch=5, classes=4, size=12, lam=0.3):
    x = torch.tensor(generated("mixup.x", batch * size)).reshape(batch, size)
    logits = torch.tensor(generated("mixup.logits", batch * classes, 3).astype(np.float64)).reshape(batch, classes)
    labels = torch.tensor([0, 1, 3, 3, 2])
    weights = torch.tensor([0.5, 2, 1.5, 0.25], dtype=torch.float64)
    out = {"batch": batch, "classes": classes, "size": size, "share": lam, "labels": labels.tolist(),
           "weights": weights.tolist(), "mixed": digits(lam * x.double() + (1 - lam) * x.flip(0).double()), "losses": []}
    for weight in (None, weights):
        z = logits.clone().requires_grad_()
        ce = torch.nn.functional.cross_entropy
        parts = [ce(z, y, weight=weight, reduction="sum") for y in (labels, labels.flip(0))]
        total = lam * parts[0] + (1 - lam) * parts[1]
        norm = batch if weight is None else float(lam * weight[labels].sum() + (1 - lam) * weight[labels.flip(0)].sum())
        (total / norm).backward()
        out["losses"].append({"loss": float(total.detach() / norm), "gradient": digits(z.grad)})
    return out


def gain(decibels=(-6.0, 4.5)):
    x = torch.tensor(signal()[:6000]) * 0.3
    bank = torch.tensor(librosa.filters.mel(sr=22050, n_fft=512, n_mels=20, htk=True, norm=None, dtype=np.float64))

    def features(sound):
        spectrum = torch.stft(sound * 32768, 512, 256, window=torch.hann_window(512, dtype=torch.float64), center=True,
                              pad_mode="constant", return_complex=True).abs()
        return torch.log(bank @ spectrum + 1e-6)

    return {"plain": digits(features(x), 7), "cases": [
        {"decibels": db, "values": digits(features(torchaudio.functional.gain(x, db)), 7)} for db in decibels]}


def main():
    x = signal()[:11025 + 300]
    write("FeaturesTests", "stretch.json", {"count": len(x), "vocoder": vocoder(), "stretch": stretch(x)})
    write("DatasetsTests", "pitch.json", {"count": len(x), "pitch": pitch(x)})
    write("TrainingTests", "augmentation.json", {"masks": masks(), "mixup": mixup(), "gain": gain()})


if __name__ == "__main__":
    main()
