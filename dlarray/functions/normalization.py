"""`layernorm`, `groupnorm`, `instancenorm`, `crosschannelnorm`."""

from __future__ import annotations

from typing import Any

from .. import _calls, _checks, formats, operators
from ..array import described, dlarray, require_float, require_label, wrap
from ..formats import Axes, ShapeError
from ._formats import Restore, labelled, united

OPERATION_DIMENSIONS = ("auto", "channel-only", "spatial-channel", "batch-excluded")
GROUPS = ("all-channels", "channel-wise")
LARGEST_WINDOW = 16


@_calls.explained
def layernorm(
    X: Any,
    offset: Any,
    scaleFactor: Any,
    *,
    DataFormat: str | None = None,
    Epsilon: float = 1e-5,
    OperationDimension: str = "auto",
) -> dlarray:
    """Normalize each observation to mean 0 and variance 1, then scale and shift by channel.

    ``scaleFactor * (x - mean) / sqrt(var + Epsilon) + offset`` with the biased variance.

    Parameters
    ----------
    X : data with a C dimension.
    offset, scaleFactor : one number a channel.
    DataFormat : labels of an unformatted X; the result is then unformatted.
    Epsilon : added to the variance, above 0.
    OperationDimension : over which dimensions mean and variance are taken: "channel-only",
        "spatial-channel", "batch-excluded" (all but B, the rule before R2023a) or "auto": the
        channels of features, sequences and 1-D images, all but B for images of two and three
        dimensions.

    Returns the format of X.

    Raises
    ------
    FormatError : no C dimension.
    ShapeError : offset or scaleFactor have another number of elements than X has channels.

    Examples
    --------
    >>> Y = layernorm(dlarray([1.0, 2.0, 4.0], "C"), np.zeros(3), np.ones(3))
    >>> Y.extractdata().ravel().round(6)
    array([-1.069042, -0.26726 ,  1.336302])
    """
    call = "layernorm"
    x, restore, channel = channelled(call, X, DataFormat)
    mode = _checks.choice(call, "OperationDimension", OperationDimension, OPERATION_DIMENSIONS)
    if mode == "auto":
        mode = "batch-excluded" if x.fmt.count("S") > 1 else "channel-only"
    joined = {"channel-only": "", "spatial-channel": "S", "batch-excluded": "STU"}[mode]
    y = _normalized(call, x, channel, 1, joined, offset, scaleFactor, Epsilon)
    return restore(wrap(y, x.fmt))


@_calls.explained
def groupnorm(
    X: Any,
    numGroups: Any,
    offset: Any,
    scaleFactor: Any,
    *,
    DataFormat: str | None = None,
    Epsilon: float = 1e-5,
) -> dlarray:
    """Normalize each group of channels of each observation to mean 0 and variance 1, then scale and
    shift by channel.

    ``scaleFactor * (x - mean) / sqrt(var + Epsilon) + offset``, mean and biased variance over the
    channels of a group and all S, T and U.

    Parameters
    ----------
    X : data with a C dimension.
    numGroups : how many groups of channels that follow each other, a divisor of their number;
        "all-channels" (one group) or "channel-wise" (one channel a group).
    offset, scaleFactor : one number a channel.
    DataFormat : labels of an unformatted X; the result is then unformatted.
    Epsilon : added to the variance, above 0.

    Returns the format of X.

    Raises
    ------
    FormatError : no C dimension.
    ShapeError : numGroups does not divide the number of channels; offset or scaleFactor have
        another number of elements.

    Examples
    --------
    >>> X = dlarray([1.0, 3.0, 10.0, 30.0], "C")
    >>> groupnorm(X, 2, np.zeros(4), np.ones(4)).extractdata().ravel().round(4)
    array([-1., 1., -1., 1.])
    """
    call = "groupnorm"
    x, restore, channel = channelled(call, X, DataFormat)
    groups = _group_count(call, numGroups, x, channel)
    y = _normalized(call, x, channel, groups, "STU", offset, scaleFactor, Epsilon)
    return restore(wrap(y, x.fmt))


@_calls.explained
def instancenorm(
    X: Any,
    offset: Any,
    scaleFactor: Any,
    *,
    DataFormat: str | None = None,
    Epsilon: float = 1e-5,
) -> dlarray:
    """Normalize each channel of each observation to mean 0 and variance 1, then scale and shift it.

    `groupnorm` with "channel-wise" groups: mean and biased variance over all S, T and U.

    Parameters
    ----------
    X : data with a C dimension.
    offset, scaleFactor : one number a channel.
    DataFormat : labels of an unformatted X; the result is then unformatted.
    Epsilon : added to the variance, above 0.

    Returns the format of X.

    Raises
    ------
    FormatError : no C dimension.
    ShapeError : offset or scaleFactor have another number of elements than X has channels.

    Examples
    --------
    >>> X = dlarray([[1.0, 3.0], [10.0, 30.0]], "CT")
    >>> instancenorm(X, np.zeros(2), np.ones(2)).extractdata().round(4)
    array([[-1.,  1.],
           [-1.,  1.]])
    """
    call = "instancenorm"
    x, restore, channel = channelled(call, X, DataFormat)
    groups = x.shape[channel]
    y = _normalized(call, x, channel, groups, "STU", offset, scaleFactor, Epsilon)
    return restore(wrap(y, x.fmt))


