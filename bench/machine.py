"""The machine: what it is, and the most arithmetic and copying it can do right now.

The peak is a loop of multiply-adds on registers, in all threads at once.  A shared machine's clock
and neighbours change by the second, so it is measured again beside every case; the medians leave
out rounds in which it was low (`table.QUIET`).
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import subprocess
import time
from pathlib import Path
from typing import Any

import numba
import numpy as np

from dlarray.kernels import empty
from dlarray.kernels._jit import Kernel, device, kernel
from dlarray.kernels._lanes import LANES, WIDE
from dlarray.kernels._map import unary
from dlarray.kernels._register_tile import rank1, store_tile, zero_tile
from dlarray.kernels._simd import address

STEPS = 200_000


def own(made: Kernel) -> Kernel:
    """The kernel with this file in its name in the cache, whose folder is named by the sources of
    `dlarray.kernels` only.
    """
    made.name += f"-{hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]}"
    return made


@device
def _spin(value, a, b, y, steps):
    tile = zero_tile(WIDE, value)
    for i in range(steps):
        # From changing places: LLVM would keep what is read in registers.  Where there are 16 it
        # then moved the tile to memory, and what came out was a third of the peak.
        tile = rank1(tile, a + i % 8 * 4, 4, b)
    store_tile(tile, y, WIDE_BYTES, WIDE_ROWS, WIDE_COLUMNS)


WIDE_ROWS, WIDE_COLUMNS = WIDE.rows, WIDE.vecs * LANES
WIDE_BYTES = WIDE_COLUMNS * 4


@own
@kernel
def _spin_all(worker, workers, a, b, y, value, steps):
    """Every worker multiplies and adds on one tile, ``steps`` times."""
    _spin(value, address(a), address(b), address(y) + worker * WIDE_ROWS * WIDE_BYTES, steps)


def peak() -> float:
    """GFLOP/s in single precision of all threads together, best of a few short runs."""
    n = numba.get_num_threads()
    a, b = np.full(64, 1e-9, "f4"), np.full(WIDE_COLUMNS, 1e-9, "f4")
    y = np.empty(n * WIDE_ROWS * WIDE_COLUMNS, "f4")
    best = np.inf
    for _ in range(4):
        start = time.perf_counter()
        _spin_all(n, a, b, y, np.float32(0), STEPS)
        best = min(best, time.perf_counter() - start)
    return 2.0 * n * STEPS * WIDE_ROWS * WIDE_COLUMNS / best / 1e9


COPY_BYTES = 1 << 26


@device
def _same(x):
    return x


_copy = own(unary(_same))


@functools.cache
def _copied() -> tuple[Any, Any]:
    """Memory to copy from and to, in blocks that begin at whole vectors."""
    source, target = (empty((COPY_BYTES // 4,), np.float32) for _ in range(2))
    source[:] = target[:] = 1.0
    return source, target


def copy_bandwidth() -> float:
    """GB/s read and written together when all threads copy 64 MB past the caches."""
    source, target = _copied()
    best = np.inf
    for _ in range(3):
        start = time.perf_counter()
        _copy(numba.get_num_threads(), source, target, True)
        best = min(best, time.perf_counter() - start)
    return 2.0 * COPY_BYTES / best / 1e9


def description() -> dict[str, Any]:
    """Processor, threads, versions and commit."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "clock policy": _clock_policy(),
        "lanes": LANES,
        "threads": numba.get_num_threads(),
        "threading layer": numba.threading_layer(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
        "commit": _commit(),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        fields = [line.split(":", 1) for line in info.read_text().splitlines() if ":" in line]
        names = {key.strip(): value.strip() for key, value in reversed(fields)}
        family = f"family {names.get('cpu family', '?')}, model {names.get('model', '?')}"
        return f"{names.get('model name', platform.processor())} ({family})"
    return platform.processor() or platform.machine()


def _clock_policy() -> str:
    governor = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    return (
        governor.read_text().strip()
        if governor.exists()
        else "not visible (shared or virtual machine)"
    )


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=Path(__file__).parent
    )
    return result.stdout.strip() or "unknown"
