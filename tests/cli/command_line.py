"""Files for the commands, processes that run them, and what these print."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys

from tests.conftest import REPOSITORY

CLASSES = ["sawtooth", "sine", "square", "triangle"]
GERMAN = {"sawtooth": "säge", "sine": "sinus", "square": "rechteck", "triangle": "dreieck"}
QUICK = ["--epochs", "2", "--filters", "4"]
PNG = b"\x89PNG\r\n\x1a\n"


def write_ts(path, X, T=None):
    classes = "false" if T is None else "true " + " ".join(sorted(set(T)))
    lines = [f"@dimensions {X[0].shape[1]}", f"@classLabel {classes}", "@data"]
    for i, x in enumerate(X):
        channels = [",".join(map(repr, column.tolist())) for column in x.T]
        lines.append(":".join([*channels, *([] if T is None else [T[i]])]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def write_csv(path, X, T):
    with open(path, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["sequence", "label", *(f"c{i}" for i in range(X[0].shape[1]))])
        for i, (x, label) in enumerate(zip(X, T, strict=True)):
            rows.writerows([i, label, *map(repr, step)] for step in x.tolist())
    return str(path)


def command(*arguments, **environment):
    """Run ``python -m dlarray`` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "dlarray", *arguments],
        env={**os.environ, **environment},
        cwd=REPOSITORY,
        capture_output=True,
        timeout=120,
        check=False,
    )


def assert_one_error_line(text, pattern):
    assert re.fullmatch(r"dlarray: error: [^\n]+\n", text), text
    assert re.search(pattern, text), text


def table_rows(text):
    """The cells of the verbose table's rows."""
    return [line.split() for line in text.splitlines() if re.match(r" +\d+ +\d+ +\d\d:", line)]
