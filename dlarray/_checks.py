"""Checks of option values, with messages that say what is possible."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np


def choice(
    call: str, name: str, value: Any, choices: Sequence[str], unbuilt: Sequence[str] = ()
) -> str:
    """One of some texts, in its documented spelling; upper and lower case do not matter.

    ``unbuilt`` values are known but not available; they raise an error that says so.
    """
    if isinstance(value, str):
        for known in choices:
            if value.lower() == known.lower():
                return known
        if any(value.lower() == known.lower() for known in unbuilt):
            raise ValueError(
                f'{call}: {name}="{value}" is not available in this version; possible: '
                f"{listed(choices)}."
            )
    raise ValueError(f"{call}: {name} must be one of {listed(choices)}; got {value!r}.")


def listed(choices: Iterable[str]) -> str:
    """Texts in quotes with commas."""
    return ", ".join(f'"{known}"' for known in choices)


def unknown(call: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Raise a TypeError for the first unknown option name, with the closest known one."""
    valid = list(known)
    for name in names:
        if name not in valid:
            close = difflib.get_close_matches(name, valid, 1, 0.5) or [
                n for n in valid if n.lower() == name.lower()
            ]
            hint = f" Did you mean {close[0]}?" if close else ""
            raise TypeError(
                f"{call}: there is no option {name}.{hint} Options are {', '.join(valid)}."
            )


def is_number(value: Any) -> bool:
    """A real scalar of Python or NumPy, not a bool."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def integer(call: str, name: str, value: Any, least: int = 1) -> int:
    """An integer of any numeric type, at least ``least``."""
    if not is_number(value) or not math.isfinite(value) or int(value) != value or value < least:
        kind = "a positive integer" if least == 1 else f"an integer, at least {least}"
        raise ValueError(f"{call}: {name} must be {kind}; got {value!r}.")
    return int(value)


def number(
    call: str,
    name: str,
    value: Any,
    least: float = -math.inf,
    most: float = math.inf,
    *,
    above: bool = False,
) -> float:
    """A real number from ``least`` (excluded if ``above``) to ``most``; NaN is none."""
    if not is_number(value) or not least <= value <= most or (above and value == least):
        low = f"above {least:g}" if above else f"at least {least:g}" if least > -math.inf else ""
        high = f"at most {most:g}" if most < math.inf else ""
        rule = " and ".join(part for part in (low, high) if part)
        raise ValueError(
            f"{call}: {name} must be a number{', ' + rule if rule else ''}; got {value!r}."
        )
    return float(value)


def logical(call: str, name: str, value: Any) -> bool:
    """True, False, 1 or 0."""
    if isinstance(value, (bool, np.bool_)) or (is_number(value) and value in (0, 1)):
        return bool(value)
    raise ValueError(f"{call}: {name} must be true or false; got {value!r}.")
