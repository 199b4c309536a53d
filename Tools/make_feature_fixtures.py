#!/usr/bin/env python3
"""Write Tests/FeaturesTests/Fixtures/librosa.json: log-mel segments of a synthetic signal as librosa computes them,
those of the recipe "pons" as Essentia does.

    make_feature_fixtures.py            (needs numpy, librosa and essentia)

The signal is a formula, so that the test makes it again (Tests/FeaturesTests/SyntheticSignal.swift):
    sample t = round(32767 * (0.6 sin(2 pi (60 u + 2400 u^2)) + 0.2 r_t)) / 32768,  u = t / 22050,
    r_t = s_t / 2^31 - 1,  s_t = (1664525 s_{t-1} + 1013904223) mod 2^32,  s_{-1} = 1.
Every 37th value of [segments][mels][frames] is kept.
"""
import json
import pathlib

import essentia.standard as essentia
import librosa
import numpy as np

LENGTH, STEP = 48_510, 37


def signal():
    state, noise = 1, np.empty(LENGTH)
    for t in range(LENGTH):
        state = (1664525 * state + 1013904223) % 2**32
        noise[t] = state / 2**31 - 1
    u = np.arange(LENGTH) / 22050
    return np.round(32767 * (0.6 * np.sin(2 * np.pi * (60 * u + 2400 * u * u)) + 0.2 * noise)) / 32768


def log_mel(samples, rate, n_fft, window, hop, mels, htk, norm, power, fmin, fmax):
    spectrum = np.abs(librosa.stft(samples * 32768, n_fft=n_fft, win_length=window, hop_length=hop, window="hann",
                                   center=True, pad_mode="constant", dtype=np.complex128)) ** power
    bank = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=mels, fmin=fmin, fmax=fmax, htk=htk, norm=norm,
                               dtype=np.float64)
    return np.log(bank @ spectrum + 1e-6)


def power_mel(samples, rate, n_fft, hop, mels, htk, norm, fmax):
    """Power in mel bands at full scale 1, in double precision."""
    spectrum = np.abs(librosa.stft(samples, n_fft=n_fft, hop_length=hop, window="hann", center=True,
                                   pad_mode="constant", dtype=np.complex128)) ** 2
    return librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=mels, fmax=fmax, htk=htk, norm=norm,
                               dtype=np.float64) @ spectrum


def essentia_mel(samples):
    """40 bands of HTK's scale by Essentia with the options of Pons, Lidy & Serra's code, log10(1 + 10,000 x)."""
    window, spectrum = essentia.Windowing(type="blackmanharris62", zeroPhase=False), essentia.Spectrum()
    bands = essentia.MelBands(numberBands=40, sampleRate=44100, highFrequencyBound=22050, inputSize=1025)
    # A column's frame has its sample in the middle; FrameGenerator begins half a frame before the sound, too.
    frames = essentia.FrameGenerator(samples.astype(np.float32), frameSize=2048, hopSize=1024, startFromZero=False)
    columns = [bands(spectrum(window(frame))) for frame in frames]
    return np.log10(1 + 10000 * np.stack(columns, 1).astype(np.float64))


def field_recipes(x):
    """The recipes that other authors' nets were made for, cut to 20 columns; segments overlap as theirs do."""
    def cut(track, step, hop):
        ends = range(0, 1 + (LENGTH - 19 * hop) // hop, step)
        return np.stack([track[:, s:s + 20] for s in ends if s * hop + 19 * hop <= LENGTH])

    def decibels(power):
        return 10 * np.log10(power + 1e-10)

    return {
        "pons:20": cut(essentia_mel(x), 20, 1024),
        "dong:20": cut(np.log(1 + power_mel(x, 22050, 512, 256, 64, False, "slaney", 10000)), 10, 256),
        "choi:20": cut(decibels(power_mel(x, 12000, 512, 256, 96, False, "slaney", 6000)), 10, 256),
        "short-chunk:20": cut(decibels(power_mel(x, 16000, 512, 256, 128, True, None, 8000)), 9, 256),
        "musicnn:20": cut(np.log10(1 + 10000 * power_mel(x, 16000, 512, 256, 96, False, "slaney", 8000)), 20, 256),
        "bbnn:20": cut(decibels(power_mel(x, 22050, 2048, 1024, 128, False, "slaney", 11025)), 9, 1024),
    }


def main():
    x = signal()
    segments = {}
    chunks = [x[s:s + 20505] for s in range(0, LENGTH - 20505 + 1, 10252)]
    coursework = [log_mel(c, 22050, 2048, 1024, 512, 80, True, None, 1, 0, 11025) for c in chunks]
    segments["coursework"] = np.stack([np.pad(c, ((0, 0), (0, 39)), mode="edge") for c in coursework])
    track = log_mel(x, 22050, 1024, 1024, 256, 80, True, None, 1, 0, 11025)
    segments["schindler"] = np.stack([track[:, s:s + 80] for s in range(0, track.shape[1] - 80 + 1, 40)])
    # Everything different: sizes with factors 3 and 5, Slaney's scale and norm, power, an odd frame length.
    track = log_mel(x, 16000, 600, 400, 160, 40, False, "slaney", 2, 50, 7600)
    segments["slaney"] = np.stack([track[:, s:s + 20] for s in range(0, 1 + (LENGTH - 19 * 160) // 160, 30)
                                   if s * 160 + 19 * 160 <= LENGTH])
    track = log_mel(x, 16000, 405, 405, 200, 24, True, None, 1, 0, 8000)
    segments["odd"] = np.stack([track[:, s:s + 20] for s in range(0, track.shape[1], 50)
                                if s * 200 + 19 * 200 <= LENGTH])
    # A sound shorter than a segment is repeated; levels below the maximum, stretched to 80 dB, 80 of 268 frames.
    mel = librosa.feature.melspectrogram(y=np.resize(x, 268 * 512), sr=22050, n_fft=2048, hop_length=512, n_mels=128,
                                         pad_mode="constant")
    level = librosa.power_to_db(mel, ref=np.max, top_db=80)
    level *= -80 / level.min()
    columns = ((np.arange(80) + 0.5) * (level.shape[1] - 2) / 80).astype(int)
    segments["gtzan-mel"] = (14 + level[:, columns] * np.log(10) / 20)[None]
    segments.update(field_recipes(x))
    out = {name: {"segments": v.shape[0], "mels": v.shape[1], "frames": v.shape[2], "step": STEP,
                  "values": [round(float(f), 7) for f in v.ravel()[::STEP]]} for name, v in segments.items()}
    place = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "FeaturesTests" / "Fixtures" / "librosa.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(out) + "\n")
    print({name: v.shape for name, v in segments.items()}, place.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
