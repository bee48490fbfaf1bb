"""The registry is complete: every public function of arrays has an entry that says its rules."""

from __future__ import annotations

import ast
import inspect
import sys
import types
from pathlib import Path
from typing import Any

import pytest

import dlarray as dl
from dlarray.testing.operations import OPERATIONS
from tests.operations.walk import called

STUB = ast.parse(Path(dl.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))

# The modules of `dlarray/__init__.pyi` whose functions are no operations on arrays, and why.
MODULES = {
    "compilation": "compile ahead of the first use",
    "data": "read, pad, divide and encode data sets",
    "formats": "are errors and sizes of data to come",
    "io": "read and write files",
    "layers": "make layers, which hold configuration and call operations",
    "network": "run networks, which are made of layers",
    "tape": "are errors",
    "training": "train and test networks",
}

# Functions of the other modules that are none, by the reason why.
NAMES = {
    "call functions of the user, record and differentiate them": {
        "clearCache",
        "dlaccelerate",
        "dldivergence",
        "dlfeval",
        "dlgradient",
        "dljacobian",
        "dllaplacian",
    },
    "apply functions of the user to parameters": {"dlupdate", "lbfgsState", "lbfgsupdate"},
    "seed the generator": {"rng"},
    "set the number of threads": {"getNumThreads", "numThreads", "setNumThreads"},
}
NO_OPERATIONS = {name for names in NAMES.values() for name in names}
OPERATIONS_ELSEWHERE = {"onehotdecode", "onehotencode"}  # functions of arrays among those of data


def public_functions() -> dict[str, str]:
    """The public functions, and the module that the stub imports them from."""
    found: dict[str, str] = {}
    for node in STUB.body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                value = getattr(dl, alias.name)
                if callable(value) and not isinstance(value, (type, types.ModuleType)):
                    found[alias.name] = (node.module or "").partition(".")[0]
    return found


def missing() -> list[str]:
    return sorted(
        name
        for name, module in public_functions().items()
        if name not in OPERATIONS
        and name not in NO_OPERATIONS
        and (module not in MODULES or name in OPERATIONS_ELSEWHERE)
    )


def test_every_function_of_arrays_has_an_entry():
    names = missing()
    assert not names, (
        f"{len(names)} public functions have no entry in dlarray/testing/operations, where their "
        f"format rule, derivative rule and samples stand: {', '.join(names)}. Add entries, or name "
        "the reason in this file why they are no operations on arrays."
    )


def test_nothing_is_both_an_operation_and_none():
    assert not NO_OPERATIONS & set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_entry_is_of_a_public_function(name):
    assert name in public_functions() or name == "dlarray"
    assert OPERATIONS[name].name == name


@pytest.mark.parametrize("name", OPERATIONS)
def test_rules_are_short_sentences(name):
    operation = OPERATIONS[name]
    for text in (operation.formats, operation.derivative):
        assert 1 <= len(text) <= 250, text
        assert text == " ".join(text.split())
        assert not text.endswith((".", ",", ":", ";"))
        assert not text[0].isupper() or not text[1:2].islower(), f"starts in lower case: {text}"
        for left, right in ("()", "[]"):
            assert text.count(left) == text.count(right), text


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_entry_without_derivative_says_why(name):
    operation = OPERATIONS[name]
    assert operation.order in (0, 1, 2)
    text = operation.derivative
    if not any(sample.operands for sample in operation.samples):
        return  # there is nothing to differentiate with respect to
    if operation.order == 0:
        assert len(text.split()) > 1, f"{text!r} does not say why"
    else:
        assert not text.startswith("none"), text
        some = [o.differentiable for sample in operation.samples for o in sample.operands]
        assert any(some)


@pytest.mark.parametrize("name", OPERATIONS)
def test_samples_call_the_function_of_the_entry(name):
    operation = OPERATIONS[name]
    assert operation.samples
    function: Any = getattr(dl, name)
    function = vars(function)["__init__"] if name == "dlarray" else inspect.unwrap(function)
    wanted, seen = function.__code__, set()

    def note(frame, event, argument):
        if event == "call":
            seen.add(frame.f_code)

    for number, sample in enumerate(operation.samples):
        operands = sample.make()
        seen.clear()  # of what making operands called
        sys.setprofile(note)
        try:
            called(sample, operands)
        finally:
            sys.setprofile(None)
        assert wanted in seen, f"sample {number} does not call {name}"