@_calls.explained
def crosschannelnorm(
    X: Any,
    windowSize: int,
    *,
    DataFormat: str | None = None,
    Alpha: float = 1e-4,
    Beta: float = 0.75,
    K: float = 2.0,
) -> dlarray:
    """Divide each element by a power of the squares of the channels around it.

    ``x / (K + Alpha * ss / windowSize) ** Beta``, ss being the sum of squares over ``windowSize``
    channels around the element, as many as there are: also at the edges it is divided by the whole
    window size.

    Parameters
    ----------
    X : data with a C dimension.
    windowSize : an integer from 1 to 16; an even window has one channel more after the element
        than before it.
    DataFormat : labels of an unformatted X; the result is then unformatted.
    Alpha : the weight of the squares, a finite number.
    Beta : the exponent, at least 0.01.
    K : at least 1e-5.

    Returns the format of X.

    Raises
    ------
    FormatError : no C dimension.

    Examples
    --------
    >>> Y = crosschannelnorm(dlarray([1.0, 1.0, 1.0], "C"), 3, Alpha=1, Beta=1, K=1e-5)
    >>> Y.extractdata().ravel().round(6)
    array([1.499978, 0.99999 , 1.499978])
    """
    call = "crosschannelnorm"
    x, restore, channel = channelled(call, X, DataFormat)
    window = _checks.integer(call, "windowSize", windowSize)
    if window > LARGEST_WINDOW:
        raise ValueError(
            f"{call}: windowSize must be at most {LARGEST_WINDOW} channels; got {windowSize!r}."
        )
    alpha = _checks.number(call, "Alpha", Alpha)
    if abs(alpha) == float("inf"):
        raise ValueError(f"{call}: Alpha must be a number, finite; got {Alpha!r}.")
    y = operators.crosschannelnorm(
        x,
        outer=rows_order(x.fmt, channel),
        channel=channel,
        before=(window - 1) // 2,
        after=window // 2,
        alpha=alpha / window,
        beta=_checks.number(call, "Beta", Beta, 0.01, below=True),
        k=_checks.number(call, "K", K, 1e-5, below=True),
    )
    return restore(wrap(y, x.fmt))


# -- what they share ------------------------------------------------------------------------------


def channelled(call: str, X: Any, fmt: str | None) -> tuple[dlarray, Restore, int]:
    """X with labels, what turns a result back into X's form, and the axis of the channels."""
    x, restore = labelled(call, X, fmt)
    require_float(x, call)
    return x, restore, require_label(x, "C", call)


def rows_order(fmt: str, channel: int) -> Axes:
    """All axes but the channel, from slowest to fastest as kernels want them."""
    return tuple(axis for axis in formats.memory_order(fmt) if axis != channel)


def require_channel_vectors(
    call: str, x: dlarray, channel: int, names: tuple[str, ...], values: list[Any]
) -> None:
    """Raise unless each value has one element a channel."""
    for name, p in zip(names, values, strict=True):
        if p.size != x.shape[channel]:
            raise ShapeError(
                f"{call}: {name} must have one element for each of {x.shape[channel]} channels; "
                f"got {described(p)}."
            )


def _normalized(
    call: str,
    x: dlarray,
    channel: int,
    groups: int,
    joined: str,
    offset: Any,
    scale: Any,
    Epsilon: Any,
) -> Any:
    """x normalized over the channels of a group and the dimensions with the labels ``joined``."""
    epsilon = _checks.positive(call, "Epsilon", Epsilon)
    names = ("offset", "scaleFactor")
    x, *parameters = united(call, x, names, offset, scale)
    require_channel_vectors(call, x, channel, names, parameters)
    order = rows_order(x.fmt, channel)
    return operators.groupnorm(
        x,
        *parameters,
        outer=tuple(axis for axis in order if x.fmt[axis] not in joined),
        inner=tuple(axis for axis in order if x.fmt[axis] in joined),
        channel=channel,
        groups=groups,
        epsilon=epsilon,
    )


def _group_count(call: str, numGroups: Any, x: dlarray, channel: int) -> int:
    chans = x.shape[channel]
    if isinstance(numGroups, str):
        mode = _checks.choice(call, "numGroups", numGroups, GROUPS, other="a positive integer")
        return 1 if mode == "all-channels" else chans
    groups = _checks.integer(call, "numGroups", numGroups)
    if chans % groups:
        raise ShapeError(
            f"{call}: numGroups must divide the {chans} channels of X; got {numGroups} for "
            f"{described(x)}."
        )
    return groups
