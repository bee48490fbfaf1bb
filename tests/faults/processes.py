"""Scripts in processes of their own, from a folder of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numba
import pytest

import dlarray as dl
from dlarray.kernels import threads

PACKAGE = Path(dl.__file__).parent

# One kernel that is quick to compile, on arrays large enough to be shared among threads.
PRELUDE = """
import os, sys, threading, time, warnings
import numpy as np
import dlarray as dl

SIZE = 1 << 20

def values(dtype="f4", size=SIZE):
    return np.linspace(-1, 1, size, dtype=dtype)

def is_right(dtype="f4", size=SIZE):
    x = values(dtype, size)
    return bool(np.array_equal(dl.extractdata(dl.relu(dl.dlarray(x))).ravel(), np.maximum(x, 0)))
"""

present = threads.present_layers()
each_layer = pytest.mark.parametrize(
    "layer",
    [
        pytest.param(
            name,
            marks=pytest.mark.skipif(name not in present, reason=f"the layer {name} is not here"),
        )
        for name in ("tbb", "omp", "workqueue")
    ],
)
needs_threads = pytest.mark.skipif(
    numba.config.NUMBA_NUM_THREADS < 2, reason="Numba may use one thread only"
)


def environment(package: Path = PACKAGE, **variables: Any) -> dict[str, str]:
    """This process's variables and these; None removes one."""
    every = {**os.environ, "PYTHONPATH": str(package.parent), **variables}
    return {name: str(value) for name, value in every.items() if value is not None}


def start(*code: str, cwd: Path, package: Path = PACKAGE, **variables: Any) -> Any:
    """Start a script of several parts after `PRELUDE`."""
    program = "".join(textwrap.dedent(part) for part in (PRELUDE, *code))
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env=environment(package, **variables),
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: Any, timeout: float = 300) -> str:
    """What the script prints; it must end well."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        pytest.fail(f"the script hangs; it said {out!r}, {err!r}")
    assert process.returncode == 0, (process.returncode, out, err)
    return str(out)


def run(*code: str, **settings: Any) -> str:
    """Run a script to its end; what it prints."""
    return finish(start(*code, **settings))
