"""Compiled kernels on disk, whatever becomes of their files."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
import sys
from pathlib import Path

import pytest
from numba.core.caching import dumps

from tests.faults.processes import PACKAGE, finish, run, start

# What a process gets from kernels, what they warn of, and whether it wrote to the cache.
REPORT = """
import json

def report():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        right = is_right("f4") and is_right("f8") and is_right("f4", 7)
    texts = [str(w.message) for w in caught if w.category is RuntimeWarning]
    print(json.dumps({"right": right, "warnings": texts, "others": len(caught) - len(texts)}))
"""
QUIET = {"right": True, "warnings": [], "others": 0}


def report(cwd, *before, **settings):
    return json.loads(run(REPORT, *before, "\nreport()", cwd=cwd, **settings))


def entries(folder):
    """The files of the cache, and when they were written."""
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    return {path: path.stat().st_mtime_ns for path in files}


def sealed(body):
    return hashlib.sha256(body).digest() + body


def with_other_key(content):
    key, data = pickle.loads(content[32:])
    return sealed(dumps((("another", *key[1:]), data)))


def with_other_code(content):
    key, _ = pickle.loads(content[32:])
    return sealed(dumps((key, ("no", "code"))))


def flipped(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


DAMAGES = {
    "emptied": lambda content: b"",
    "truncated": lambda content: content[: len(content) // 2],
    "without its end": lambda content: content[:-1],
    "garbage": lambda content: bytes(range(256)) * 20,
    "one bit": flipped,
    "another pickle": lambda content: pickle.dumps({"a": 1}),
    "another pickle with its hash": lambda content: sealed(pickle.dumps({"a": 1})),
    "another function's": with_other_key,
    "no code": with_other_code,
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A cache that a process filled."""
    folder = tmp_path_factory.mktemp("filled") / "cache"
    assert report(folder.parent, DLARRAY_CACHE_DIR=folder) == QUIET
    return folder


@pytest.fixture
def cache(filled, tmp_path):
    """A copy of the filled cache."""
    return Path(shutil.copytree(filled, tmp_path / "cache"))


def assert_mended(cache, damaged, cwd):
    """One warning, right results, and whole entries again."""
    said = report(cwd, DLARRAY_CACHE_DIR=cache)
    (warning,) = said.pop("warnings")
    assert said == {"right": True, "others": 0}
    assert warning.startswith(f"dlarray: dropped an unreadable cache entry in {cache}")
    assert all(path.stat().st_mtime_ns > written for path, written in damaged.items())


def test_a_second_process_only_reads(cache, tmp_path):
    before = entries(cache)
    assert before
    assert all(path.suffix == ".bin" for path in before)
    folders = [cache, *(path for path in cache.iterdir())]
    assert not any(path.stat().st_mode & 0o077 for path in [*folders, *before])
    assert report(tmp_path, DLARRAY_CACHE_DIR=cache) == QUIET
    assert entries(cache) == before


def test_damaged_entries_are_compiled_again_with_one_warning(cache, tmp_path):
    """Every entry is damaged, each in another way, until each way was met."""
    left = dict(DAMAGES)
    while left:
        damaged = entries(cache)
        for path in damaged:
            if left:
                path.write_bytes(left.popitem()[1](path.read_bytes()))
            else:
                path.unlink()
        assert_mended(cache, damaged, tmp_path)
    assert report(tmp_path, DLARRAY_CACHE_DIR=cache) == QUIET


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_every_entry_damaged_in_turn(damage, cache, tmp_path):
    for path, written in entries(cache).items():
        path.write_bytes(damage(path.read_bytes()))
        assert_mended(cache, {path: written}, tmp_path)


# -- no place to write


WITHOUT_RIGHTS = """
import ctypes

if os.geteuid() == 0:  # the rights of root would override modes
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    assert ctypes.CDLL(None).capset(header, (ctypes.c_uint32 * 6)()) == 0
"""
linux = pytest.mark.skipif(sys.platform != "linux", reason="capabilities and limits are Linux's")


