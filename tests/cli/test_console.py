"""Where lines are written, and the text of a confusion matrix."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest

from dlarray import _console
from dlarray.cli import commands


def test_lines_go_where_the_console_is_told(capsys):
    lines: list[str] = []
    with _console.using(lines.append):
        _console.write("inside")
    _console.write("outside")
    assert lines == ["inside"]
    assert capsys.readouterr().out == "outside\n"


def test_console_is_restored_after_an_error(capsys):
    def fail(text):
        raise ValueError(text)

    with pytest.raises(ValueError, match="inside"), _console.using(fail):
        _console.write("inside")
    _console.write()
    assert capsys.readouterr().out == "\n"


def test_lines_appear_at_once(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), write_through=False)
    monkeypatch.setattr(sys, "stdout", stream)
    _console.write("now")
    assert isinstance(stream.buffer, io.BytesIO)
    assert stream.buffer.getvalue() == b"now\n"


@pytest.mark.parametrize(
    ("counts", "names", "lines"),
    [
        ([[1, 20], [300, 4]], ["a", "long"], ["          a  long", "  a       1    20"]),
        ([[5]], ["größe"], ["         größe", "  größe      5"]),
    ],
    ids=["widths", "one"],
)
def test_text_of_a_confusion_matrix(counts, names, lines):
    text = commands.confusion_text(np.array(counts), names).splitlines()
    assert text[: len(lines)] == lines
    assert len({len(line) for line in text}) == 1
