"""Compiled kernels on disk: one file per compiled signature, and no index.

Numba's own cache keeps an index file per function.  Two processes that compile different signatures
at once can make it point at each other's code, and an edit in a file that a kernel calls goes
unseen.  Here a file is named by the hash of its key and holds the key, so there is nothing to race
on, and `_cache_folder` names the folder by all that code depends on.

A file begins with the hash of the rest: machine code with one wrong bit must not run, and a damaged
pickle is not read at all.  Whatever is wrong with an entry, it is dropped and compiled again, which
is said once.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import pickle
from pathlib import Path

from numba.core.caching import CompileResultCacheImpl, FunctionCache, dumps

from ._cache_files import delete, read, write_whole
from ._cache_folder import make_folder, usable_folder, warn_once, warn_unwritable
from .compilation import note_unkept

_HASH_BYTES = hashlib.sha256().digest_size


class _Store:
    """Files of one kernel, a file per key."""

    def __init__(self, name: str) -> None:
        self.name = name

    def _file(self, key: object) -> str:
        return f"{self.name}-{hashlib.sha256(dumps(key)).hexdigest()[:24]}.bin"

    def save(self, key: object, data: object) -> None:
        folder = usable_folder()
        if folder is None:
            return
        body = dumps((key, data))
        try:
            make_folder(folder)  # another process may have deleted it since
            write_whole(folder, self._file(key), hashlib.sha256(body).digest() + body)
        except OSError as error:
            note_unkept(self.name)
            warn_unwritable(error)

    def load(self, key: object) -> object | None:
        folder = usable_folder()
        if folder is None:
            return None
        try:
            content = read(folder, self._file(key))
        except OSError:
            return None
        digest, body = content[:_HASH_BYTES], content[_HASH_BYTES:]
        try:
            if digest == hashlib.sha256(body).digest():
                stored, data = pickle.loads(body)
                if stored == key:
                    return data
        except MemoryError:
            raise
        except Exception:  # whatever unpickling something foreign raises
            pass
        self.drop(key)
        return None

    def drop(self, key: object) -> None:
        """Delete the entry, which is of no use."""
        folder = usable_folder()
        if folder is None:
            return
        with contextlib.suppress(OSError):
            delete(folder, self._file(key))
        warn_once(
            "entry",
            f"dlarray: dropped an unreadable cache entry in {folder}; its kernel is compiled "
            "again.",
        )


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
        source = _state_of(self._py_func.__code__.co_filename)
        return self._name, source, str(sig), codegen.magic_tuple()

    def _load_overload(self, sig, target_context):
        try:
            return super()._load_overload(sig, target_context)
        except (MemoryError, Warning):  # the latter where a user has warnings raised
            raise
        except Exception:  # an entry that Numba can not make a function of
            self._cache_file.drop(self._index_key(sig, target_context.codegen()))
            return None


@functools.cache
def _state_of(file: str) -> str:
    """The hash of a source outside this package's kernels, such as a benchmark's."""
    path = Path(file)
    if path.parent == Path(__file__).parent or not path.is_file():
        return ""
    return hashlib.sha256(path.read_bytes()).hexdigest()
