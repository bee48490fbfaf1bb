"""What an entry of the registry says, and how its operands are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...array import complex, dlarray, real

# One size a label, all different, so that a mix-up changes a shape.
SIZES = {"S": (5, 4, 2), "C": (3,), "B": (2,), "T": (7,), "U": (6, 9)}

# Formats that stand for all: a function of any format is tried with each of them.
ANY = ("", "CB", "CBT", "SCB", "SSCB", "SCBT", "CU", "UU")
WITH_CHANNELS = ("CB", "CT", "CBT", "SCB", "SSCB", "SCBT", "CU")

VALUES: dict[str, Callable[[np.random.Generator, tuple[int, ...]], np.ndarray[Any, Any]]] = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "positive": lambda rng, shape: rng.uniform(0.5, 2.0, shape),
    "unit": lambda rng, shape: rng.uniform(0.05, 0.95, shape),
    "inside": lambda rng, shape: rng.uniform(-0.95, 0.95, shape),
    "above 1": lambda rng, shape: rng.uniform(1.05, 3.0, shape),
    # no two closer than 0.1, none closer than 0.05 to an integer: for kinks, ties and jumps
    "apart": lambda rng, shape: (
        rng.permutation(np.arange(np.prod(shape, dtype=int)) - np.prod(shape, dtype=int) // 2) * 0.1
        + 0.05
    ).reshape(shape),
    "logical": lambda rng, shape: rng.random(shape) < 0.5,
}


@dataclass(frozen=True)
class Operand:
    """One array that an operation takes.

    Parameters
    ----------
    fmt : its labels; "" for an unformatted one.
    sizes : one a dimension; None takes those of `SIZES` by label (3×5 if unformatted).
    values : a key of `VALUES`, or a function of (generator, shape).
    differentiable : False for an operand without derivative, such as targets or indices.
    """

    fmt: str = ""
    sizes: tuple[int, ...] | None = None
    values: str | Callable[[np.random.Generator, tuple[int, ...]], Any] = "normal"
    differentiable: bool = True

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes, one a dimension."""
        if self.sizes is not None:
            return self.sizes
        if not self.fmt:
            return (3, 5)
        return tuple(
            SIZES[label][self.fmt[:position].count(label)]
            for position, label in enumerate(self.fmt)
        )

    def array(self, rng: np.random.Generator) -> np.ndarray[Any, Any]:
        """Values in the order of ``fmt``."""
        make = VALUES[self.values] if isinstance(self.values, str) else self.values
        return np.asarray(make(rng, self.shape))

    def make(self, rng: np.random.Generator, dtype: Any = np.float64) -> dlarray:
        """A dlarray of such values; floating values in this type."""
        data = self.array(rng)
        return dlarray(data.astype(dtype) if data.dtype.kind == "f" else data, self.fmt)


@dataclass(frozen=True)
class Sample:
    """A call of an operation: a function of its operands, and these."""

    call: Callable[..., Any]
    operands: tuple[Operand, ...]

    def make(self, seed: int = 0, dtype: Any = np.float64) -> list[dlarray]:
        """The operands as dlarrays."""
        rng = np.random.default_rng(seed)
        return [operand.make(rng, dtype) for operand in self.operands]


@dataclass(frozen=True)
class Operation:
    """A public function of arrays.

    Parameters
    ----------
    name : its name in `dlarray`.
    formats : the rule for the format of its result, a short sentence.
    derivative : the rule of its derivative, a short sentence; "none" and why, where it has none.
    order : how often it can be differentiated in the samples: 0, 1 or 2.
    samples : calls for the tests, that cover every layout it accepts and every option.
    """

    name: str
    formats: str
    derivative: str
    order: int
    samples: tuple[Sample, ...]


def one(
    call: Callable[..., Any], formats: tuple[str, ...] = ANY, values: Any = "normal"
) -> tuple[Sample, ...]:
    """Samples of a function of one array, in several formats."""
    return tuple(Sample(call, (Operand(fmt, values=values),)) for fmt in formats)


# Layouts of two operands that meet: by label, by position, and with sizes of 1.
MEETINGS = (
    (Operand("SCB"), Operand("SCB")),
    (Operand("SCB"), Operand("C", (3,))),
    (Operand("CT"), Operand("CB")),
    (Operand("CB"), Operand("U", (6,))),
    (Operand("SB"), Operand("CT")),
    (Operand("CB"), Operand("", (3, 1))),
    (Operand("", (3, 1, 2)), Operand("CB")),
    (Operand("", (3, 1)), Operand("", (1, 5))),
    (Operand("CB"), Operand("CB", (1, 1))),
)


def two(
    call: Callable[..., Any],
    values: Any = "normal",
    other: Any = None,
) -> tuple[Sample, ...]:
    """Samples of a function of two arrays, in the layouts in which they meet; ``other`` says how
    the values of the second are drawn, if not as those of the first.
    """
    return tuple(
        Sample(call, (Operand(a.fmt, a.sizes, values), Operand(b.fmt, b.sizes, other or values)))
        for a, b in MEETINGS
    )


TURN = 0.6 - 0.8j  # makes one real number of the two parts of a complex one


def of_complex(call: Callable[..., Any], values: Any = "normal", n: int = 1) -> tuple[Sample, ...]:
    """A sample of a function of n complex arrays, as a real function of all their parts."""

    def of_parts(*parts: Any) -> Any:
        pairs = zip(parts[::2], parts[1::2], strict=True)
        value = call(*(complex(re, im) for re, im in pairs))
        return real(TURN * value) if value.dtype.kind == "c" else value

    operand = Operand("SCB", values=values)
    return (Sample(of_parts, (operand, operand) * n),)