def assert_said_once(said, text):
    (warning,) = said.pop("warnings")
    assert said == {"right": True, "others": 0}
    assert warning.startswith("dlarray: compiled kernels can't be kept in ")
    assert text in warning
    assert "Set DLARRAY_CACHE_DIR to a folder that can be written." in warning


@pytest.fixture
def read_only():
    """Make folders read-only until the end of the test."""
    changed: list[tuple[Path, int]] = []

    def change(*folders):
        for folder in folders:
            changed.extend((path, path.stat().st_mode) for path in [folder, *folder.rglob("*")])
        for path, mode in changed:
            path.chmod(mode & 0o555)

    yield change
    for path, mode in changed:
        path.chmod(mode)


@linux
def test_read_only_packages_and_no_home(tmp_path, read_only):
    package = Path(shutil.copytree(PACKAGE, tmp_path / "site" / "dlarray"))
    work = tmp_path / "work"
    work.mkdir()
    before = list(tmp_path.rglob("*"))
    read_only(tmp_path)
    nowhere = {"HOME": tmp_path / "home", "XDG_CACHE_HOME": None, "DLARRAY_CACHE_DIR": None}
    said = report(work, WITHOUT_RIGHTS, package=package, **nowhere)
    assert_said_once(said, str(tmp_path / "home"))
    assert list(tmp_path.rglob("*")) == before


@linux
def test_a_full_disk(tmp_path):
    """A file can be made and nothing be written to it, in the end by the limit on a file's size."""
    limit = """
    import resource, signal

    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    """
    said = report(tmp_path, limit, DLARRAY_CACHE_DIR=tmp_path / "cache")
    assert_said_once(said, str(tmp_path / "cache"))
    assert entries(tmp_path / "cache") == {}


def test_warnings_that_are_errors_are_raised_as_they_are(tmp_path):
    """And the next call computes, because it is said once."""
    blocked = tmp_path / "a file"
    blocked.write_bytes(b"")
    code = """
    warnings.simplefilter("error")
    try:
        is_right(size=7)
    except RuntimeWarning as warning:
        print(str(warning).split(" (")[0])
    print(is_right(size=7))
    """
    said = run(code, cwd=tmp_path, DLARRAY_CACHE_DIR=blocked).splitlines()
    assert said[0].startswith(f"dlarray: compiled kernels can't be kept in {blocked}")
    assert said[1:] == ["True"]


@linux
def test_a_full_cache_on_a_read_only_disk(cache, tmp_path, read_only):
    read_only(cache)
    assert report(tmp_path, WITHOUT_RIGHTS, DLARRAY_CACHE_DIR=cache) == QUIET


def test_a_folder_that_others_can_write_to_is_refused(cache, tmp_path):
    (folder,) = cache.iterdir()
    before = entries(cache)
    for path in before:
        path.write_bytes(b"")  # would be dropped with a warning if it were read
    folder.chmod(0o777)
    said = report(tmp_path, DLARRAY_CACHE_DIR=cache)
    (warning,) = said.pop("warnings")
    assert said == {"right": True, "others": 0}
    assert f"compiled kernels are not kept in {folder}: its mode 777 lets others write" in warning
    assert [path.read_bytes() for path in before] == [b""] * len(before)


# -- several processes, several versions


