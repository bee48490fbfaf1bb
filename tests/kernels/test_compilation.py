"""How kernels are compiled, and who is told that it takes long."""

import io
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from dlarray.kernels import all_shared, compilation
from dlarray.kernels._background import in_background
from dlarray.kernels._compile import _PartLibrary, _with_parts
from dlarray.kernels._jit import device, kernel, workers

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX terminals")

FIRST = """
import os, sys
import numpy as np
from dlarray import kernels
from dlarray.kernels import compilation

compilation.PATIENCE = float(sys.argv[1])
x = np.ones(8, "f4")
with eval(sys.argv[2]):
    kernels.relu_forward(x)
    kernels.relu_grad(x, x)
for c in compilation.compilations():
    print(c.kernel, "float32" in c.types, 0 < c.seconds < 60)
"""
QUIETLY = "compilation.quietly()"
AS_EVER = "compilation.telling(None)"
TO_OUTPUT = "compilation.telling(print)"


@device
def half(n):
    return n // 2


@kernel
def number(worker, workers, x, raised):
    """Worker w writes w + 1 to its share, or raises an error."""
    n = len(x)
    for i in range(worker * n // workers, (worker + 1) * n // workers):
        x[i] = worker + half(2)
    if raised and worker == workers - 1:
        raise ValueError("raised in a kernel")


@device
def first_of(x):
    if len(x) > 1:
        for i in range(1, len(x)):
            x[0] += x[i]
    return x[0]


@kernel
def total(worker, workers, x, y):
    """y[w] = the sum of x, in place, as often as y is long."""
    for _ in range(len(y)):
        y[worker] = first_of(x) + first_of(x[1:])


# -- kernels


def test_workers_count_no_references():
    """All of them would count at one place in memory."""
    x, y = np.ones(4), np.zeros(2)
    total(1, x, y)
    (compiled,) = total.entry.overloads.values()
    code = compiled.library.get_llvm_str()
    assert "total" in code
    assert "NRT_" not in code
    assert "atomicrmw" not in code


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_every_worker_runs_once(workers):
    x = np.zeros(12)
    number(workers, x, False)
    np.testing.assert_array_equal(x, np.repeat(np.arange(1, workers + 1), 12 // workers))


def test_workers_run_in_turn_without_a_launcher():
    x = np.zeros(12)
    number.entry(0, 4, x, False)
    np.testing.assert_array_equal(x, np.repeat([1, 2, 3, 4], 3))


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_kernel_raises_reaches_its_caller(workers):
    with pytest.raises(ValueError, match="raised in a kernel"):
        number(workers, np.zeros(4), True)


def test_one_function_serves_one_worker_and_many():
    number(1, np.zeros(4), False)
    number(2, np.zeros(4), False)
    assert len(number.entry.signatures) == 1


def test_only_kernels_call_a_part():
    with pytest.raises(TypeError, match="half is a part of kernels; only they can call it"):
        half(4)


# -- who is told


def run_first(patience, block, folder, **environment):
    """Run FIRST with standard error on a terminal; what it shows, and standard output."""
    import pty
    import subprocess
    import sys

    control, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", FIRST, str(patience), block],
        stdout=subprocess.PIPE,
        stderr=terminal,
        env={**os.environ, "DLARRAY_CACHE_DIR": str(folder), **environment},
    ) as process:
        os.close(terminal)
        assert process.stdout
        out = process.stdout.read().decode()
    try:
        shown = os.read(control, 65536).decode()
    except OSError:  # nothing was written
        shown = ""
    os.close(control)
    assert process.returncode == 0, shown
    return shown.replace("\r\n", "\n"), out


@posix
def test_a_user_at_a_terminal_is_told_once(tmp_path):
    shown, out = run_first(0, AS_EVER, tmp_path)
    assert shown == compilation.NOTICE.format(once="once") + "\n"
    assert "`python -m dlarray warmup`" in shown
    names = ("relu", "relu_grad")
    assert out == "".join(f"dlarray.kernels.activation.map__{n} True True\n" for n in names)
    assert run_first(0, AS_EVER, tmp_path) == ("", "")  # from the cache: nothing to tell


@posix
@pytest.mark.parametrize(
    ("patience", "block", "environment", "words"),
    [
        (60, AS_EVER, {}, ("", "")),
        (0, QUIETLY, {}, ("", "")),
        (0, TO_OUTPUT, {}, ("", "compiling for this processor")),
        (0, AS_EVER, {"DLARRAY_CACHE": "0"}, ("which every process does without a cache", "")),
    ],
    ids=["short", "quietly", "to a writer", "without a cache"],
)
def test_a_notice_fits_where_it_goes(patience, block, environment, words, tmp_path):
    for text, part in zip(run_first(patience, block, tmp_path, **environment), words, strict=True):
        assert part in text
        assert bool(part) == ("compiling" in text)


class _Odd:
    """A standard error of somebody's own, without what files have."""

    def write(self, text):
        raise OSError("no place")


class _OddTerminal(_Odd):
    def isatty(self):
        return True


@pytest.fixture
def impatient(monkeypatch):
    """Compiling has begun, and nobody is patient."""
    monkeypatch.setattr(compilation, "PATIENCE", 0)
    monkeypatch.setattr(compilation._Process, "told", False)
    monkeypatch.setattr(compilation._Process, "begun", 0.0)


@pytest.mark.parametrize("kind", ["none", "closed", "odd", "odd terminal"])
def test_a_standard_error_that_can_not_be_written_to(kind, impatient, monkeypatch):
    closed = io.StringIO()
    closed.close()
    odd = {"none": None, "closed": closed, "odd": _Odd(), "odd terminal": _OddTerminal()}
    monkeypatch.setattr("sys.stderr", odd[kind])
    compilation.notice()
    assert compilation._Process.told


def test_a_thread_that_is_quiet_leaves_the_others_as_they_are(impatient):
    """Blocks of two threads that end in the order in which they began."""
    told: list[str] = []
    inside, outside = threading.Event(), threading.Event()

    def warm():
        with compilation.quietly(), all_shared():
            inside.set()
            assert outside.wait(60)
            return workers()

    with ThreadPoolExecutor(1) as pool:
        with compilation.quietly(), all_shared():
            first = pool.submit(warm)
            assert inside.wait(60)
            assert workers() == 2
        with compilation.telling(told.append):
            assert workers() == 1
            compilation.notice()
        outside.set()
        assert first.result() == 2
        assert pool.submit(workers).result() == 1
    assert len(told) == 1


def test_a_compilation_elsewhere_is_as_quiet_as_its_caller(impatient):
    told: list[str] = []
    with compilation.telling(told.append):
        with compilation.quietly():
            in_background(compilation.notice)
        assert told == []
        in_background(compilation.notice)
    assert len(told) == 1


def test_what_is_compiled_quietly_counts_for_nobody():
    before = compilation._Process.spent
    with compilation.quietly(), compilation.compiling("a kernel", "its types"):
        pass
    assert compilation._Process.spent == before
    with compilation.compiling("a kernel", "its types"):
        pass
    assert compilation._Process.spent > before
    del compilation._Process.done[-2:]


def test_numba_without_its_compiler(run_python):
    code = "import numpy as np; from dlarray import kernels; kernels.relu_forward(np.ones(3))"
    done = run_python(code, NUMBA_DISABLE_JIT="1")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "RuntimeError: dlarray: kernels are not Python and have to be compiled, but the variable "
        "NUMBA_DISABLE_JIT forbids that. Unset it."
    )


def test_nobody_is_told_without_a_terminal(run_python, tmp_path):
    done = run_python(FIRST, "0", AS_EVER, DLARRAY_CACHE_DIR=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_part_is_linked_behind_all_that_call_it():
    """LLVM leaves out a function that nothing linked so far calls: tiles crashed by that."""
    first, second, shared = (object.__new__(_PartLibrary) for _ in range(3))
    first._linking_libraries = [shared, second]
    second._linking_libraries = [shared]
    shared._linking_libraries = []
    assert _with_parts([first]) == [first, second, shared]
