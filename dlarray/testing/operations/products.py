"""Functions whose work is a product of matrices: fully connected, embedding, attention."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod
from typing import Any

import numpy as np

from ...array import dlarray
from ...functions import attention, embed, fullyconnect
from .registry import SIZES, WITH_CHANNELS, Operand, Operation, Sample

OUTPUTS, WORDS = 4, 6
HEADS, QUERIES, KEYS = 2, 5, 3


def _inputs(fmt: str) -> int:
    return prod(SIZES[label][fmt[:i].count(label)] for i, label in enumerate(fmt) if label in "SC")


def _connected() -> tuple[Sample, ...]:
    bias = Operand("", (OUTPUTS, 1))
    labelled = tuple(
        Sample(fullyconnect, (Operand(fmt), Operand("", (OUTPUTS, _inputs(fmt))), bias))
        for fmt in (*WITH_CHANNELS, "CBU")
    )
    image = Operand("SCB")
    return (
        *labelled,
        Sample(fullyconnect, (image, Operand("", (OUTPUTS, 5, 3)))),
        Sample(fullyconnect, (image, Operand("CU", (OUTPUTS, 15)))),
        Sample(partial(fullyconnect, WeightsFormat="SUC"), (image, Operand("", (5, 3, OUTPUTS)))),
        Sample(
            partial(fullyconnect, DataFormat="BTC"),
            (Operand("", (2, 7, 3)), Operand("", (OUTPUTS, 3)), bias),
        ),
    )


def _words(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.integers(0, WORDS, shape)


def _embedded() -> tuple[Sample, ...]:
    table = Operand("", (OUTPUTS, WORDS))

    def indices(fmt: str, *sizes: int) -> Operand:
        return Operand(fmt, sizes or None, _words, differentiable=False)

    formats = ("BT", "B", "T", "SSB", "SB", "UU")
    return (
        *(Sample(embed, (indices(fmt), table)) for fmt in formats),
        Sample(embed, (indices("CBT", 1, 2, 7), table)),
        Sample(embed, (indices("CB", 1, 20), Operand("CU", (OUTPUTS, WORDS)))),
        Sample(
            partial(embed, DataFormat="TB", WeightsFormat="UC"),
            (indices("", 7, 2), Operand("", (WORDS, OUTPUTS))),
        ),
        Sample(
            partial(embed, index_base=1),
            (Operand("BT", None, lambda rng, s: _words(rng, s) + 1, False), table),
        ),
    )


def _attended() -> tuple[Sample, ...]:
    def three(fmt: str, order: str = "") -> tuple[Operand, Operand, Operand]:
        rows = ((4, QUERIES), (4, KEYS), (6, KEYS))
        named = [{"C": c, "S": n, "T": n, "B": 2} for c, n in rows]
        first, *rest = (Operand(fmt, tuple(s[label] for label in fmt or order)) for s in named)
        return first, rest[0], rest[1]

    seen = np.array([[1, 0, 1, 1, 0], [1, 1, 0, 1, 0], [0, 1, 1, 0, 0]], np.bool_)
    data = dlarray([[1.0, 1.0], [1.0, 0.0], [1.0, 0.0]], "TB")
    padding = dlarray(data.extractdata().reshape(1, 2, 3), "CBT")
    options: tuple[dict[str, Any], ...] = (
        {"Scale": 0.7},
        {"AttentionMask": "causal"},
        {"AttentionMask": seen},
        {"PaddingMask": padding},
        {"PaddingMask": padding, "AttentionMask": seen},
    )

    def both(q: Any, k: Any, v: Any) -> Any:
        Y, weights = attention(q, k, v, HEADS, nargout=2)
        return Y.stripdims()[:4] * weights[0, 0, 0, 0] + weights[1, 2, 1, 1]

    def dropped(q: Any, k: Any, v: Any) -> Any:
        rng = np.random.default_rng(3)
        return attention(q, k, v, HEADS, DropoutProbability=0.4, rng=rng)

    def masked(q: Any, k: Any, v: Any, mask: Any) -> Any:
        return attention(q, k, v, HEADS, AttentionMask=mask)

    def plain(**kwargs: Any) -> Callable[..., Any]:
        return lambda q, k, v: attention(q, k, v, HEADS, **kwargs)

    return (
        *(Sample(plain(), three(fmt)) for fmt in ("CBT", "CT", "SCB", "SC")),
        *(Sample(plain(**o), three("CBT")) for o in options),
        Sample(plain(DataFormat="BTC"), three("", "BTC")),
        Sample(both, three("CBT")),
        Sample(dropped, three("CBT")),
        Sample(masked, (*three("CBT"), Operand("", (KEYS, QUERIES)))),
    )


OPERATIONS = (
    Operation(
        "attention",
        formats="the format of queries, which has C, one of S or T, and B or none; weights are "
        "unformatted",
        derivative="of Y through values, weights and softmax; a masked key has none",
        order=2,
        samples=_attended(),
    ),
    Operation(
        "embed",
        formats="the format of X, with a C; any",
        derivative="of weights: column v is the sum of dy where x is v; none of X",
        order=2,
        samples=_embedded(),
    ),
    Operation(
        "fullyconnect",
        formats="the format of X, which has S or C, without S and with a C",
        derivative="weights' dy of X, dy x' of the weights, the sum of dy of the bias",
        order=2,
        samples=_connected(),
    ),
)
