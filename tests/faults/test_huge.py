"""More elements than memory, or than a 64-bit number: an error before any work, and no wrap-around.

The arrays here are views that repeat one element, so that they take no memory themselves.
"""

from __future__ import annotations

import re
import sys
import textwrap
import time

import numpy as np
import pytest

import dlarray as dl

CASES = {
    "a copy": "dl.dlarray(BIG)",
    "integers": "dl.dlarray(np.broadcast_to(np.int8(1), (2**40, 2)))",
    "plus": "X + 1",
    "exp": "dl.exp(X)",
    "relu": "dl.relu(X)",
    "sigmoid": "dl.sigmoid(X)",
    "softmax": "dl.softmax(X)",
    "layernorm": "dl.layernorm(X, ROW, ROW)",
    "dropout": "dl.dropout(X, 0.5)",
    "another type": "dl.single(X)",
    "comparison": "X == 1",
    "minus": "1 - X",
    "times": "2 * X",
    "uminus": "-X",
    "abs": "abs(X)",
    "cumsum": "dl.cumsum(X)",
    "isnan": "dl.isnan(X)",
    "cat": "dl.cat('B', X, X)",
    "assignment": "X.__setitem__(0, 1)",
    "matrix product": "dl.mtimes(dl.stripdims(COLUMN), dl.transpose(dl.stripdims(COLUMN)))",
    "fullyconnect": "dl.fullyconnect(ROWS, np.ones((3, 3)))",
    "dlconv": "dl.dlconv(LONG, np.ones((3, 3, 1)), WeightsFormat='TCU')",
    "padding": "dl.dlconv(SHORT, np.ones((3, 3, 1)), WeightsFormat='TCU', Padding=2**40)",
    "more padding": "dl.dlconv(SHORT, np.ones((3, 3, 1)), WeightsFormat='TCU', Padding=2**62)",
    "crossentropy": "dl.crossentropy(X, X)",
    "pickle": "pickle.dumps(X)",
    "repeated": "np.repeat(SHORT, 2**40, axis='T')",
    "a gradient": "dl.dlfeval(lambda x: dl.dlgradient(dl.sum(x[:1, :1], 'all'), x), X)",
    "sizes beyond memory": "dl.zeros(2**31, 2**9)",
    "places": "dl.maxunpool(dl.dlarray([[1.0]], 'CT'), [0], (1, 2**40))",
    "padded sequences": "dl.padsequences([np.ones((2, 3))], 1, Length=2**40)",
    "a range beyond memory": "dl.colon(1, 2**40)",
    "an outer sum": "COLUMN + dl.dlarray(COLUMN, 'BU')",
    "an outer sum that fits a number": "COLUMN[: 2**22] + dl.dlarray(COLUMN, 'BU')",
}

# The call that the message names.
NAMED = {
    "plus": "plus",
    "minus": "minus",
    "times": "times",
    "uminus": "uminus",
    "abs": "abs",
    "comparison": "eq",
    "cumsum": "cumsum",
    "isnan": "isnan",
    "cat": "cat",
    "matrix product": "mtimes",
    "fullyconnect": "fullyconnect",
    "dlconv": "dlconv",
    "padding": "dlconv",
    "assignment": "dlarray",
    "an outer sum": "plus",
    "a gradient": "dlgradient",
}

# Where NumPy's own text comes, which has the size but not the call.
BY_NUMPY = {"pickle"}

