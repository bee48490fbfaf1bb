"""What this machine and installation are, for `dlarray info` and bug reports."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys

from .. import __version__
from ..kernels._cache_folder import usable_folder
from ..kernels.environment import cache_location, processor, threading_state, vector_lanes

EXTRAS = ("matplotlib", "scipy", "h5py", "pandas")


def describe_environment() -> list[tuple[str, str]]:
    """(name, value) rows."""
    optional = [f"{name} {version}" for name in EXTRAS if (version := _version(name))]
    return [
        ("dlarray", __version__),
        ("Python", f"{platform.python_version()} ({platform.system()} {platform.machine()})"),
        ("NumPy", _version("numpy")),
        ("Numba", f"{_version('numba')}, llvmlite {_version('llvmlite')}"),
        ("safetensors", _version("safetensors")),
        ("optional", ", ".join(optional) or "none installed"),
        ("processor", f"{processor()}, {os.cpu_count()} threads"),
        ("vector lanes", vector_lanes()),
        ("threads", _threads()),
        ("cache folder", cache_location()),
    ]


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _threads() -> str:
    """The number of threads and what starts them, or why it can't be started."""
    try:
        threads, layer, present = threading_state()
    except RuntimeError as error:
        return str(error)
    return f"{threads}, threading layer {layer}{_advice(layer, present)}"


def _advice(layer: str, present: list[str]) -> str:
    """What would be better than a layer that takes 118 µs a launch where others take 2."""
    if layer != "workqueue":
        return ""
    if present[0] != layer:
        return f" (slow to start; {present[0]} is faster and is here: unset NUMBA_THREADING_LAYER)"
    what = (
        "libomp (brew install libomp)"
        if sys.platform == "darwin"
        else "GNU OpenMP (package libgomp1) or tbb (pip install tbb)"
    )
    return f" (slow to start; {what} gives a faster one)"


def require_cache() -> str:
    """The folder that keeps what is compiled.

    Raises
    ------
    ValueError : nothing is kept.
    """
    folder = usable_folder()
    if folder is None:
        raise ValueError(
            "warmup: compiled kernels are not kept: the cache is off (DLARRAY_CACHE=0), or its "
            "folder can't be used, as a warning said. Unset DLARRAY_CACHE, or set "
            "DLARRAY_CACHE_DIR to a folder of your own."
        )
    return str(folder)