EIGHT = """
def compile_at_once(folder):
    "Eight processes that start with an empty cache, with one type or the other."
    os.environ["DLARRAY_CACHE_DIR"] = folder
    gate = os.pipe()
    children = []
    for i in range(8):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.close(gate[1])
                os.read(gate[0], 1)
                first, second = ("f4", "f8") if i % 2 else ("f8", "f4")
                status = 0 if is_right(first, 999) and is_right(second, 999) else 2
            finally:
                os._exit(status)
        children.append(child)
    os.close(gate[0])
    os.close(gate[1])  # all begin
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]

dl.relu, dl.dlarray
from dlarray.kernels import activation
for i in range(int(sys.argv[1])):
    print(compile_at_once(f"{os.getcwd()}/cache{i}"))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork here")
@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_eight_processes_compile_at_once(rounds, tmp_path):
    code = EIGHT.replace("sys.argv[1]", str(rounds))
    assert run(code, cwd=tmp_path).split("\n")[:-1] == [str([0] * 8)] * rounds
    for i in range(rounds):
        files = entries(tmp_path / f"cache{i}")
        assert len(files) == 2
        assert all(path.suffix == ".bin" for path in files)
    code = "print(is_right('f4', 999), is_right('f8', 999))"
    before = entries(tmp_path / "cache0")
    assert run(code, cwd=tmp_path, DLARRAY_CACHE_DIR=tmp_path / "cache0") == "True True\n"
    assert entries(tmp_path / "cache0") == before


@pytest.mark.slow
def test_eight_fresh_processes_compile_at_once(tmp_path):
    for i in range(5):
        folder = {"DLARRAY_CACHE_DIR": tmp_path / f"cache{i}"}
        types = ["f4", "f8"] * 4
        begun = [start(f"print(is_right('{t}'))", cwd=tmp_path, **folder) for t in types]
        assert [finish(process) for process in begun] == ["True\n"] * 8
        assert report(tmp_path, **folder) == QUIET


def test_an_edited_part_of_a_kernel_is_compiled(cache, tmp_path):
    """The function that the kernel calls stands in another file than the kernel."""
    package = Path(shutil.copytree(PACKAGE, tmp_path / "edited" / "dlarray"))
    source = package / "kernels" / "activation.py"
    code = "print(dl.extractdata(dl.relu(dl.dlarray(values('f4', 7)))).max())"
    settings = {"cwd": tmp_path, "package": package, "DLARRAY_CACHE_DIR": cache}
    assert run(code, **settings) == "1.0\n"
    text = source.read_text(encoding="utf-8")
    assert text.count("return keep_positive(x, x)\n") == 1
    source.write_text(text.replace("keep_positive(x, x)", "keep_positive(x, sub(x, x))"))
    assert run(code, **settings) == "0.0\n"
    source.write_text(text)
    assert run(code, **settings) == "1.0\n"


def test_another_processor_has_other_entries(cache, tmp_path):
    """A processor without wide vectors, from a cache that has entries for this one."""
    code = """
    x = np.random.default_rng(0).standard_normal((300, 7))
    X = dl.dlarray(x, "CB")
    want = [np.maximum(x, 0), 1 / (1 + np.exp(-x)), np.exp(x) / np.exp(x).sum(0)]
    got = [dl.relu(X), dl.sigmoid(X), dl.softmax(X)]
    print([bool(np.allclose(g, w, 1e-12, 1e-15)) for g, w in zip(map(dl.extractdata, got), want)])
    """
    before = entries(cache)
    said = run(code, cwd=tmp_path, DLARRAY_CACHE_DIR=cache, NUMBA_CPU_NAME="generic")
    assert said == "[True, True, True]\n"
    after = entries(cache)
    assert before.items() < after.items()
    assert len({path.parent for path in after}) == 2


@pytest.mark.slow
def test_convolutions_for_another_processor(tmp_path):
    code = """
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 300, 24)), rng.standard_normal((5, 24, 40))
    want = sum(x[:, k : k + 296] @ w[k] for k in range(5))
    for dtype, tolerance in (("f4", 1e-4), ("f8", 1e-12)):
        X = dl.dlarray(x.astype(dtype), "BTC")
        Y = dl.dlconv(X, w.astype(dtype), np.zeros(40, dtype), WeightsFormat="TCU")
        got = np.moveaxis(dl.extractdata(Y), 0, 2)  # from CBT
        print(np.abs(got - want).max() < tolerance * np.abs(w).sum((0, 1)).max())
    """
    variables = {"DLARRAY_CACHE_DIR": tmp_path / "cache", "NUMBA_CPU_NAME": "generic"}
    assert run(code, cwd=tmp_path, **variables) == "True\nTrue\n"
