"""Compiled kernels on disk: one file per compiled signature, and no index.

Numba's own cache keeps an index file per function.  Two processes that compile different signatures
at once can make it point at each other's code, and an edit in a file that a kernel calls goes
unseen.  Here a file is named by the hash of its key and holds the key, so there is nothing to race
on; the folder is named by a hash of all kernel sources, the versions of what compiles them and the
CPU, so nothing in it can be stale.

An entry that can't be read is dropped and compiled again.  Without a place to write, kernels are
compiled in each process.  Both are said once, as a warning.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import pickle
import platform
import sys
import tempfile
import warnings
from pathlib import Path

import llvmlite
import llvmlite.binding as llvm
import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache, dumps

from ._lanes import LANES, MR


def user_cache_folder() -> Path | None:
    """Where caches of this user belong; DLARRAY_CACHE_DIR moves it, DLARRAY_CACHE=0 gives None."""
    if os.environ.get("DLARRAY_CACHE") == "0":
        return None
    chosen = os.environ.get("DLARRAY_CACHE_DIR")
    if chosen:
        return Path(chosen)
    try:
        if sys.platform == "win32":
            return (
                Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
                / "dlarray"
                / "Cache"
            )
        if sys.platform == "darwin":
            return Path.home() / "Library" / "Caches" / "dlarray"
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dlarray"
    except RuntimeError:  # no home folder
        return None


@functools.cache
def cache_folder() -> Path | None:
    """The folder for kernels compiled from these sources, by these versions, for this CPU."""
    root = user_cache_folder()
    if root is None:
        return None
    state = hashlib.sha256()
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        state.update(source.name.encode())
        state.update(source.read_bytes())
    cpu = numba.config.CPU_NAME or llvm.get_host_cpu_name()
    features = numba.config.CPU_FEATURES or llvm.get_host_cpu_features().flatten()
    versions = (
        numba.__version__,
        llvmlite.__version__,
        sys.version,
        platform.machine(),
        cpu,
        features,
        LANES,
        MR,
    )
    state.update(repr(versions).encode())
    return root / f"kernels-{state.hexdigest()[:16]}"


@functools.cache
def _warn_once(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=2)


class _Store:
    """Files of one kernel, a file per key."""

    def __init__(self, name: str) -> None:
        self.name = name

    def _path(self, folder: Path, key: object) -> Path:
        return folder / f"{self.name}-{hashlib.sha256(dumps(key)).hexdigest()[:24]}.bin"

    def save(self, key: object, data: object) -> None:
        folder = cache_folder()
        if folder is None:
            return
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(dumps((key, data)))
                os.replace(temporary, self._path(folder, key))
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
                raise
        except OSError as error:
            _warn_once(
                f"dlarray: compiled kernels can't be kept in {folder} ({error.strerror}), so every "
                "process compiles them again. Set DLARRAY_CACHE_DIR to a folder that can be "
                "written."
            )

    def load(self, key: object) -> object | None:
        folder = cache_folder()
        if folder is None:
            return None
        path = self._path(folder, key)
        try:
            with open(path, "rb") as file:
                stored, data = pickle.load(file)
        except OSError:
            return None
        except Exception:  # whatever unpickling damaged bytes raises
            _warn_once(
                f"dlarray: dropped an unreadable cache entry in {folder}; its kernel is compiled "
                "again."
            )
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        return data if stored == key else None


class _NoLocator:
    """Numba asks its locator to make the folder; `_Store.save` does, where failing is handled."""

    def ensure_cache_path(self) -> None:
        pass


class _Result(CompileResultCacheImpl):
    def __init__(self, function) -> None:
        self._locator, self._filename_base = _NoLocator(), function.__name__


class KernelCache(FunctionCache):
    """Numba's cache of one function, on a `_Store`."""

    def __init__(self, function, name: str) -> None:
        self._name, self._py_func, self._cache_path = name, function, ""
        self._impl = _Result(function)
        self._cache_file = _Store(name)
        self.enable()

    def _index_key(self, sig, codegen):
        return str(sig), codegen.magic_tuple()
