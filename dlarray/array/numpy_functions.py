"""How NumPy's functions and the methods of its ufuncs reach the rules for dlarrays.

The rules are in `numpy_rules`.  What has none raises an error that names the function of this
package to use, or `extractdata`: labels are never dropped silently, and no option is ignored.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from . import numpy_shapes  # noqa: F401 - it adds its rules
from .core import described, no_rule
from .numpy_rules import RULES, public

# What to use instead of functions of NumPy that have no rule, where it has another name here.
INSTEAD = {
    "append": "cat",
    "block": "cat",
    "column_stack": "horzcat",
    "copyto": "extractdata",
    "einsum": "pagemtimes",
    "interp": "interp1",
    "linalg.norm": "vecnorm",
    "linalg.multi_dot": "mtimes",
    "nonzero": "find",
    "ravel": "reshape",
    "hstack": "horzcat",
    "tensordot": "mtimes",
    "vstack": "vertcat",
}

METHODS = {
    ("add", "reduce"): "sum",
    ("multiply", "reduce"): "prod",
    ("maximum", "reduce"): "max",
    ("minimum", "reduce"): "min",
    ("logical_and", "reduce"): "all",
    ("logical_or", "reduce"): "any",
    ("add", "accumulate"): "cumsum",
    ("multiply", "accumulate"): "cumprod",
}


def from_function(function: Any, args: Sequence[Any], options: dict[str, Any]) -> Any:
    """What a function of NumPy means for dlarrays."""
    name = _name(function)
    rule = RULES.get(name)
    if rule is None:
        raise TypeError(_without_rule(name))
    names, parameters = _parameters(function), inspect.signature(rule).parameters
    if names is None:  # it does not tell
        names = {key: None for key in parameters}
    given = dict(zip(names, args, strict=False))
    if len(args) > len(names):
        raise TypeError(f"numpy.{name}: {len(args)} arguments are too many; it takes {len(names)}.")
    return rule(**_meant(name, names, list(parameters), {**given, **options}))


def _name(function: Any) -> str:
    """Its name as it is written after "numpy."."""
    module = getattr(function, "__module__", None) or "numpy"
    return ".".join([*module.split(".")[1:], function.__name__])


def _without_rule(name: str) -> str:
    instead = INSTEAD.get(name)
    if instead is None or public(instead) is None:
        return no_rule(name)
    return (
        f"numpy.{name} has no rule for labels here. Use dlarray.{instead}, or extractdata for the "
        "values alone."
    )


@lru_cache(maxsize=256)
def _parameters(function: Any) -> dict[str, Any] | None:
    """The names and defaults of the parameters of NumPy's function; None if it does not tell."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:
        return None
    return {p.name: p.default for p in parameters}


def _meant(
    name: str, defaults: dict[str, Any], wanted: list[str], given: dict[str, Any]
) -> dict[str, Any]:
    """The arguments for the rule: those not given left out, an error for one that it lacks."""
    meant = {}
    for key, value in given.items():
        if value is np._NoValue:
            continue
        if key in wanted:
            meant[key] = value
        elif not _is_default(value, defaults.get(key)):
            raise TypeError(
                f"numpy.{name}: the option {key} has no meaning for labelled arrays here; possible "
                f"are {', '.join(wanted)}. For the values alone use extractdata."
            )
    return meant


def _is_default(value: Any, default: Any) -> bool:
    return value is default or (isinstance(value, (str, bool)) and value == default)


def from_method(
    ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], options: dict[str, Any]
) -> Any:
    """What a ufunc with ``out``, or its method `reduce`, `accumulate`, `outer`, `at` means."""
    name = ufunc.__name__
    out = options.get("out")
    if out is not None and any(part is not None for part in out):
        kept = next(described(part) for part in out if part is not None)
        raise TypeError(
            f"numpy.{name}: a result with labels can't be written into an array; got out = {kept}. "
            "Write a = a + X instead of a += X, and Y = function(X) instead of function(X, out=Y)."
        )
    rule = RULES.get(METHODS.get((name, method), ""))
    if rule is None:
        raise TypeError(no_rule(name, f".{method}"))
    wanted = ["axis", "keepdims"] if method == "reduce" else ["axis"]
    axes = dict(zip(["axis"], inputs[1:], strict=False))
    meant = _meant(f"{name}.{method}", {}, wanted, {"axis": 0, **axes, **options})
    if meant.get("keepdims") is False:  # NumPy's default, which it fills in itself
        del meant["keepdims"]
    return rule(inputs[0], **meant)
