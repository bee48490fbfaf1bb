"""Every public function, called with what it can not take: an error that names it."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
import pytest

import dlarray as dl

WRONG: dict[str, Any] = {
    "object": object(),
    "text": "abc",
    "none": None,
    "ragged list": [[1, 2], [3]],
}
# functions that take what others can not, and why
TAKEN: dict[str, tuple[str, set[str]]] = {
    "categories": ("labels are texts, numbers or any objects", {"object", "text", "none"}),
    "confusionmat": ("labels are texts, numbers or any objects", {"object", "text"}),
    "extractdata": ("what is no dlarray comes back as an array", {"object", "text", "none"}),
    "gather": ("what is no dlarray comes back as an array", {"object", "text", "none"}),
    "isdlarray": ("it asks", set(WRONG)),
    "rmspropupdate": ("None is no gradient, lists are containers", {"none", "ragged list"}),
    "sgdmupdate": ("None is no gradient, lists are containers", {"none", "ragged list"}),
}
# names that stand in the message with another one of the same meaning
SPELLED = {"and_": "and", "or_": "or", "not_": "not"}
RIGHT = dl.dlarray(np.ones((2, 3)), "CB")


def functions():
    for name in dl.__dir__():
        value = getattr(dl, name)
        if inspect.isfunction(value) and value.__module__.startswith("dlarray."):
            yield pytest.param(name, value, id=name)


def needed(function):
    """How many arguments it can not do without."""
    parameters = inspect.signature(function).parameters.values()
    return sum(
        p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        for p in parameters
    )


def calls(function):
    """Arguments that are all wrong, and all but the first."""
    n = needed(function)
    for name, wrong in WRONG.items():
        yield f"all {name}", (wrong,) * max(1, n)
        if n > 1:
            yield f"all but the first {name}", (RIGHT, *(wrong,) * (n - 1))


@pytest.mark.parametrize(("name", "function"), list(functions()))
def test_a_wrong_argument_gives_an_error_that_names_the_function(name, function, monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    for case, arguments in calls(function):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                function(*arguments)
        except FileNotFoundError as error:
            assert error.filename == "abc", (case, error)
        except (TypeError, ValueError, dl.tape.GradientError) as error:
            assert SPELLED.get(name, name) in str(error), (case, type(error), str(error))
        else:
            taken = TAKEN.get(name, ("", set()))[1]
            assert any(case.endswith(f" {kind}") for kind in taken), f"{case} is taken"
