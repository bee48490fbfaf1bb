"""Where compiled kernels are kept: the user's cache folder, and in it a folder for each state of
the sources, the compiler and the processor, so that nothing in it can be stale.

Folders of earlier states are deleted when they have not been used for a while: every process that
uses one sets its time, and one that loses its folder just compiles again.

Where there is no usable folder kernels are compiled in each process, which is said once.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import math
import os
import platform
import re
import shutil
import sys
import time
import warnings
from pathlib import Path

import llvmlite
import llvmlite.binding as llvm
import numba

from ._cache_files import delete_leftovers, refusal
from ._lanes import LANES, MR

_NAME = re.compile(r"kernels-[0-9a-f]{16}")
_HOUR = 3600
# After how long without use a folder of earlier sources is deleted: the last 16, of about 4 MB
# each, after 30 days, the next ones up to 64 after a day, and all further ones after an hour.
_UNUSED = ((16, 30 * 24 * _HOUR), (64, 24 * _HOUR), (math.inf, _HOUR))

# What Numba reads from the environment without compiling anything else for it.
_NEUTRAL = {
    "NUMBA_NUM_THREADS",
    "NUMBA_THREADING_LAYER",
    "NUMBA_THREADING_LAYER_PRIORITY",
    "NUMBA_CACHE_DIR",
    "NUMBA_CPU_NAME",  # in the state by their values
    "NUMBA_CPU_FEATURES",
}


def user_cache_folder() -> Path | None:
    """Where caches of this user belong; DLARRAY_CACHE_DIR moves it, DLARRAY_CACHE=0 gives None."""
    if os.environ.get("DLARRAY_CACHE") == "0":
        return None
    chosen = os.environ.get("DLARRAY_CACHE_DIR")
    try:
        if chosen:
            return Path(chosen).expanduser().absolute()
        if sys.platform == "win32":
            local = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
            return Path(local) / "dlarray" / "Cache"
        if sys.platform == "darwin":
            return Path.home() / "Library" / "Caches" / "dlarray"
        chosen = os.environ.get("XDG_CACHE_HOME", "")
        if not os.path.isabs(chosen):  # to be ignored, says its specification
            chosen = ""
        return Path(chosen or Path.home() / ".cache") / "dlarray"
    except RuntimeError:  # no home folder
        return None


@functools.cache
def cache_folder() -> Path | None:
    """The folder for kernels compiled from these sources, by these versions, for this CPU."""
    root = user_cache_folder()
    sources = sorted(Path(__file__).parent.rglob("*.py"))
    if root is None or not sources:  # without sources nothing tells when code is stale
        return None
    state = hashlib.sha256()
    for source in sources:
        state.update(source.name.encode())
        state.update(source.read_bytes())
    cpu = numba.config.CPU_NAME or llvm.get_host_cpu_name()
    features = numba.config.CPU_FEATURES or llvm.get_host_cpu_features().flatten()
    settings = {
        name: value
        for name, value in sorted(os.environ.items())
        if name.startswith("NUMBA_") and name not in _NEUTRAL
    }
    versions = (
        numba.__version__,
        llvmlite.__version__,
        sys.version,
        platform.machine(),
        cpu,
        features,
        LANES,
        MR,
        settings,
    )
    state.update(repr(versions).encode())
    return root / f"kernels-{state.hexdigest()[:16]}"


@functools.cache
def usable_folder() -> Path | None:
    """`cache_folder`, made if need be and marked as used; None, said once, where it can't be."""
    folder = cache_folder()
    if folder is None:
        if os.environ.get("DLARRAY_CACHE") != "0":
            warn_once(
                "place",
                "dlarray: there is no home folder to keep compiled kernels in, so every process "
                "compiles them again. Set DLARRAY_CACHE_DIR to a folder that can be written.",
            )
        return None
    try:
        is_new = make_folder(folder)
        reason = refusal(folder.lstat())
    except OSError as error:
        warn_unwritable(error)
        return None
    if reason:
        warn_once(
            "place",
            f"dlarray: compiled kernels are not kept in {folder}: {reason}, who could have this "
            "process run their code. So every process compiles kernels again. Correct that, or "
            "set DLARRAY_CACHE_DIR to a folder of your own.",
        )
        return None
    with contextlib.suppress(OSError):  # one of the administrator's, filled beforehand
        os.utime(folder)
    if is_new:
        _delete_unused(folder)
    else:
        delete_leftovers(folder)
    return folder


def make_folder(folder: Path) -> bool:
    """Make the private folder and its parents; whether it is new."""
    folder.parent.parent.mkdir(parents=True, exist_ok=True)
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if folder.is_dir():
            return False
        raise
    return True


def _delete_unused(folder: Path) -> None:
    """Delete folders of earlier states that no process used lately: 2 ms each, by a process that
    is about to compile.  One that still uses such a folder finds no entries, and compiles.
    """
    with contextlib.suppress(OSError):
        entries = [e for e in os.scandir(folder.parent) if _NAME.fullmatch(e.name)]
        folders = [e for e in entries if e.is_dir(follow_symlinks=False)]
        used = {entry.path: entry.stat(follow_symlinks=False).st_mtime for entry in folders}
        newest_first = sorted(used, key=lambda path: -used[path])
        now = time.time()
        for rank, path in enumerate(newest_first):
            longest = next(seconds for number, seconds in _UNUSED if rank < number)
            if now - used[path] > longest:
                shutil.rmtree(path, ignore_errors=True)


_said: set[str] = set()


def warn_once(subject: str, message: str) -> None:
    """One warning of a subject in a process."""
    if subject not in _said:
        _said.add(subject)
        warnings.warn(message, RuntimeWarning, stacklevel=2)


def warn_unwritable(error: OSError) -> None:
    """Say once that entries can't be written."""
    warn_once(
        "place",
        f"dlarray: compiled kernels can't be kept in {cache_folder()} ({error.strerror}), so every "
        "process compiles them again. Set DLARRAY_CACHE_DIR to a folder that can be written.",
    )
