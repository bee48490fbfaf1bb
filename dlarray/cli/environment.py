"""What this machine and installation are, for `dlarray info` and bug reports."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys

from .. import __version__
from ..kernels.environment import cache_location, processor, threading, vector_lanes

EXTRAS = ("matplotlib", "scipy", "h5py", "pandas")


def describe_environment() -> list[tuple[str, str]]:
    """(name, value) rows."""
    threads, layer, present = threading()
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
        ("threads", f"{threads}, threading layer {layer}{_advice(layer, present)}"),
        ("cache folder", cache_location()),
    ]


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


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
