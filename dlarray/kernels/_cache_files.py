"""Files of a folder that nobody else can write to.

Compiled kernels are pickles, and reading one runs what stands in it.  So the folder is refused if
others can write to it, and it is looked at again whenever a file is opened, while it is open:
someone who may write to the folder above can put another one in its place, but not between the two.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TEMPORARY = re.compile(r"[0-9a-f]{16}\.tmp")
_WRITING_SECONDS = 3600  # nobody writes longer at a file
_BINARY = getattr(os, "O_BINARY", 0)
_BY_HANDLE = {os.open, os.unlink, os.rename} <= os.supports_dir_fd


def refusal(state: os.stat_result) -> str:
    """Why what lies in a folder can't be trusted; "" if it can."""
    if os.name != "posix":
        return ""  # access lists; a user's folder is private by default
    if stat.S_ISLNK(state.st_mode):
        return "it is a link, set by someone"
    if state.st_uid not in (os.geteuid(), 0):
        return f"it belongs to another user (number {state.st_uid})"
    if state.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"its mode {stat.S_IMODE(state.st_mode):o} lets others write to it"
    return ""


@contextmanager
def _opened(folder: Path) -> Iterator[tuple[str, int | None]]:
    """What stands before the names of files, and the handle that they are relative to."""
    if not _BY_HANDLE:
        yield f"{folder}{os.sep}", None
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if reason := refusal(os.fstat(handle)):
            raise PermissionError(errno.EPERM, reason)
        yield "", handle
    finally:
        os.close(handle)


def read(folder: Path, name: str) -> bytes:
    """The content of a file."""
    with _opened(folder) as (before, handle):
        file = os.open(before + name, os.O_RDONLY | _BINARY, dir_fd=handle)
        with os.fdopen(file, "rb") as opened:
            return opened.read()


def write_whole(folder: Path, name: str, content: bytes) -> None:
    """Write a file that other processes see whole or not at all."""
    with _opened(folder) as (before, handle):
        temporary = f"{before}{secrets.token_hex(8)}.tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
        file = os.open(temporary, flags, 0o600, dir_fd=handle)
        try:
            with os.fdopen(file, "wb") as opened:
                opened.write(content)
            os.replace(temporary, before + name, src_dir_fd=handle, dst_dir_fd=handle)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary, dir_fd=handle)
            raise


def delete_leftovers(folder: Path) -> None:
    """Delete what processes that were killed while they wrote left in the folder."""
    now = time.time()
    with contextlib.suppress(OSError), _opened(folder) as (before, handle):
        for name in os.listdir(folder if handle is None else handle):
            if _TEMPORARY.fullmatch(name):
                with contextlib.suppress(OSError):  # another process deleted it
                    written = os.stat(before + name, dir_fd=handle, follow_symlinks=False).st_mtime
                    if now - written > _WRITING_SECONDS:
                        os.unlink(before + name, dir_fd=handle)


def delete(folder: Path, name: str) -> None:
    """Delete a file."""
    with _opened(folder) as (before, handle):
        os.unlink(before + name, dir_fd=handle)
