"""The tables of measurements: which rounds count, what is computed, where it is written."""

import pytest

from bench.table import (
    brief_text,
    filled,
    geometric_mean,
    quiet_rounds,
    summary,
    table_text,
)

MACHINE = {
    "processor": "a processor",
    "threads": 2,
    "threading layer": "omp",
    "lanes": 8,
    "python": "3.13",
    "numpy": "2.4",
    "numba": "0.68",
    "peers": {"PyTorch": "2.13"},
    "commit": "abc",
}


def turn(ours, torch=None, peak=100.0, jax=None, copy=None):
    """One round: best seconds of each library."""
    times = {"ours": ours, "torch": torch, "jax": jax}
    libraries = {name: {"best": best} for name, best in times.items() if best}
    return {"peak": peak, **libraries} | ({"copy": copy} if copy else {})


def report(suite="suite", **measures):
    cases = [{"name": "a case", "measures": measures}]
    peers = {"torch": "PyTorch", "jax": "JAX"}
    described = {"suite": suite, "columns": "case", "peers": peers, "machine": MACHINE}
    return {**described, "cases": cases}


def test_rounds_of_a_busy_machine_are_left_out():
    rounds = [turn(1, peak=100), turn(2, peak=89.9), turn(3, peak=90)]
    assert quiet_rounds(rounds, 100) == [rounds[0], rounds[2]]


def test_all_rounds_count_if_none_was_quiet():
    rounds = [turn(1, peak=50), turn(2, peak=60)]
    assert quiet_rounds(rounds, 100) == rounds


def test_arithmetic_is_compared_with_the_peak():
    rounds = [turn(0.1, 0.2), turn(0.2, 0.1), turn(0.1, 0.3), turn(0.001, 9.0, peak=10)]
    (row,) = summary(report(forward={"flops": 2e9, "rounds": rounds}))
    assert (row["case"], row["measure"], row["rounds"]) == ("a case", "forward", 3)
    assert row["seconds"] == 0.1
    assert row["rate"] == pytest.approx(20)
    assert row["share"] == pytest.approx(0.2)
    found = [row["peers"]["torch"][key] for key in ("ratio", "lowest", "highest", "more")]
    assert found == pytest.approx([2, 0.5, 3, -0.1])
    assert set(row["peers"]) == {"torch"}


def test_movement_is_compared_with_a_copy():
    rounds = [turn(0.1, 0.2, copy=40.0), turn(0.2, 0.2, copy=20.0)]
    (row,) = summary(report(forward={"flops": 0.0, "bytes": 2e9, "rounds": rounds}))
    assert row["rate"] == pytest.approx(20)
    assert row["share"] == pytest.approx(0.5)


def test_what_moves_and_multiplies_is_compared_with_its_limit():
    both = {"flops": 2e9, "bytes": 1e9, "rounds": [turn(0.1, 0.2, peak=100.0, copy=20.0)]}
    found = report(forward=both)
    (row,) = summary(found)
    assert (row["limit"], row["rate"]) == ("copy", pytest.approx(10))
    assert row["share"] == pytest.approx(0.5)
    found["cases"].append({"name": "b", "measures": {"forward": {**both, "bytes": 0.0}}})
    lines = table_text(found).splitlines()
    assert lines[0].startswith("| case | measure | time | GFLOP/s | share of limit |")
    assert lines[2].startswith("| a case | forward | 100.00 ms | 10 GB/s | 50% of copy |")
    assert lines[3].startswith("| b | forward | 100.00 ms | 20 | 20% |")


def test_times_alone_without_a_peer():
    (row,) = summary(report(forward={"flops": 0.0, "rounds": [turn(0.1)]}))
    assert set(row) == {"case", "family", "measure", "seconds", "rounds", "peers"}
    assert row["peers"] == {}


def test_geometric_mean():
    assert geometric_mean([1.0, 4.0]) == pytest.approx(2)


