"""Fixtures, and what is skipped where."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import dlarray as dl

REPOSITORY = Path(__file__).parent.parent
DATA = Path(os.environ.get("DLARRAY_TEST_DATA", REPOSITORY.parent / "shared" / "data"))

# A failing assert of these modules shows its values, as one of a test file does.
pytest.register_assert_rewrite(
    "tests.array.elementwise",
    "tests.array.replays",
    "tests.array.subscripts",
    "tests.cli.command_line",
    "tests.data.data_files",
    "tests.functions.convolutions",
    "tests.holds",
    "tests.io.network_files",
    "tests.kernels.convolutions",
    "tests.kernels.movements",
    "tests.layers.custom_layers",
    "tests.network.small_networks",
    "tests.operations.walk",
    "tests.training.small_networks",
)


def pytest_collection_modifyitems(items):
    if importlib.util.find_spec("torch") is None:
        skip = pytest.mark.skip(reason="PyTorch is not installed")
        for item in items:
            if item.get_closest_marker("torch"):
                item.add_marker(skip)


@pytest.fixture
def rng():
    """A generator with a fixed seed."""
    return np.random.default_rng(20240229)


@pytest.fixture(autouse=True)
def seeded():
    """Every test starts from the package's default seed."""
    dl.rng(0)


@pytest.fixture
def data_folder():
    """The folder of real data sets; the test is skipped where it is missing."""
    if not DATA.is_dir():
        pytest.skip(f"the data sets are not in {DATA}; set DLARRAY_TEST_DATA to their folder")
    return DATA


@pytest.fixture
def run_python(tmp_path):
    """Run code in a fresh interpreter; returns the completed process."""

    def run(code, *arguments, timeout=300, cwd=None, **environment):
        return subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            env={**os.environ, **environment},
            cwd=cwd or REPOSITORY,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run
