"""How kernels are compiled, and who is told that it takes long."""

import os

import numpy as np
import pytest

from dlarray.kernels import compilation
from dlarray.kernels._jit import device, kernel

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
print(*[c.kernel for c in compilation.compilations()])
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


# -- kernels


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


# -- what was compiled


def test_compilations_are_told_by_kernel_and_type():
    @kernel
    def fill(worker, workers, x):
        x[:] = 1

    before = compilation.compiled()
    for _ in range(2):
        fill(1, np.zeros(4, np.float32))
    (done,) = compilation.compilations(before)
    assert done.kernel.endswith("fill")
    assert "float32" in done.types
    assert 0 < done.seconds < 60


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
    assert len(out.split()) == 2  # two kernels
    assert run_first(0, AS_EVER, tmp_path) == ("", "\n")  # from the cache: nothing to tell


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


def test_nobody_is_told_without_a_terminal(run_python, tmp_path):
    done = run_python(FIRST, "0", AS_EVER, DLARRAY_CACHE_DIR=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
