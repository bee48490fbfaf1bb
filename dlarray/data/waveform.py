"""Generated waveforms: the data of the sequence classification example."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _checks

CLASSES = ("sawtooth", "sine", "square", "triangle")
N_CHANNELS = 3
LENGTHS = (100, 200)  # time steps, both ends included
PERIODS = (8.0, 24.0)  # time steps
AMPLITUDES = (0.5, 1.5)
PHASES = (0.0, 1.0)  # periods
OFFSETS = (-1.0, 1.0)
NOISE = 0.05  # standard deviation of the Gaussian noise


def waveform(
    numObservations: int = 1000, *, seed: int = 0
) -> tuple[list[np.ndarray[Any, Any]], np.ndarray[Any, Any]]:
    """Sequences of three channels, each a sawtooth, sine, square or triangle wave with noise.

    A sequence draws its class, its length (100 to 200 steps, uniform) and, for each channel, an
    amplitude (0.5 to 1.5), a period (8 to 24 steps), a phase and an offset (-1 to 1), all uniform;
    then Gaussian noise of standard deviation 0.05 is added.  The class can't be told from mean and
    standard deviation: logistic regression on them stays below 0.7.

    Parameters
    ----------
    numObservations : how many sequences.
    seed : the same seed gives the same data.

    Returns a list of float32 arrays time × 3 and an array of class names.

    Examples
    --------
    >>> X, labels = waveform(10)
    >>> len(X), X[0].shape[1], labels.shape
    (10, 3, (10,))
    """
    n = _checks.integer("waveform", "numObservations", numObservations)
    rng = np.random.Generator(np.random.PCG64(_checks.integer("waveform", "seed", seed, 0)))
    labels = rng.integers(len(CLASSES), size=n)
    sequences = [_sequence(rng, CLASSES[label]) for label in labels]
    return sequences, np.array(CLASSES)[labels]


def _sequence(rng: np.random.Generator, kind: str) -> np.ndarray[Any, Any]:
    steps = np.arange(rng.integers(LENGTHS[0], LENGTHS[1] + 1))[:, np.newaxis]
    amplitude, period, phase, offset = (
        rng.uniform(low, high, N_CHANNELS) for low, high in (AMPLITUDES, PERIODS, PHASES, OFFSETS)
    )
    turn = steps / period + phase
    noise = rng.normal(0.0, NOISE, turn.shape)
    return (amplitude * _shape(kind, turn % 1.0) + offset + noise).astype(np.float32)


def _shape(kind: str, turn: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """One period, -1 to 1, at the part ``turn`` of it."""
    if kind == "sine":
        return np.sin(2 * np.pi * turn)
    if kind == "square":
        return np.where(turn < 0.5, 1.0, -1.0)
    if kind == "sawtooth":
        return 2 * turn - 1
    return 1 - 4 * np.abs(turn - 0.5)
