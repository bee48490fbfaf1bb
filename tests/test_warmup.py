"""Compiling ahead of time: the function, and the command."""

from __future__ import annotations

import os
import re

import numpy as np
import pytest

import dlarray as dl
from dlarray.cli import main
from dlarray.compilation import FAMILIES, TYPES
from dlarray.kernels.compilation import compilations, compiled
from tests.cli.command_line import assert_one_error_line, command
from tests.kernels.alone import all_kernels
from tests.kernels.test_threads import CASES

posix = pytest.mark.skipif(os.name != "posix", reason="limits of files are POSIX's")

FIRST = """
import dlarray as dl
print(*[c.kernel.rpartition(".")[2] for c in dl.warmup("solvers", types="single")])
print(len(dl.warmup("solvers", types="single")))
"""
LATER = """
import numpy as np, dlarray as dl
from dlarray.kernels.compilation import compilations

p = {"W": np.ones((3, 700, 100), np.float32), "b": np.ones(7, np.float32)}
dl.adamupdate(p, p, None, None, 1)
dl.sgdmupdate(p, p, None)
dl.rmspropupdate(p, p, None)
print(len(dl.warmup("solvers", types="single")), len(compilations()))
dl.sgdmupdate({"b": np.ones(7)}, {"b": np.ones(7)}, None)
print(*["float64" in c.types for c in compilations()])
"""


def test_calls_after_a_warmup_compile_nothing(run_python, tmp_path):
    first = run_python(FIRST, DLARRAY_CACHE_DIR=str(tmp_path))
    assert first.stdout.splitlines() == ["_adam _sgdm _rmsprop", "0"], first.stderr
    later = run_python(LATER, DLARRAY_CACHE_DIR=str(tmp_path))
    assert later.stdout.splitlines() == ["0 0", "True"], later.stderr


@pytest.fixture(scope="module")
def warm():
    """Everything compiled, in this process or before."""
    dl.warmup()


def test_what_is_drawn_after_it_is_as_without_it():
    dl.rng(7)
    want = dl.rand(1, 3).data.tolist(), dl.rand(1, 3).data.tolist()
    dl.rng(7)
    first = dl.rand(1, 3).data.tolist()
    dl.warmup("activation", types="single")
    assert (first, dl.rand(1, 3).data.tolist()) == want


SINGLE_ONLY = {
    "_winograd_correlate._winograd_pack",
    "_winograd_correlate._winograd_correlate",
    "_winograd_gradient._winograd_parts",
    "_winograd_gradient._sum_products",
}


def test_every_kernel_is_warm(warm):
    kernels = all_kernels()
    assert len(kernels) > 50
    for kernel in kernels:
        types = " ".join(str(signature) for signature in kernel.entry.signatures)
        assert "float32" in types, kernel.name
        assert "float64" in types or kernel.name in SINGLE_ONLY, kernel.name


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_kernels_need_nothing_else_at_other_sizes(case, warm, rng):
    before = compiled()
    for dtype in (np.float32, np.float64):
        case(rng, dtype, 3)()
    assert compilations(before) == []


def test_a_network_needs_nothing_else(warm):
    before = compiled()
    layers = [
        dl.sequenceInputLayer(3),
        dl.convolution1dLayer(5, 20, Padding="causal"),
        dl.reluLayer(),
        dl.layerNormalizationLayer(),
        dl.maxPooling1dLayer(2, Padding="same"),
        dl.dropoutLayer(0.2),
        dl.globalAveragePooling1dLayer(),
        dl.fullyConnectedLayer(4),
        dl.softmaxLayer(),
    ]
    X, T = dl.datasets.waveform()
    options = dl.trainingOptions("adam", MaxEpochs=1, Verbose=False)
    net = dl.trainnet(X[:200], T[:200], layers, "crossentropy", options)
    dl.minibatchpredict(net, X[:20])
    assert compilations(before) == []


WRONG = {
    "family": (
        lambda: dl.warmup("solver"),
        'warmup: families must be one of "activation", "convolution", "losses", "normalization", '
        '"pooling", "products", "reductions", "solvers"; got \'solver\'.',
    ),
    "several": (lambda: dl.warmup(["solvers"]), "warmup: families must be one of"),  # type: ignore
    "type": (
        lambda: dl.warmup("solvers", types="half"),
        'warmup: types must be one of "single", "double"; got \'half\'.',
    ),
    "no types": (
        lambda: dl.warmup("solvers", types=()),
        "warmup: types must be a name or several; got ().",
    ),
    "number": (
        lambda: dl.warmup("solvers", types=3),  # type: ignore
        "warmup: types must be a name or several; got 3.",
    ),
}


@pytest.mark.parametrize(("call", "text"), WRONG.values(), ids=WRONG)
def test_what_is_no_family_or_type(call, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        call()


# -- the command


def test_the_command_says_what_it_did(tmp_path):
    for count in (3, 0):
        done = command(
            "warmup", "solvers", "--types", "single", DLARRAY_CACHE_DIR=str(tmp_path / "cache")
        )
        lines = done.stdout.decode().splitlines()
        assert (done.returncode, done.stderr) == (0, b"")
        assert lines[0].split() == ["solvers", str(count), "compiled"]
        assert re.fullmatch(rf"\d+\.\d s; kept in {re.escape(str(tmp_path))}\S+", lines[-1])


def test_the_command_is_quiet(capsys, warm):
    assert main(["warmup", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_the_command_names_every_family(capsys, warm):
    assert main(["warmup", "--types", *TYPES]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[: len(FAMILIES)]] == [
        *FAMILIES
    ]


def test_the_command_checks_all_families_first(capsys):
    before = compiled()
    assert main(["warmup", "solvers", "solver"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert_one_error_line(err, "families must be one of .*; got 'solver'")
    assert compiled() == before


@posix
def test_the_command_says_when_nothing_could_be_kept(run_python, tmp_path):
    code = """
import resource, sys
from dlarray.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
sys.exit(main(["warmup", "solvers", "--types", "single", "--quiet"]))
"""
    done = run_python(code, DLARRAY_CACHE_DIR=str(tmp_path / "cache"))
    assert (done.returncode, done.stdout) == (1, "")
    last = done.stderr.splitlines()[-1]
    text = r"dlarray: error: warmup: (\d+) of the compiled kernels could not be kept in (.+), so "
    found = re.match(text, last)
    assert found, done.stderr
    assert int(found[1]) >= 3
    assert found[2].startswith(str(tmp_path))


def test_the_command_without_a_cache():
    done = command("warmup", "solvers", DLARRAY_CACHE="0")
    assert done.returncode == 1
    assert_one_error_line(done.stderr.decode(), "compiled kernels are not kept")
