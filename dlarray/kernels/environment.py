"""What kernels are compiled for and where they are kept, as text."""

from __future__ import annotations

import os

import llvmlite.binding as llvm
from numba.core import config

from . import threads
from ._cache_folder import cache_folder, usable_folder, user_cache_folder
from ._lanes import LANES, MR


def processor() -> str:
    """The processor's name as LLVM knows it."""
    name: str = config.CPU_NAME or llvm.get_host_cpu_name()
    return name


def vector_lanes() -> str:
    """Lanes of float32 and float64, and the tile."""
    return f"{LANES} single, {LANES // 2} double; tiles of {MR} rows"


def threading_state() -> tuple[int, str, list[str]]:
    """The number of threads, the threading layer, which this starts, and the layers there are."""
    threads.available()
    return threads.get_threads(), threads.layer(), threads.present_layers()


def cache_location() -> str:
    """The folder of compiled kernels, or why there is none."""
    if os.environ.get("DLARRAY_CACHE") == "0":
        return "off (DLARRAY_CACHE=0)"
    if user_cache_folder() is None:
        return "none: there is no home folder; set DLARRAY_CACHE_DIR"
    usable = usable_folder()
    return str(usable) if usable else f"{cache_folder()}, which is not used: see the warning"
