"""`dlaccelerate`: functions that repeat a recorded plan.

The first call with arguments of some sizes and formats runs the function and records its operator
calls (`plan`).  Later calls with the same signature repeat these on the new arrays: no label logic,
no tape, and none of the function's own code.  What the function does beside operator calls is
therefore done once, at the first trace; `AcceleratedFunction` lists it.
"""

from __future__ import annotations

import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from .. import _checks
from ..tape import watched, watcher
from .core import dlarray
from .plan import Recorder
from .signature import NoSignature, arrays_of, replaced, signature
from .trace import Draws, Evaluated, Plainly, Trace, difference, own

CALL = "dlaccelerate"
CHECK_MODES = ("none", "tolerance")
_NEW = object()  # no plan yet, where None says that there can be none


class AcceleratedFunction:
    """A function whose repeated calls replay a recorded plan; made by `dlaccelerate`.

    Call it as the function, or give it to `dlfeval`.  A plan fits a call with the same structure of
    arguments, the same formats, sizes and types of dlarrays (in containers, and the learnables and
    state of networks, too), whatever their values, and the same values of every other argument.
    Functions among the arguments are compared by identity: a new lambda makes a new plan each time.
    The results are the bits of the plain call.

    What happens outside functions of dlarrays happens at the first trace only, and is frozen in the
    plan:

    - which branch Python takes by a value (``if X > 0``, ``float(X)``, ``X.item()``);
    - what `extractdata`, ``X.data`` or NumPy read from an array;
    - variables that the function captures, as they were;
    - random numbers of NumPy or Python (those of `dropout` are drawn anew in each call);
    - side effects such as printing, counting or appending to a list.  Lists and dicts among the
      arguments reach the function as copies.

    Where a later step's size depends on values, as with ``X[X > 0]``, or an array is computed
    outside functions of dlarrays, a plan would be wrong: then the function runs as it is, with one
    warning that says so.  It also runs as it is within the first trace of another accelerated
    function.  Assigning by a mask, ``X[mask] = 0``, is no such case.

    Properties
    ----------
    Function : the function.
    Enabled : False runs the function as it is.
    CacheSize : how many plans are kept; the one used longest ago goes first.
    HitRate : the percentage of calls that found their plan.
    Occupancy : the percentage of the cache that is used.
    CheckMode : "tolerance" also runs the function in each call, and warns if a result differs.
    CheckTolerance : the largest difference in that check, absolute, or relative to the largest
        number.

    Examples
    --------
    >>> accfun = dlaccelerate(lambda X: sum(X * X))
    >>> Y = [accfun(dlarray([1.0, n])).item() for n in (2, 3, 5, 7)]
    >>> Y, accfun.HitRate
    ([5.0, 10.0, 26.0, 50.0], 75.0)
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._plainly, self._evaluated = Plainly(function), Evaluated(function)
        self._enabled, self._size = True, 50
        self._mode, self._tolerance = "none", 1e-4
        self._lock = threading.Lock()
        self._cache: OrderedDict[Hashable, Any] = OrderedDict()
        self._recent: tuple[Hashable, Any] = (None, None)
        self._calls = self._hits = 0

    # -- properties -------------------------------------------------------------------------------

    @property
    def Function(self) -> Callable[..., Any]:
        return self._function

    @property
    def Enabled(self) -> bool:
        return self._enabled

    @Enabled.setter
    def Enabled(self, value: Any) -> None:
        self._enabled = _checks.logical(CALL, "Enabled", value)

    @property
    def CacheSize(self) -> int:
        return self._size

    @CacheSize.setter
    def CacheSize(self, value: Any) -> None:
        self._size = _checks.integer(CALL, "CacheSize", value)
        with self._lock:
            self._shrink()

    @property
    def HitRate(self) -> float:
        return 100.0 * self._hits / self._calls if self._calls else 0.0

    @property
    def Occupancy(self) -> float:
        return 100.0 * len(self._cache) / self._size

    @property
    def CheckMode(self) -> str:
        return self._mode

    @CheckMode.setter
    def CheckMode(self, value: Any) -> None:
        self._mode = _checks.choice(CALL, "CheckMode", value, CHECK_MODES)

    @property
    def CheckTolerance(self) -> float:
        return self._tolerance

    @CheckTolerance.setter
    def CheckTolerance(self, value: Any) -> None:
        self._tolerance = _checks.number(CALL, "CheckTolerance", value, 0, above=True)

    def __repr__(self) -> str:
        name = getattr(self._function, "__name__", type(self._function).__name__)
        rows = [
            ("Function", f"@{name}"),
            ("Enabled", str(int(self._enabled))),
            ("CacheSize", str(self._size)),
            ("HitRate", f"{self.HitRate:.5g}"),
            ("Occupancy", f"{self.Occupancy:.5g}"),
            ("CheckMode", f"'{self._mode}'"),
            ("CheckTolerance", f"{self._tolerance:.4e}"),
        ]
        lines = [f"{title:>18}: {value}" for title, value in rows]
        return "\n".join(["", "  AcceleratedFunction with properties:", "", *lines, ""])

    def clear(self) -> None:
        """Drop all plans and counts."""
        with self._lock:
            self._cache.clear()
            self._recent = None, None
            self._calls = self._hits = 0

    # -- calls ------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self._run(self._plainly, args, options)

    def __dlfeval__(self, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """The call as `dlfeval` makes it: with the arguments traced, and results without trace."""
        return self._run(self._evaluated, args, options)

    def _run(self, mode: Plainly, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        if not self._enabled or watcher() is not None:
            return mode.plain(args, options)
        arrays: list[dlarray] = []
        try:
            key = (
                mode.name,
                *[signature(value, arrays) for value in args],
                signature(options, arrays) if options else None,
                mode.places(arrays),
            )
        except NoSignature as error:
            _warn(str(error), 4)
            return mode.plain(args, options)
        with self._lock:
            self._calls += 1
            recent, trace = self._recent
            if recent != key:  # costs less than two hashes
                trace = self._cache.get(key, _NEW)
                if trace is not _NEW:
                    self._cache.move_to_end(key)
                    self._recent = key, trace
            self._hits += isinstance(trace, Trace)
        if trace is None:
            return mode.plain(args, options)
        if not isinstance(trace, Trace):
            return self._first(mode, key, args, options, arrays)
        if self._mode == "tolerance":
            return self._checked(mode, trace, args, options, arrays)
        return trace.run(arrays)

    def _first(
        self,
        mode: Plainly,
        key: Hashable,
        args: tuple[Any, ...],
        options: dict[str, Any],
        arrays: Sequence[dlarray],
    ) -> Any:
        """Run the function and keep a plan of what it did."""
        inputs = [own(x) for x in arrays]
        recorder = Recorder([x._data for x in inputs])
        args, options = replaced((args, options), iter(inputs))
        with watched(recorder):
            result = mode.plain(args, options)
            trace = Trace(recorder, result, inputs, mode)
        with self._lock:
            self._cache[key] = None if recorder.reason else trace
            self._shrink()
        if recorder.reason:
            _warn(recorder.reason, 5)
        return result

    def _checked(
        self,
        mode: Plainly,
        trace: Trace,
        args: tuple[Any, ...],
        options: dict[str, Any],
        arrays: Sequence[dlarray],
    ) -> Any:
        """The replayed result, after comparison with the plain one, which draws for both."""
        draws = Draws()
        with watched(draws):
            expected = mode.plain(args, options)
        result = trace.run(arrays, draws.results)
        pairs = list(zip(arrays_of(expected), arrays_of(result), strict=False))
        differences = [difference(a._data, b._data) for a, b in pairs]
        if len(arrays_of(expected)) != len(pairs) or len(arrays_of(result)) != len(pairs):
            differences.append(np.inf)
        worst = max(differences, default=0.0)
        if not worst <= self._tolerance:
            warnings.warn(
                f"{CALL}: the accelerated result differs from that of the function by "
                f"{worst:.3g}, more than CheckTolerance, {self._tolerance:g}. The function depends "
                "on something that was frozen at the first trace; see AcceleratedFunction.",
                RuntimeWarning,
                stacklevel=4,
            )
        return result

    def _shrink(self) -> None:
        self._recent = None, None
        while len(self._cache) > self._size:
            self._cache.popitem(last=False)


def _warn(reason: str, level: int) -> None:
    warnings.warn(
        f"{CALL}: the function runs without acceleration: {reason}.",
        RuntimeWarning,
        stacklevel=level,
    )


def dlaccelerate(fun: Callable[..., Any]) -> AcceleratedFunction:
    """An `AcceleratedFunction`: repeated calls with arguments of the same sizes and formats replay
    what the first one did.

    Examples
    --------
    >>> def loss(x):
    ...     y = sum(x**2, "all")
    ...     return y, dlgradient(y, x)
    >>> accfun = dlaccelerate(loss)
    >>> for value in (3.0, 4.0):
    ...     y, gradient = dlfeval(accfun, dlarray([value]))
    >>> y.item(), gradient.item(), accfun.HitRate
    (16.0, 8.0, 50.0)
    """
    if not callable(fun):
        raise TypeError(f"{CALL}: the argument must be a function; got {type(fun).__name__}.")
    return fun if isinstance(fun, AcceleratedFunction) else AcceleratedFunction(fun)


def clearCache(accfun: AcceleratedFunction) -> None:
    """Drop the plans of an accelerated function, so that the next calls trace anew.

    Examples
    --------
    >>> accfun = dlaccelerate(relu)
    >>> y = accfun(dlarray([1.0]))
    >>> clearCache(accfun)
    >>> accfun.Occupancy
    0.0
    """
    if not isinstance(accfun, AcceleratedFunction):
        raise TypeError(
            f"clearCache: the argument must be an AcceleratedFunction; got {type(accfun).__name__}."
        )
    accfun.clear()
