"""Labels that break a rule: the text tells the call, what came, what is expected and what to do."""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np
import pytest

import dlarray as dl


def zeros(*sizes, fmt=""):
    return dl.dlarray(np.zeros(sizes), fmt)


CB = zeros(3, 5, fmt="CB")
LIST: Any = ["C", "B"]  # a format is a text

# call: (what is done, what came, what is expected, what to do)
CASES = {
    "repeated C": (lambda: zeros(3, 5, fmt="CC"), '"CC"', "may occur once", "several dimensions"),
    "repeated B": (lambda: zeros(3, 5, 2, fmt="BCB"), '"BCB"', "may occur once", "are S"),
    "repeated T": (lambda: zeros(3, 5, fmt="TT"), "'T' occurs 2 times", "may occur once", "or U"),
    "unknown letter": (lambda: zeros(3, 5, fmt="CX"), "'X' in", "Labels are S", "T (time)"),
    "a small letter": (lambda: zeros(3, 5, fmt="cb"), "'c' in", "Labels are S", "mean 'C'?"),
    "a space": (lambda: zeros(3, 5, fmt="C B"), "' ' in", "Labels are S", "U (unspecified)"),
    "too few": (lambda: zeros(3, 5, 2, fmt="CB"), "3×5×2", "2 labels", "one label a dimension"),
    "one for a matrix": (lambda: zeros(3, 5, fmt="C"), "3×5", "needs a vector", "2 in all"),
    "relabelled": (
        lambda: dl.dlarray(zeros(3, 5, 2, fmt="SCB"), "CB"),
        "3×5×2",
        "2 labels",
        "Give",
    ),
    "not a text": (
        lambda: dl.dlarray(np.zeros((3, 5)), LIST),
        "got list",
        "is a text",
        "labels S, C",
    ),
    "missing label": (lambda: dl.sum(CB, "T"), '"CB"', 'labelled "T"', "no dimension is labelled"),
    "twice as axis": (lambda: dl.sum(CB, "CC"), '"CC"', "", "once"),
    "axis beyond": (lambda: dl.sum(CB, 2), "axis 2", "2 dimensions", "axes are 0 to 1"),
    "two S": (
        lambda: dl.cat("S", zeros(3, 5, 2, fmt="SSC")),
        '"SSC"',
        "one is needed",
        "Give its axis",
    ),
    "find two": (lambda: dl.finddim(CB, "CB"), '"CB"', "one label is needed", "finddim"),
    "strip in part": (lambda: dl.stripdims(CB, "C"), '"C"', "lacks labels", "Name every label"),
    "sizes by label": (
        lambda: CB + zeros(4, 5, fmt="CB"),
        "A: 3(C) × 5(B)\n  B: 4(C) × 5(B)",
        "neither is 1",
        "Make the sizes equal",
    ),
    "sizes by position": (
        lambda: CB + np.zeros((5, 1)),
        "B: 5×1",
        "by position, from the first dimension",
        "Make the sizes equal",
    ),
    "formats to join": (
        lambda: dl.cat(1, CB, zeros(3, 5, fmt="CT")),
        "3(C) × 5(T)",
        "need the same format",
        "Relabel or strip",
    ),
    "sizes to join": (
        lambda: dl.cat("B", CB, zeros(4, 5, fmt="CB")),
        "4(C) × 5(B)",
        "Only the sizes along axis 1 may differ",
        "operand 1",
    ),
    "permuted labels": (
        lambda: dl.permute(CB, (1, 0)),
        '"CB"',
        "only among equal labels",
        "Use stripdims",
    ),
    "transposed": (lambda: dl.transpose(CB), '"CB"', 'unformatted or "UU"', "Use stripdims"),
    "matrix product": (
        lambda: CB @ CB,
        "3(C) × 5(B)",
        "needs unformatted data",
        "Use stripdims",
    ),
    "without C": (
        lambda: dl.softmax(zeros(3, 5, fmt="SB")),
        "3(S) × 5(B)",
        "C dimension",
        "dlarray(",
    ),
    "without labels": (
        lambda: dl.softmax(zeros(3, 5)),
        "3×5",
        "formatted dlarray",
        "give DataFormat",
    ),
    "labels twice": (
        lambda: dl.softmax(CB, DataFormat="CB"),
        'DataFormat="CB"',
        'is "CB" already',
        "is for unformatted data",
    ),
    "DataFormat": (
        lambda: dl.softmax(np.zeros((3, 5, 2)), DataFormat="CB"),
        "3×5×2",
        "2 labels",
        "Give one label",
    ),
    "nothing to convolve over": (
        lambda: dl.dlconv(CB, np.zeros((2, 3, 4))),
        "3(C) × 5(B)",
        "convolve over S",
        "Name one S",
    ),
    "labelled weights": (
        lambda: dl.fullyconnect(CB, zeros(4, 3, fmt="CB")),
        "4(C) × 3(B)",
        "weights",
        "fullyconnect",
    ),
    "a new axis": (lambda: CB[:, None], "3(C) × 5(B)", "have no label", "Use stripdims"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_text_says_what_came_what_is_expected_and_what_to_do(case):
    call, came, expected, fix = CASES[case]
    with pytest.raises((ValueError, TypeError)) as caught:
        call()
    text = str(caught.value)
    assert came in text and expected in text and fix in text, text
    assert re.match(r"[a-z][\w.]*( \w+)?: ", text), text
    assert text.rstrip().endswith((".", "?", ")")), text
    assert "\\" not in repr(text).replace("\\n", "").replace("\\'", ""), text


def test_wrong_labels_are_format_errors():
    for case in list(CASES)[:9]:
        with pytest.raises(dl.FormatError):
            CASES[case][0]()


@pytest.mark.parametrize("fmt", ["CBT", "TCB", "BTC", "TBC", "BCT", "CTB"])
def test_any_order_of_labels_is_right(fmt):
    sizes = {"C": 3, "B": 5, "T": 7}
    X = dl.dlarray(np.zeros([sizes[label] for label in fmt]), fmt)
    assert (X.fmt, X.shape) == ("CBT", (3, 5, 7))


def test_functions_with_a_data_format_check_its_labels():
    for name in dir(dl):
        function = getattr(dl, name)
        if not inspect.isfunction(function):
            continue
        parameters = inspect.signature(function).parameters
        if "DataFormat" not in parameters:
            continue
        required = [p for p in parameters.values() if p.default is p.empty and p.kind < 2]
        with pytest.raises((dl.FormatError, ValueError, TypeError)) as caught:
            function(*[np.zeros((3, 5))] * len(required), DataFormat="CX")
        assert name in str(caught.value) and "CX" in str(caught.value), str(caught.value)