PROGRAM = """
import pickle, resource, sys
import numpy as np
import dlarray as dl

BIG = np.broadcast_to(np.float64(1), (2**31, 2**9))
X = dl.dlarray(BIG, "CB", copy=False)
COLUMN = dl.dlarray(np.broadcast_to(1.0, (2**31, 1)), "CU", copy=False)
ROW = np.broadcast_to(1.0, 2**31)
ROWS = dl.dlarray(np.broadcast_to(1.0, (3, 2**40)), "CB", copy=False)
LONG = dl.dlarray(np.broadcast_to(1.0, (3, 2, 2**34)), "CBT", copy=False)
SHORT = dl.dlarray(np.ones((3, 2, 5)), "CBT")

limit = 6 << 30
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
for name, call in CASES.items():
    try:
        eval(call)
    except (MemoryError, ValueError) as error:
        print(name, type(error).__name__, repr(str(error)), sep=": ")
    except BaseException as error:
        print(name, repr(error), sep=": WRONG ")
    else:
        print(name, "WRONG nothing was raised", sep=": ")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="no limit of memory here")
def test_what_does_not_fit_is_an_error_before_any_work(run_python):
    start = time.monotonic()
    done = run_python(f"CASES = {CASES!r}\n{textwrap.dedent(PROGRAM)}")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == list(CASES)
    assert not [line for line in lines if "WRONG" in line]
    for name, text in (line.split(": ", 2)[::2] for line in lines):
        if name in BY_NUMPY:
            assert text.startswith("'Unable to allocate"), (name, text)
            continue
        named = re.match(r"['\"]([a-z]\w+): .*([Tt]ake|Give) .*\.['\"]$", text)  # and what to do
        assert named, (name, text)
        assert NAMED.get(name, named[1]) == named[1], (name, text)
        assert name == "repeated" or hasattr(dl, named[1]), (name, text)  # that is NumPy's
    assert time.monotonic() - start < 120


TOO_LARGE = {
    "zeros": (lambda: dl.zeros(2**28, 2**28), "268435456×268435456 double, 576460752303423488"),
    "ones": (lambda: dl.ones(2**28, 2**28, "single"), "268435456×268435456 single, 288230376"),
    "eye": (lambda: dl.eye(2**28, like=dl.zeros(1, "logical")), "268435456×268435456 logical, 7"),
    "rand": (lambda: dl.rand(2**28, 2**28), "268435456×268435456 double, 576460752303423488"),
    "randi": (lambda: dl.randi(5, 2**29, 2**28), "536870912×268435456 double, 1152921504606846976"),
    "colon": (lambda: dl.colon(1, 2**48), "1×281474976710656 double, 2251799813685248"),
    "linspace": (lambda: dl.linspace(0, 1, 2**58), "1×288230376151711744 double, 2305843009213693"),
    "maxunpool": (
        lambda: dl.maxunpool(dl.dlarray(np.ones((1, 1), "f4"), "CT"), [0], (1, 2**58)),
        "1×288230376151711744 single, 1152921504606846976",
    ),
    "padsequences": (
        lambda: dl.padsequences([np.ones((2, 3))], 1, Length=2**56),
        "2×72057594037927936×1 double, 1152921504606846976",
    ),
}


@pytest.mark.parametrize("call", TOO_LARGE)
def test_an_array_beyond_memory_is_told_in_bytes(call):
    make, size = TOO_LARGE[call]
    with pytest.raises(MemoryError) as caught:
        make()
    text = str(caught.value)
    assert text.startswith(f"{call}: there is not enough memory for {size}"), text
    assert text.endswith(" bytes. Give smaller sizes."), text


def huge(n, fmt):
    return dl.dlarray(np.broadcast_to(1.0, (n, 1)), fmt, copy=False)


@pytest.mark.parametrize("n", [2**31, 2**40])
def test_a_result_that_no_array_can_have_names_its_operands(n):
    text = rf"plus: the result would have {n}\(C\) × {n}\(B\) × 1\(U\) elements, more than"
    with pytest.raises(dl.ShapeError, match=text):
        huge(n, "CU") + huge(n, "BU")


@pytest.mark.parametrize("n", [2**31, 2**40])
def test_sizes_beyond_32_bits_are_told_right(n):
    X = dl.dlarray(np.broadcast_to(1.0, (n, 3)), "CB", copy=False)
    assert (X.size, dl.numel(X), dl.size(X), len(X)) == (3 * n, 3 * n, (n, 3), n)
    assert dl.sum(X[n - 5 :], "all").item() == 15
    assert X[-1].shape == (1, 3)
    assert dl.permute(dl.stripdims(X), (1, 0)).shape == (3, n)
    with pytest.raises(IndexError, match=rf"index {n} is outside 0 to {n - 1}"):
        X[n, :]


@pytest.mark.parametrize("sizes", [(2**62, 4), (2**32, 2**32), (2**62, 2**62, 2**62)])
def test_the_product_of_sizes_does_not_wrap(sizes):
    with pytest.raises(dl.ShapeError, match="reshape: 4 elements of 2×2"):
        dl.reshape(dl.dlarray(np.ones((2, 2))), *sizes)
    with pytest.raises(dl.ShapeError, match="reshape: 0 elements of 0×2"):
        dl.reshape(NOTHING, *sizes)


NOTHING = dl.dlarray(np.ones((0, 2)))
TALL = dl.dlarray(np.broadcast_to(1.0, (2**40, 1)), copy=False)
IMPOSSIBLE = {
    "reshape": lambda: dl.reshape(NOTHING, 0, 2**62),
    "zeros": lambda: dl.zeros(2**40, 2**40),
    "ones": lambda: dl.ones(0, 2**62),
    "eye": lambda: dl.eye(2**40),
    "rand": lambda: dl.rand(2**40, 2**70),
    "repmat": lambda: dl.repmat(NOTHING, 2**40, 2**40),
    "repelem": lambda: dl.repelem(NOTHING, 2**70, 2),
    "colon": lambda: dl.colon(0, 1e300),
    "linspace": lambda: dl.linspace(0, 1, 2**62),
    "kron": lambda: dl.kron(TALL, TALL),
    "tensorprod": lambda: dl.tensorprod(TALL, TALL),
}


@pytest.mark.parametrize("call", IMPOSSIBLE)
def test_sizes_that_no_array_can_have(call):
    with pytest.raises(dl.ShapeError, match=rf"{call}: .*more (elements )?than an array can"):
        IMPOSSIBLE[call]()
