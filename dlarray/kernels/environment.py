"""What kernels are compiled for and where they are kept, as text."""

from __future__ import annotations

import llvmlite.binding as llvm
import numba
from numba.core import config

from ._cache import cache_folder
from ._lanes import LANES, MR


def processor() -> str:
    """The processor's name as LLVM knows it."""
    name: str = config.CPU_NAME or llvm.get_host_cpu_name()
    return name


def vector_lanes() -> str:
    """Lanes of float32 and float64, and the tile."""
    return f"{LANES} single, {LANES // 2} double; tiles of {MR} rows"


def threading() -> tuple[int, str]:
    """The number of threads and the name of the threading layer, which this starts."""
    threads = numba.get_num_threads()
    return threads, numba.threading_layer()


def require_cache() -> str:
    """The folder that keeps what is compiled.

    Raises
    ------
    ValueError : nothing is kept.
    """
    folder = cache_folder()
    if folder is None:
        raise ValueError(
            "warmup: compiled kernels are not kept, because the cache is off (DLARRAY_CACHE=0) or "
            "has no folder. Unset DLARRAY_CACHE, or set DLARRAY_CACHE_DIR to a folder."
        )
    return str(folder)


def cache_location() -> str:
    """The folder of compiled kernels."""
    folder = cache_folder()
    return "off (DLARRAY_CACHE=0)" if folder is None else str(folder)
