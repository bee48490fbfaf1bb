"""Calls that do not fit a function's parameters, with messages that say what would.

Python's own message gives neither the options nor, for a layer, the name that users call.  A
decorator that looks at the arguments costs on every call; this one lets Python find the misfit and
looks at it then.  It still costs 0.06 µs, with options 0.15: functions without options, which take
1.6 µs and have no name to misspell, go without it.
"""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_NONE: Mapping[str, str] = MappingProxyType({})


def explained(function: Callable[P, R]) -> Callable[P, R]:
    """Decorator of a public function or constructor: a call that does not fit its parameters raises
    a TypeError that names the call, the closest option, and what there is.
    """

    @functools.wraps(function)
    def checked(*arguments: P.args, **options: P.kwargs) -> R:
        try:
            return function(*arguments, **options)
        except TypeError as error:
            assert error.__traceback__ is not None
            if error.__traceback__.tb_next is not None:  # from within the function
                raise
            raise _misfit(function, arguments, options) or error from None

    return checked


def closest(name: str, known: Iterable[str]) -> str:
    """The known name that is most like another; "" if none is.

    At 0.65 a "DilationFactor" finds no "BiasL2Factor", and "Dilation" its "DilationFactor"; the
    beginning of a name, such as "Approx", finds it at any length.
    """

    def likeness(other: str) -> tuple[float, float]:
        begins = len(name) > 2 and other.lower().startswith(name.lower())
        alike = difflib.SequenceMatcher(None, other.lower(), name.lower()).ratio() + begins
        return alike, difflib.SequenceMatcher(None, other, name).ratio()

    best = max(known, key=likeness, default="")
    return best if likeness(best)[0] >= 0.65 else ""


def unknown(
    call: str,
    names: Iterable[str],
    known: Iterable[str],
    more: Iterable[str] = (),
    synonyms: Mapping[str, str] = _NONE,
) -> None:
    """Raise a TypeError for the first unknown option name, with the closest known one.

    ``more`` are names that are known and are no options; ``synonyms`` are unknown names and the
    options that mean the same.
    """
    listed = list(known)
    valid = [*listed, *more]
    for name in names:
        if name not in valid:
            close = synonyms.get(name) or closest(name, valid)
            hint = f" Did you mean {close}?" if close else ""
            there = f" Options are {', '.join(listed)}." if listed else " It has none."
            raise TypeError(f"{call}: there is no option {name}.{hint}{there}")


def _misfit(
    function: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]
) -> TypeError | None:
    """What is wrong with a call; None if nothing is."""
    parameters = list(inspect.signature(function).parameters.values())
    call = function.__name__
    synonyms: Mapping[str, str] = _NONE
    if call == "__init__":
        kind = type(arguments[0])
        call = _constructor(function, kind)
        synonyms = getattr(kind, "synonyms", _NONE)
        parameters, arguments = parameters[1:], arguments[1:]
    by_position = [p for p in parameters if p.kind in _BY_POSITION]
    by_name = [p for p in parameters if p.kind in _BY_NAME]
    kinds = {p.kind for p in parameters}
    if len(arguments) > len(by_position) and inspect.Parameter.VAR_POSITIONAL not in kinds:
        return _too_many(call, parameters, arguments)
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        try:
            optional = [p.name for p in by_name if p.default is not p.empty]
            unknown(call, options, optional, [p.name for p in by_name], synonyms)
        except TypeError as error:
            return error
    filled = by_position[: len(arguments)]
    twice = [p.name for p in filled if p.name in options]
    if twice:
        return TypeError(
            f"{call}: {twice[0]} is given by its place and by its name. Leave one of them out."
        )
    named = [p for p in parameters if p.kind in (*_BY_POSITION, *_BY_NAME) and p not in filled]
    missing = [p.name for p in named if p.default is p.empty and p.name not in options]
    if missing:
        given = _given(arguments, options)
        return TypeError(f"{call}: {', '.join(missing)} must be given; the call has {given}.")
    return None


def _constructor(function: Callable[..., Any], kind: type) -> str:
    """The name of a constructor: the class's, or that of its call of another class's, unless it
    may have passed its own arguments on.
    """
    name: str = getattr(kind, "constructor_name", lambda: kind.__name__)()
    own = inspect.unwrap(inspect.getattr_static(kind, "__init__"))
    kinds = {p.kind for p in inspect.signature(own).parameters.values()}
    passing = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    if own is inspect.unwrap(function) or kinds & passing:
        return name
    base = function.__qualname__.removesuffix(".__init__").rpartition(".")[2]
    return f"{name}: its call of {base}.__init__"


def _too_many(
    call: str, parameters: list[inspect.Parameter], arguments: tuple[Any, ...]
) -> TypeError:
    """More arguments than have a place."""
    taken = [p.name for p in parameters if p.kind in _BY_POSITION]
    names = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    any_name = any(p.kind is p.VAR_KEYWORD for p in parameters)
    count = f"{len(taken)} argument{'s' * (len(taken) != 1)}" if taken else "no argument"
    named = f" ({', '.join(taken)})" if taken else ""
    text = f"{call}: takes {count} by place{named}; got {len(arguments)}."
    for word in arguments[len(taken) :]:  # MATLAB's f(X, "Stride", 2)
        if not isinstance(word, str):
            continue
        right = [name for name in names if name.lower() == word.lower()] or [word] * any_name
        if right:
            return TypeError(f'{text} Write {right[0]}=value for "{word}", value.')
    options = f" Options are given by name: {', '.join(names)}." if names else ""
    return TypeError(text + options)


def _given(arguments: tuple[Any, ...], options: dict[str, Any]) -> str:
    """The arguments of a call in a message."""
    count = f"{len(arguments)} argument{'s' * (len(arguments) != 1)}"
    return f"{count} and {', '.join(options)}" if options else count