@pytest.mark.parametrize(
    ("measured", "header", "row"),
    [
        (
            {"flops": 2e9, "rounds": [turn(0.1, 0.2)]},
            "| case | measure | time | GFLOP/s | share of peak | × PyTorch (lowest-highest) |",
            "| a case | forward | 100.00 ms | 20 | 20% | 2.00 (2.00-2.00) |",
        ),
        (
            {"flops": 0.0, "bytes": 2e4, "rounds": [turn(1e-5, 2e-5, copy=4.0)]},
            "| case | measure | time | GB/s | share of copy | × PyTorch (lowest-highest) |",
            "| a case | forward | 10.0 µs | 2 | 50% | 2.00 (2.00-2.00) |",
        ),
        (
            {"flops": 0.0, "rounds": [turn(0.5)]},
            "| case | measure | time |",
            "| a case | forward | 500.00 ms |",
        ),
    ],
    ids=["arithmetic", "movement", "time"],
)
def test_a_table_has_the_columns_that_were_measured(measured, header, row):
    lines = table_text(report(forward=measured)).splitlines()
    assert lines[0] == header
    assert lines[1].count("|") == header.count("|")
    assert lines[2] == row
    copy = ", copy 4 GB/s" if "bytes" in measured else ""
    assert lines[-1] == (
        f"a processor, 2 threads (omp), 8 lanes, peak 100 GFLOP/s{copy}; Python 3.13, NumPy 2.4, "
        "Numba 0.68, PyTorch 2.13; commit abc. Command: `python -m bench.run suite`."
    )


def test_means_are_given_for_each_measure_of_several_cases():
    several = report(forward={"flops": 1e9, "rounds": [turn(0.1, 0.2)]})
    for name, seconds in (("another", 0.8), ("third", 0.8)):
        measured = {"flops": 1e9, "rounds": [turn(0.1, seconds, jax=0.4)]}
        several["cases"].append({"name": name, "measures": {"forward": measured}, "family": "deep"})
    lines = table_text(several).splitlines()
    assert "Geometric mean, forward, all cases: 5.04 × PyTorch, 4.00 × JAX." in lines
    assert "Geometric mean, forward, deep cases: 8.00 × PyTorch, 4.00 × JAX." in lines


def test_each_peer_has_its_column():
    both = {"flops": 2e9, "rounds": [turn(0.1, 0.2, jax=0.3)]}
    lines = table_text(report(forward=both)).splitlines()
    assert lines[0].endswith("| × PyTorch (lowest-highest) | × JAX (lowest-highest) |")
    assert lines[2].endswith("| 2.00 (2.00-2.00) | 3.00 (3.00-3.00) |")


def test_cases_with_a_peer_each_share_a_column():
    several = report(call={"flops": 0.0, "rounds": [turn(1.0, 2.0)]})
    measured = {"flops": 0.0, "rounds": [turn(1.0, jax=4.0)]}
    several["cases"].append({"name": "another", "measures": {"call": measured}})
    lines = table_text(several).splitlines()
    assert lines[0] == "| case | measure | time | × peer (lowest-highest) |"
    assert [line.split("| ")[-1] for line in lines[2:4]] == [
        "2.00 (2.00-2.00) |",
        "4.00 (4.00-4.00) |",
    ]


def test_small_operations_say_how_much_longer_they_take():
    lines = table_text(
        report("overhead", call={"flops": 0.0, "rounds": [turn(3e-6, 1e-6)]})
    ).splitlines()
    assert lines[0].endswith("| × PyTorch (lowest-highest) | more than peer |")
    assert lines[2].endswith("| 0.33 (0.33-0.33) | 2.0 µs |")


def test_a_brief_table_has_a_line_for_each_case():
    rounds = {"flops": 2e9, "rounds": [turn(0.1, 0.2, jax=0.1)]}
    back = {"flops": 2e9, "rounds": [turn(0.2, 0.8)]}
    text = brief_text(report(**{"forward": rounds, "back": back, "back, first layer": back}))
    assert text.splitlines()[:4] == [
        "| case | forward | share of peak | × PyTorch | × JAX | back | share of peak | × PyTorch |",
        "|---|---|---|---|---|---|---|---|",
        "| a case | 100.00 ms | 20% | 2.00 | 1.00 | 200.00 ms | 10% | 4.00 |",
        "| a case (first layer) | - | - | - | - | 200.00 ms | 10% | 4.00 |",
    ]


def test_a_table_is_written_between_its_markers():
    text = "before\n<!-- bench:a -->\nold\n<!-- /bench:a -->\nafter"
    want = "before\n<!-- bench:a -->\nnew\n<!-- /bench:a -->\nafter"
    assert filled(text, "a", "new") == want
    assert filled(want, "a", "new") == want


def test_missing_markers_are_an_error():
    with pytest.raises(ValueError, match=r"no markers <!-- bench:b --> and <!-- /bench:b -->"):
        filled("<!-- bench:a -->\n<!-- /bench:a -->", "b", "new")
