"""The cases of `bench.conv1d` for pytest-benchmark: ``python -m pytest bench --benchmark-only``."""

from __future__ import annotations

import importlib.util

import pytest

from bench import conv1d

LIBRARIES = ["ours", *(["torch"] if importlib.util.find_spec("torch") else [])]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("measure", conv1d.MEASURES)
@pytest.mark.parametrize("case", conv1d.CASES, ids=lambda case: case.name)
def test_conv1d(benchmark, case, measure, library):
    prepared = getattr(conv1d, library)(case)
    prepared.before.get(measure, lambda: None)()
    benchmark.group = f"{case.name}, {measure}"
    benchmark(prepared.calls[measure])
