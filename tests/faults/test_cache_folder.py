"""The folder of compiled kernels: where it lies, whom it may belong to, and which are deleted."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from dlarray.kernels import _cache_files, _cache_folder

posix = pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")
DAY = 86_400


@pytest.fixture
def use(monkeypatch):
    """Set the variables that move the cache; returns what finds the folder in a new process."""

    def use(**variables):
        for name in ("DLARRAY_CACHE", "DLARRAY_CACHE_DIR", "XDG_CACHE_HOME"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, str(value))
        monkeypatch.setattr(_cache_folder, "_said", set())
        _cache_folder.cache_folder.cache_clear()
        _cache_folder.usable_folder.cache_clear()
        return _cache_folder.usable_folder()

    yield use
    _cache_folder.cache_folder.cache_clear()
    _cache_folder.usable_folder.cache_clear()


def mode(path):
    return path.stat().st_mode & 0o7777


# -- where


def test_it_lies_in_the_user_s_folder(use, tmp_path, monkeypatch):
    if sys.platform == "linux":
        assert use(HOME=tmp_path).parent == tmp_path / ".cache" / "dlarray"
        assert use(HOME=tmp_path, XDG_CACHE_HOME=tmp_path / "x").parent == tmp_path / "x/dlarray"
        for relative in ("x", "./x", "~/x"):
            assert use(HOME=tmp_path, XDG_CACHE_HOME=relative).parent == tmp_path / ".cache/dlarray"
    assert use(DLARRAY_CACHE_DIR=tmp_path / "here").parent == tmp_path / "here"
    assert use(DLARRAY_CACHE_DIR="~/there", HOME=tmp_path).parent == tmp_path / "there"
    monkeypatch.chdir(tmp_path)
    assert use(DLARRAY_CACHE_DIR="near").parent == tmp_path / "near"
    assert use(DLARRAY_CACHE="0", DLARRAY_CACHE_DIR=tmp_path / "off") is None
    assert not (tmp_path / "off").exists()


def test_no_home_folder(use, monkeypatch):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    with pytest.warns(RuntimeWarning, match="there is no home folder to keep compiled kernels in"):
        assert use() is None


@posix
def test_it_is_private(use, tmp_path):
    before = os.umask(0o002)
    try:
        folder = use(DLARRAY_CACHE_DIR=tmp_path / "a" / "b")
    finally:
        os.umask(before)
    assert (mode(folder), mode(folder.parent)) == (0o700, 0o700)


# -- whom it may belong to


def refused(use, root, text):
    with pytest.warns(RuntimeWarning, match="compiled kernels are not kept in") as caught:
        assert use(DLARRAY_CACHE_DIR=root) is None
    assert len(caught) == 1
    assert text in str(caught[0].message)
    assert "set DLARRAY_CACHE_DIR to a folder of your own." in str(caught[0].message)


@posix
@pytest.mark.parametrize("bits", [0o777, 0o770, 0o702, 0o720, 0o1777])
def test_a_folder_that_others_can_write_to(bits, use, tmp_path):
    use(DLARRAY_CACHE_DIR=tmp_path).chmod(bits)
    refused(use, tmp_path, f"its mode {bits:o} lets others write to it")


@posix
@pytest.mark.parametrize("bits", [0o700, 0o755, 0o500])
def test_a_folder_that_others_can_not_write_to(bits, use, tmp_path):
    folder = use(DLARRAY_CACHE_DIR=tmp_path)
    folder.chmod(bits)
    assert use(DLARRAY_CACHE_DIR=tmp_path) == folder


@posix
def test_a_folder_in_which_anyone_can_replace_it(use, tmp_path):
    """It is used, but not what others put in its place."""
    root = tmp_path / "open"
    root.mkdir()
    root.chmod(0o777)
    folder = use(DLARRAY_CACHE_DIR=root)
    _cache_files.write_whole(folder, "entry", b"ours")
    assert _cache_files.read(folder, "entry") == b"ours"
    folder.rename(root / "away")
    folder.mkdir()
    (folder / "entry").write_bytes(b"theirs")
    folder.chmod(0o777)
    for access in (
        lambda: _cache_files.read(folder, "entry"),
        lambda: _cache_files.write_whole(folder, "entry", b""),
        lambda: _cache_files.delete(folder, "entry"),
    ):
        with pytest.raises(PermissionError, match="its mode 777 lets others write to it"):
            access()
    (folder / "entry").unlink()
    folder.rmdir()
    folder.symlink_to(root / "away")
    with pytest.raises(OSError):
        _cache_files.read(folder, "entry")


@posix
def test_links(use, tmp_path):
    folder = use(DLARRAY_CACHE_DIR=tmp_path / "root")
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    refused(use, tmp_path / "root", "it is a link, set by someone")
    (tmp_path / "large disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "large disk")
    assert use(DLARRAY_CACHE_DIR=tmp_path / "link") is not None


@posix
def test_a_folder_of_another_user(use, tmp_path, monkeypatch):
    use(DLARRAY_CACHE_DIR=tmp_path)
    own = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: own + 1)
    if own:  # root's is no more dangerous than root
        refused(use, tmp_path, f"it belongs to another user (number {own})")
    else:
        assert use(DLARRAY_CACHE_DIR=tmp_path) is not None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs to be root")
def test_a_folder_of_a_user_who_is_not_root(use, tmp_path):
    os.chown(use(DLARRAY_CACHE_DIR=tmp_path), 12345, 12345)
    refused(use, tmp_path, "it belongs to another user (number 12345)")


# -- which are deleted


def old_folders(root, *ages):
    """Folders of earlier sources, by the days for which nobody used them."""
    now = time.time()
    for number, age in enumerate(ages):
        folder = root / f"kernels-{number:016x}"
        folder.mkdir()
        (folder / "an entry.bin").write_bytes(b"")
        os.utime(folder, (now - age * DAY, now - age * DAY))


def test_folders_that_nobody_uses_are_deleted(use, tmp_path):
    old_folders(tmp_path, 0, 5, 29, 31, 400)
    others = ["kernels", "kernels-12", "other", "kernels-" + "g" * 16]
    for name in others:
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / ("kernels-" + "f" * 16)).write_bytes(b"a file")
    os.utime(tmp_path / ("kernels-" + "f" * 16), (0, 0))
    new = use(DLARRAY_CACHE_DIR=tmp_path)
    left = {path.name for path in tmp_path.iterdir()}
    kept = {f"kernels-{number:016x}" for number in range(3)}
    assert left == {*kept, *others, "kernels-" + "f" * 16, new.name}


def test_of_many_folders_the_last_ones_are_kept(use, tmp_path):
    old_folders(tmp_path, *(2 + i / 100 for i in range(21)))
    use(DLARRAY_CACHE_DIR=tmp_path)  # which is one more
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left[:15] == [f"kernels-{number:016x}" for number in range(15)]
    assert len(left) == 16


def test_folders_of_today_are_kept(use, tmp_path):
    old_folders(tmp_path, *[0.5] * 40)
    use(DLARRAY_CACHE_DIR=tmp_path)
    assert len(list(tmp_path.iterdir())) == 41


def test_of_very_many_folders_of_today_the_last_ones_are_kept(use, tmp_path):
    """Those of the last hour are, however many."""
    old_folders(tmp_path, *(0.5 + i / 1000 for i in range(70)))
    use(DLARRAY_CACHE_DIR=tmp_path)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left[:63] == [f"kernels-{number:016x}" for number in range(63)]
    assert len(left) == 64


def test_folders_of_the_last_hour_are_kept(use, tmp_path):
    old_folders(tmp_path, *[0.01] * 70)
    use(DLARRAY_CACHE_DIR=tmp_path)
    assert len(list(tmp_path.iterdir())) == 71


def test_what_killed_processes_left_in_the_folder_is_deleted(use, tmp_path):
    folder = use(DLARRAY_CACHE_DIR=tmp_path)
    old, young = folder / f"{1:016x}.tmp", folder / f"{2:016x}.tmp"
    others = [folder / "an entry.bin", folder / "notes.tmp", folder / f"{3:016x}.tmp.bin"]
    for path in (old, young, *others):
        path.write_bytes(b"")
    for path in (old, *others):
        os.utime(path, (time.time() - 7200,) * 2)
    use(DLARRAY_CACHE_DIR=tmp_path)
    assert sorted(folder.iterdir()) == sorted([young, *others])


@posix
def test_a_link_is_not_followed(use, tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_bytes(b"")
    root = tmp_path / "cache"
    root.mkdir()
    (root / ("kernels-" + "a" * 16)).symlink_to(precious)
    os.utime(precious, (0, 0))
    use(DLARRAY_CACHE_DIR=root)
    assert (precious / "file").exists()


def test_use_is_marked(use, tmp_path):
    folder = use(DLARRAY_CACHE_DIR=tmp_path)
    os.utime(folder, (0, 0))
    use(DLARRAY_CACHE_DIR=tmp_path)
    assert time.time() - folder.stat().st_mtime < DAY
