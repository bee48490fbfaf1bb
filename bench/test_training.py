"""The cases of `bench.training` for pytest-benchmark; see test_conv1d.py."""

from __future__ import annotations

import importlib.util

import pytest

from bench import training

LIBRARIES = ["ours", *(["torch"] if importlib.util.find_spec("torch") else [])]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("case", training.CASES, ids=lambda case: case.name)
def test_training_step(benchmark, case, library):
    prepared = getattr(training, library)(case)
    prepared.before.get("training step", lambda: None)()
    benchmark.group = case.name
    benchmark(prepared.calls["training step"])
