"""The harness of the measurements: peers, variants, growth, memory, load of the machine."""

import importlib
import os
import time
from types import ModuleType

import numpy as np
import pytest

from bench import cold, conv1d, footprint, growth, peers, pooling, transposed
from bench.load import Watch
from bench.peers import JAX, Peer, Variant, best_of, peers_of
from bench.run import SUITES, _compare
from bench.table import quiet_rounds, table_text

from .test_bench_table import MACHINE, turn


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Tests do not wait for a quiet machine."""
    monkeypatch.setattr(peers, "wait", lambda: None)
    monkeypatch.setattr(peers, "TRIES", 1)
    monkeypatch.setattr(peers, "PASSES", 1)


@pytest.mark.parametrize("name", SUITES)
def test_a_suite_has_what_the_harness_asks_for(name):
    suite = importlib.import_module(f"bench.{name}")
    assert suite.COLUMNS
    assert hasattr(suite, "measure") or suite.MEASURES
    names = [case.name for case in getattr(suite, "CASES", ())]
    assert len(set(names)) == len(names)
    for case in getattr(suite, "CASES", ()):
        for measure in getattr(case, "measures", suite.MEASURES):
            assert case.flops(measure) >= 0
        assert set(getattr(case, "peers", ())) <= set(vars(suite))


def test_peers_are_those_installed_for_which_the_suite_has_a_function():
    missing = Peer("Missing", ("no_such_module",), "missing")
    here = Peer("NumPy", ("numpy",), "numpy")
    suite = ModuleType("suite")
    vars(suite).update(PEERS=(missing, here, JAX), missing=None, numpy=None)
    assert peers_of(suite) == {"numpy": here}


def test_the_fastest_variant_counts_for_each_measure():
    def slow() -> None:
        time.sleep(0.002)

    def quick() -> None:
        pass

    def variant(name, value, **calls):
        return Variant(name, calls, lambda: [np.array(value)])

    prepared = best_of(
        [variant("one", 1, forward=slow, back=quick), variant("two", 2, forward=quick, back=slow)],
        seconds=0.0,
    )
    assert prepared.chosen == {"forward": "two", "back": "one"}
    assert prepared.calls["forward"] is quick
    assert prepared.results() == [1]


def test_results_that_differ_are_an_error():
    y, dw = np.arange(3.0), np.ones(2)
    _compare("a case", {"ours": [y, dw], "torch": [y + 1e-6, dw], "onnxruntime": [y]})
    with pytest.raises(AssertionError, match=r"a case: torch differs by 0\.25"):
        _compare("a case", {"ours": [y, dw], "torch": [y, dw * 0.8]})
    with pytest.raises(AssertionError, match="torch gives 0 results, not 2"):
        _compare("a case", {"ours": [y, dw], "torch": []})
    with pytest.raises(AssertionError, match=r"torch gives \(2,\), not \(3,\)"):
        _compare("a case", {"ours": [y], "torch": [dw]})


def test_rounds_beside_other_processes_are_left_out():
    rounds = [turn(1) | {"load": 0.0}, turn(2) | {"load": 0.5}]
    assert quiet_rounds(rounds, 100) == rounds[:1]
    assert quiet_rounds(rounds[1:], 100) == rounds[1:]


def test_own_work_is_no_load():
    watch = Watch([])
    while time.perf_counter() - watch.start < 0.05:
        pass
    others = watch.load()
    watch.own = []  # now this process counts as another
    assert watch.load() >= others
    assert 0 <= others <= (os.cpu_count() or 1) + 1


@pytest.mark.parametrize(
    ("case", "ends", "n_out"),
    [
        (conv1d.Case(1, 20, 3, 4, 5), (2, 2), 20),
        (conv1d.Case(1, 1000, 3, 4, 7, stride=2), (2, 3), 500),
        (conv1d.Case(1, 20, 3, 4, 4), (1, 2), 20),
        (conv1d.Case(1, 20, 3, 4, 3, dilation=4, padding="causal"), (8, 0), 20),
    ],
)
def test_the_padding_of_a_convolution(case, ends, n_out):
    assert (case.ends, case.n_out) == (ends, n_out)


def test_the_work_of_a_case():
    case = conv1d.Case(2, 10, 6, 4, 3, stride=2, groups=2, first=True)
    assert [case.flops(m) for m in case.measures] == [720, 2160, 1440]
    assert transposed.Case(2, 10, 6, 4, 3, 2).flops("forward") == 2 * 2 * 10 * 6 * 4 * 3
    pooled = pooling.Case("max", 2, 10, 3, 4, 2)
    assert [pooled.nbytes(m) for m in pooling.MEASURES] == [4 * 2 * 3 * 14, 2 * 4 * 2 * 3 * 14]


def grown(*times, axis="batch", threads=1):
    return {
        "suite": "growth",
        "peers": {"torch": "PyTorch"},
        "machine": MACHINE,
        "cases": [
            {
                "name": f"{axis} {size}, {threads} thread{'s' * (threads > 1)}",
                "measures": {"forward": {"flops": 1.0, "rounds": [turn(ours, 2 * ours)]}},
            }
            for size, ours in times
        ],
    }


def test_a_cliff_is_more_time_for_the_same_work():
    report = grown((4, 1.0), (5, 1.25), (6, 2.25))
    curve = growth.curves(report)["batch", "forward", 1]
    assert curve == [(4, 1.0), (5, 1.25), (6, 2.25)]
    steps = list(growth.steps("batch", "forward", curve))
    assert [step[2] for step in steps] == pytest.approx([1, 1.5])
    lines = table_text(report).splitlines()
    assert lines[2] == "| batch | 1 | forward | 4-6 | 1.50 (5 to 6) | 1.50 |"
    assert lines[4].endswith("above 1.3: batch 5 to 6, forward, 1 threads: 1.50.")


def test_lanes_without_a_filter_count_as_work():
    found = growth.steps("filters", "forward", [(16, 2.0), (17, 3.0), (24, 3.0)])
    assert [ratio for *_, ratio in found] == pytest.approx([1, 17 / 24])


def test_within_a_group_filters_count_one_by_one():
    found = growth.steps("filters", "forward", [(4, 4.0), (5, 5.0), (6, 9.0)])
    assert [ratio for *_, ratio in found] == pytest.approx([1, 1.5])


def test_the_table_of_memory():
    runs = [
        {"losses": [1.0], "held": 100.0, "peak": p, "seconds": s} for p, s in ((300, 2), (310, 1))
    ]
    machine = MACHINE | {"peers": {}}
    report = {"suite": "footprint", "ways": {"a way": runs}, "cases": [], "machine": machine}
    assert table_text(report).splitlines()[2] == "| a way | 205 MB | 100 MB | 1.00 s |"


def test_the_table_of_a_cold_start():
    seconds = {"ours": [2.0, 3.0, 9.0], "torch": [1.0, 1.5]}
    rows = [{"name": "first", "seconds": seconds}, {"name": "warmup", "seconds": {"ours": [60.0]}}]
    kernels = [
        ["dlarray.kernels.a.one", "(float32,)", 0.5],
        ["dlarray.kernels.b.two", "(float64,)", 2.0],
        ["dlarray.kernels.b.two", "(float64, int32)", 1.0],
    ]
    machine = MACHINE | {"peers": {}}
    report = {"suite": "cold", "rows": rows, "kernels": kernels, "cases": [], "machine": machine}
    lines = table_text(report).splitlines()
    assert lines[2] == "| first | 2.0 s | 3.0 s | 1.0 s |"
    assert lines[3] == "| warmup | 60.0 s | 60.0 s | - |"
    assert lines[5] == "3 kernels and types compile for 4 s in all:"
    assert lines[9:11] == ["| `b.two` | - | 2.00 + 1.00 |", "| `a.one` | 0.50 | - |"]


@pytest.mark.torch
@pytest.mark.parametrize("process", cold.PROCESSES[:2], ids=lambda p: p.name)
def test_what_a_cold_start_runs(process, run_python):
    for code in (process.ours, process.peer):
        done = run_python(code)
        assert done.returncode == 0, done.stderr


def test_ours_learns_in_both_ways_of_the_footprint():
    losses = []
    for way in footprint.OURS:
        step = footprint.ours(way)(40)
        losses.append([step(0.0) for _ in range(3)])
        assert np.isfinite(step(0.5))
    assert losses[0] == losses[1]
    assert losses[0][2] < losses[0][0]


@pytest.mark.torch
def test_the_networks_of_the_footprint_are_the_same():
    from bench.torch_layouts import LAYOUTS

    ours = footprint.ours(footprint.OURS[0])(40)
    want = [ours(0.0) for _ in range(3)]
    for layout in LAYOUTS:
        step = footprint.torch(layout)(40)
        assert [step(0.0) for _ in range(3)] == pytest.approx(want, rel=1e-4)


@pytest.mark.torch
@pytest.mark.parametrize(
    "case",
    [
        conv1d.Case(2, 20, 3, 4, 4, first=True),
        conv1d.Case(2, 20, 3, 4, 3, dilation=2, padding="causal"),
        conv1d.Case(2, 21, 3, 4, 4, stride=2),
    ],
)
def test_the_convolutions_of_both_libraries_agree(case):
    ours, torch = conv1d.ours(case), conv1d.torch(case)
    assert set(ours.calls) == set(torch.calls) == set(case.measures)
    _compare(case.name, {"ours": ours.results(), "torch": torch.results()})
