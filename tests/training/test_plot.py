"""The figure of training progress, drawn without a display."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot

import dlarray as dl
from dlarray.training import Progress, TrainingInfo
from dlarray.training.plot import ProgressWindow, progress_figure

HINT = r'needs matplotlib. Install it with: python -m pip install "dlarray\[plot\]"'


@pytest.fixture(autouse=True)
def agg():
    """No window, whatever the machine has."""
    pyplot.switch_backend("agg")
    yield
    pyplot.close("all")


def course(count: int = 12, *, metric: bool = True, validated: bool = True) -> TrainingInfo:
    info = TrainingInfo("Max epochs completed", count, ("Accuracy",) if metric else ())
    for i in range(1, count + 1):
        moment = Progress("iteration", i, 1 + (i - 1) // 4, i * 0.1, 0.01, 1 / i)
        moment.TrainingAccuracy = 8.0 * i
        if validated and i % 5 == 0:
            moment.ValidationLoss, moment.ValidationAccuracy = 0.5, 60.0
        info.record(moment)
    return info


def train(**options: Any) -> Any:
    X = [np.full((3, 1), i, "f4") for i in range(4)]
    layers = [dl.sequenceInputLayer(1), dl.globalAveragePooling1dLayer(), dl.fullyConnectedLayer(2)]
    made = dl.trainingOptions("adam", MiniBatchSize=2, MaxEpochs=3, Verbose=False, **options)
    T = ["a", "b", "a", "b"]
    return dl.trainnet(X, T, [*layers, dl.softmaxLayer()], "crossentropy", made, nargout=2)


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_figure_is_written(suffix, tmp_path):
    path = tmp_path / f"progress.{suffix}"
    course().savefig(path)
    signature = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}[suffix]
    assert path.read_bytes().startswith(signature)


def test_figure_of_a_run_is_written(tmp_path):
    _, info = train()
    info.savefig(tmp_path / "progress.png")
    assert (tmp_path / "progress.png").stat().st_size > 1000


def test_figure_of_no_iteration_is_written(tmp_path):
    TrainingInfo().savefig(tmp_path / "empty.png")
    assert (tmp_path / "empty.png").exists()


def test_curves_hold_the_history():
    info = course()
    loss, accuracy = progress_figure(info).axes
    raw, smoothed, validation = loss.lines
    assert raw.get_xdata().tolist() == info.TrainingHistory.Iteration
    assert raw.get_ydata().tolist() == info.TrainingHistory.TrainingLoss
    assert validation.get_xdata().tolist() == [5, 10]
    assert smoothed.get_ydata()[0] == raw.get_ydata()[0]
    assert smoothed.get_ydata()[1] == pytest.approx(0.9 * 1 + 0.1 * 0.5)
    assert accuracy.lines[0].get_ydata().tolist() == info.TrainingHistory.TrainingAccuracy


def test_labels():
    loss, accuracy = progress_figure(course()).axes
    assert (loss.get_ylabel(), accuracy.get_ylabel()) == ("Loss", "Accuracy (%)")
    assert accuracy.get_xlabel() == "Iteration"
    assert loss.get_title() == "Training progress: Max epochs completed"
    assert [text.get_text() for text in loss.get_legend().get_texts()] == [
        "training",
        "training, smoothed",
        "validation",
    ]


def test_every_second_epoch_is_shaded():
    loss, _ = progress_figure(course(metric=True)).axes
    assert len(loss.patches) == 1


def test_without_metrics_and_validation_there_is_one_axes_with_training_only():
    (loss,) = progress_figure(course(metric=False, validated=False)).axes
    assert len(loss.lines) == 2


def test_without_a_display_one_warning_and_training_goes_on():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _, info = train(Plots="training-progress")
    assert [str(w.message) for w in caught] == [
        'Plots="training-progress": there is no display. Training goes on; info.savefig(file) '
        "writes the figure."
    ]
    assert info.StopReason == "Max epochs completed"


def test_warning_points_to_the_users_line():
    with pytest.warns(UserWarning, match="there is no display") as caught:
        train(Plots="training-progress")
    assert caught[0].filename == __file__


def test_show_without_a_display_warns():
    with pytest.warns(UserWarning, match="there is no display"):
        course().show()


def test_window_draws_where_there_is_a_display(monkeypatch):
    monkeypatch.setattr(pyplot, "get_backend", lambda: "TkAgg")
    monkeypatch.setattr(pyplot, "pause", lambda seconds: None)
    window: Any = ProgressWindow(course())
    window.update()
    assert len(window.figure.axes) == 2
    assert window.figure.axes[0].lines


@pytest.fixture
def no_matplotlib(monkeypatch):
    for name in ("matplotlib", "matplotlib.figure", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)


def test_missing_matplotlib_names_the_extra(no_matplotlib, tmp_path):
    for call in (lambda: course().savefig(tmp_path / "a.png"), course().show):
        with pytest.raises(ImportError, match=HINT):
            call()


def test_missing_matplotlib_is_told_before_training(no_matplotlib):
    seen: list[Any] = []
    with pytest.raises(ImportError, match=HINT):
        train(Plots="training-progress", OutputFcn=seen.append)
    assert seen == []


def test_training_without_plots_needs_no_matplotlib(no_matplotlib):
    assert train()[1].StopReason == "Max epochs completed"
