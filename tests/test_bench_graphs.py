"""The pictures of measurements."""

import pytest

from bench import graphs

from .test_bench_suites import grown
from .test_bench_table import report, turn


def measured(suite):
    one = {"flops": 2e9, "rounds": [turn(0.1, 0.2, jax=0.3), turn(0.1, 0.25, jax=0.3)]}
    return report(suite, **{"forward": one, "back, first layer": one, "back": one})


def test_a_ratio_has_a_bar_for_each_peer_and_case():
    figure = graphs.ratios(measured("conv1d"))
    assert [ax.get_title() for ax in figure.axes] == ["forward", "back"]
    widths = [[bar.get_width() for bar in ax.patches] for ax in figure.axes]
    assert widths[0] == pytest.approx([1.25, 2])
    assert len(widths[1]) == 4
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["PyTorch", "JAX"]
    assert figure.axes[0].get_xscale() == "log"
    assert "a processor, 2 threads" in figure.get_supxlabel()


def test_a_share_has_a_bar_for_each_case():
    figure = graphs.shares(measured("conv1d"))
    assert [bar.get_width() for bar in figure.axes[0].patches] == pytest.approx([20])
    assert figure.axes[0].get_xlabel() == "% of the multiply-add peak"
    assert figure.get_suptitle() == "1-D convolution: share of the multiply-add peak"


def test_growth_has_a_line_for_each_library_and_number_of_threads():
    found = grown((4, 1.0), (8, 2.0))
    found["cases"] += grown((4, 0.5), (8, 1.0), threads=2)["cases"]
    figure = graphs.growths(found, "forward")
    ax = figure.axes[0]
    assert (ax.get_xscale(), ax.get_yscale(), ax.get_xlabel()) == ("log", "log", "batch")
    lines = {line.get_label(): list(line.get_ydata()) for line in ax.lines}
    assert lines == {
        "dlarray, 1 thread": pytest.approx([1e6, 2e6]),
        "dlarray, 2 threads": pytest.approx([0.5e6, 1e6]),
        "PyTorch, 1 thread": pytest.approx([2e6, 4e6]),
        "PyTorch, 2 threads": pytest.approx([1e6, 2e6]),
    }


def test_the_same_numbers_give_the_same_files(tmp_path):
    written = graphs.draw(measured("causal"), tmp_path)
    assert sorted(path.name for path in written) == ["causal-ratio.svg", "causal-share.svg"]
    first = [path.read_bytes() for path in written]
    assert [path.read_bytes() for path in graphs.draw(measured("causal"), tmp_path)] == first


def test_other_suites_have_no_pictures(tmp_path):
    assert graphs.draw(measured("training"), tmp_path) == []
