"""Files of sequences, written and compared."""

from __future__ import annotations

import re

import numpy as np

HEADER = "@problemName x\n@univariate false\n@dimensions 2\n@classLabel true a b\n@data\n"
UNLABELLED = "@dimensions 2\n@seriesLength 3\n@classLabel false\n@data\n"


def written(path, content):
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def assert_same(got, want):
    assert len(got[0]) == len(want[0])
    for x, y in zip(got[0], want[0], strict=True):
        np.testing.assert_array_equal(x, y)
    assert (got[1] is None) == (want[1] is None)
    if got[1] is not None:
        assert got[1].tolist() == want[1].tolist()


def assert_names_the_line(error, name, line):
    assert re.search(rf"{re.escape(name)}, line {line}: ", str(error.value))
