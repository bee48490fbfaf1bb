"""Arguments, and what becomes of errors: a line on standard error and exit status 1, never a
traceback.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):  # names beyond its encoding are still written
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        from . import commands  # after parsing: --help needs no kernels

        status: int = getattr(commands, options.command)(options)
        return status
    except KeyboardInterrupt:
        sys.stderr.write("\ndlarray: interrupted\n")
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # nobody reads: the interpreter must not complain about that either
        return 1
    except _ERRORS as error:
        sys.stderr.write(f"dlarray: error: {_message(error)}\n")
        return 1


_ERRORS = (OSError, ValueError, TypeError, ImportError, MemoryError, RuntimeError, ArithmeticError)


def _message(error: BaseException) -> str:
    """The error and where it was, in one line."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    lines = (str(error) or type(error).__name__).splitlines() + getattr(error, "__notes__", [])
    return "; ".join(line.strip() for line in lines if line.strip())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dlarray",
        description="Train and use 1-D convolutional networks on labelled sequences.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _demo(
        commands.add_parser(
            "demo", help="train a classifier on generated waveforms and show how well it does"
        )
    )
    _train(
        commands.add_parser(
            "train", help="train a classifier on the sequences of a .ts or .csv file"
        )
    )
    _predict(
        commands.add_parser("predict", help="label the sequences of a file with a trained network")
    )
    _warmup(
        commands.add_parser(
            "warmup", help="compile kernels ahead of their first use, for images and services"
        )
    )
    commands.add_parser(
        "info", help="show versions, processor, vector lanes, threads and the cache folder"
    )
    return parser


def _demo(demo: argparse.ArgumentParser) -> None:
    demo.add_argument("--epochs", type=_positive, default=60, help="epochs (default 60)")
    _add_run_options(demo)


def _train(train: argparse.ArgumentParser) -> None:
    train.add_argument(
        "file", metavar="FILE.ts", help="labelled sequences (.ts, or .csv in long form)"
    )
    train.add_argument(
        "--test",
        metavar="FILE.ts",
        help="sequences to test on; without it a tenth of FILE is kept for that",
    )
    train.add_argument("--out", metavar="NET", help="write the network to this safetensors file")
    _add_network_options(train)
    _add_training_options(train)
    _add_run_options(train)


def _add_network_options(train: argparse.ArgumentParser) -> None:
    train.add_argument(
        "--filters",
        type=_positive,
        nargs="+",
        default=[32, 64],
        help="filters of each convolution (default 32 64)",
    )
    train.add_argument(
        "--filter-size", type=_positive, default=5, help="length of the filters (default 5)"
    )
    train.add_argument(
        "--dropout",
        type=float,
        default=0.0,
        help="probability of dropout before the last layer (default 0)",
    )
    train.add_argument(
        "--normalization",
        choices=["none", "zerocenter", "zscore", "rescale-symmetric", "rescale-zero-one"],
        default="zscore",
        help="normalization of the input (default zscore)",
    )


def _add_training_options(train: argparse.ArgumentParser) -> None:
    train.add_argument("--epochs", type=_positive, default=60, help="epochs (default 60)")
    train.add_argument("--rate", type=float, default=0.01, help="learn rate (default 0.01)")
    train.add_argument("--batch", type=_positive, default=128, help="mini-batch size (default 128)")
    train.add_argument(
        "--solver", choices=["adam", "sgdm"], default="adam", help="solver (default adam)"
    )
    train.add_argument(
        "--padding",
        choices=["left", "right"],
        default="left",
        help="side that shorter sequences are padded on (default left)",
    )
    train.add_argument(
        "--validation", type=float, default=0.0, help="part of FILE kept for validation (default 0)"
    )


def _add_run_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--seed", type=int, default=0, help="seed of weights and shuffling (default 0)"
    )
    command.add_argument(
        "--plot", metavar="FILE", help="write a training-progress figure (needs matplotlib)"
    )
    command.add_argument("--quiet", action="store_true", help="no table and no progress bar")


def _predict(predict: argparse.ArgumentParser) -> None:
    predict.add_argument("net", metavar="NET", help="a network that train wrote")
    predict.add_argument(
        "file",
        metavar="FILE.ts",
        help="sequences (.ts, or .csv in long form); labels in it are compared",
    )
    predict.add_argument(
        "--out",
        metavar="CSV",
        help="write sequence, label and scores to this file, not to standard output",
    )
    predict.add_argument(
        "--batch", type=_positive, default=128, help="mini-batch size (default 128)"
    )


def _warmup(warmup: argparse.ArgumentParser) -> None:
    warmup.add_argument(
        "families",
        metavar="FAMILY",
        nargs="*",
        help="activation, convolution, losses, normalization, pooling, products, reductions or "
        "solvers (default all)",
    )
    warmup.add_argument(
        "--types",
        nargs="+",
        choices=["single", "double"],
        default=["single", "double"],
        help="types of the data (default single double)",
    )
    warmup.add_argument("--quiet", action="store_true", help="no table and no progress bar")


def _positive(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be a positive integer; got {text!r}")
    return value
