"""Checks of option values, with messages that say what is possible."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import numpy as np

SHOWN = 200  # characters of a value in a message

Check = Callable[[str, str, Any], Any]  # of (call, name, value): the value to store, or an error


def choice(
    call: str,
    name: str,
    value: Any,
    choices: Sequence[str],
    unbuilt: Sequence[str] = (),
    *,
    other: str = "",
) -> str:
    """One of some texts, in its documented spelling; upper and lower case do not matter.

    ``unbuilt`` values are known but not available; they raise an error that says so.  ``other``
    says what else the option takes, for the message.
    """
    if isinstance(value, str):
        if value in choices:  # what costs least to see
            return value
        for known in choices:
            if value.lower() == known.lower():
                return known
        if any(value.lower() == known.lower() for known in unbuilt):
            raise ValueError(
                f'{call}: {name}="{value}" is not available in this version; possible: '
                f"{listed(choices)}."
            )
    rule = alternatives(choices, other)
    raise ValueError(f"{call}: {name} must be {rule}; got {shown(value)}.")


def one_of(*choices: str, unbuilt: Sequence[str] = ()) -> Check:
    """A check that takes one of some texts; see `choice`."""
    return lambda call, name, value: choice(call, name, value, choices, unbuilt)


def listed(choices: Iterable[str]) -> str:
    """Texts in quotes with commas."""
    return ", ".join(f'"{known}"' for known in choices)


def alternatives(choices: Sequence[str], other: str = "") -> str:
    """What is possible, for a message: some texts, and what ``other`` says."""
    if not other or not choices:
        return other or f"{'one of ' if choices[1:] else ''}{listed(choices)}"
    if " or " in other:  # it ends the list
        return f"{listed(choices)}, {other}"
    return f"one of {listed(choices)}, or {other}" if choices[1:] else f'"{choices[0]}" or {other}'


def shown(value: Any) -> str:
    """A value in a message, on one line; of an array its size and type."""
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape:
        kind = value.dtype if isinstance(value, np.ndarray) else type(value).__name__
        return f"{'×'.join(map(str, shape))} {kind}"
    text = " ".join(repr(value).split())
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def counted(number: int, thing: str, things: str = "") -> str:
    """A number and what it counts: "1 sample" or "2 samples"."""
    return f"{number} {thing if number == 1 else things or thing + 's'}"


def nargout(call: str, value: Any, possible: Collection[int]) -> None:
    """Raise unless ``value`` is a possible number of results."""
    if not _is_integer(value) or value not in possible:
        numbers = [str(n) for n in sorted(possible)]
        rule = " or ".join([", ".join(numbers[:-1]), numbers[-1]] if numbers[1:] else numbers)
        raise ValueError(f"{call}: nargout must be {rule}; got {value!r}.")


def index_base(call: str, value: Any, results: int = 2) -> int:
    """The number from which indices count, 0 or 1; 1 needs a call whose results have indices."""
    if not _is_integer(value) or value not in (0, 1):
        raise ValueError(f"{call}: index_base must be 0 or 1, as in MATLAB; got {value!r}.")
    if value == 1 and results < 2:
        raise ValueError(
            f"{call}: index_base is for indices, and this call gives none. Give nargout=2, or "
            "leave index_base out."
        )
    return int(value)


def _is_integer(value: Any) -> bool:
    """An integer of Python or NumPy, not a bool."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """A real scalar of Python or NumPy, not a bool."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def positive(call: str, name: str, value: Any) -> float:
    """A finite number above 0."""
    return number(call, name, value, 0, above=True, below=True)


def integer(call: str, name: str, value: Any, least: float = 1, most: float = math.inf) -> int:
    """An integer of any numeric type, at least ``least`` and at most ``most``."""
    whole = is_number(value) and (isinstance(value, int) or float(value).is_integer())
    if not whole or not least <= value <= most:
        low = f", at least {least}" if least > -math.inf else ""
        kind = "a positive integer" if least == 1 else f"an integer{low}"
        high = f" and at most {most}" if most < math.inf else ""
        raise ValueError(f"{call}: {name} must be {kind}{high}; got {shown(value)}.")
    return int(value)


def _float(value: Any) -> float:
    """The number as Python's; Inf for a whole one beyond that type."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def number(
    call: str,
    name: str,
    value: Any,
    least: float = -math.inf,
    most: float = math.inf,
    *,
    above: bool = False,
    below: bool = False,
) -> float:
    """A real number from ``least`` to ``most``, these excluded if ``above``, ``below``; not NaN."""
    real = _float(value) if is_number(value) else math.nan
    fits = least <= real <= most
    if not fits or (above and real == least) or (below and real == most):
        low = f"{'above' if above else 'at least'} {least:g}" if least > -math.inf else ""
        high = f"{'below' if below else 'at most'} {most:g}" if most < math.inf else ""
        high = "finite" if below and most == math.inf else high
        rule = " and ".join(part for part in (low, high) if part)
        rule = f", {rule}" if rule else ""
        raise ValueError(f"{call}: {name} must be a number{rule}; got {shown(value)}.")
    return real


def logical(call: str, name: str, value: Any) -> bool:
    """True, False, 1 or 0."""
    if value is False or value is True:
        return value
    if isinstance(value, (bool, np.bool_)) or (is_number(value) and value in (0, 1)):
        return bool(value)
    raise ValueError(f"{call}: {name} must be true or false; got {value!r}.")


def path(call: str, value: Any) -> str:
    """The path of a file, given as text or as an object with a path."""
    if not isinstance(value, (str, os.PathLike)):
        raise TypeError(f"{call}: the file must be a path; got {type(value).__name__}.")
    return os.fspath(value)


def no_room(call: str, shape: Sequence[int], dtype: np.dtype[Any]) -> MemoryError:
    """The error for a new array that memory can not hold."""
    kind = {"float64": "double", "float32": "single", "bool": "logical"}.get(str(dtype), str(dtype))
    size, nbytes = "×".join(map(str, shape)), math.prod(shape) * dtype.itemsize
    return MemoryError(
        f"{call}: there is not enough memory for {size} {kind}, {nbytes} bytes. Give smaller sizes."
    )


def axis(call: str, name: str, value: Any, ndim: int) -> int:
    """An axis counted from 0, or from the end if negative; whether it exists the caller checks."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(
            f"{call}: {name} must be an integer, a dimension counted from 0; got {value!r}."
        )
    return int(value) + ndim if value < 0 else int(value)


def own_axis(call: str, name: str, value: Any, ndim: int) -> int:
    """An axis of an array with so many dimensions, counted from 0 or, if negative, from the end."""
    place = axis(call, name, value, ndim)
    if not 0 <= place < ndim:
        raise ValueError(
            f"{call}: {name} {value} is not one of the {ndim} dimensions; they are counted from 0."
        )
    return place
