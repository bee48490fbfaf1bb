"""`dlaccelerate`: functions that repeat a recorded plan.

The first call with arguments of some sizes and formats runs the function and records its operator
calls (`plan`).  Later calls with the same signature repeat these on the new arrays: no label logic,
no tape, and none of the function's own code.  What the function does beside operator calls is
therefore done once, at the first trace; `AcceleratedFunction` lists it.
"""

from __future__ import annotations

import itertools
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from .. import _checks
from ..tape import Array, Node, Operator, Traced, current_tape, is_traced, watched, watcher
from .autodiff import dlfeval
from .core import dlarray
from .plan import Plan, Recorder
from .signature import NoSignature, arrays_of, replaced, signature

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
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._plainly, self._evaluated = _Plainly(function), _Evaluated(function)
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
        if not isinstance(value, (bool, np.bool_)) and value not in (0, 1):
            raise ValueError(f"{CALL}: Enabled must be True or False; got {value!r}.")
        self._enabled = bool(value)

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

    def _run(self, mode: _Mode, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        if not self._enabled or watcher() is not None:
            return mode.plain(args, options)
        arrays: list[dlarray] = []
        try:
            key = (mode.name, signature((args, options), arrays), mode.places(arrays))
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
            self._hits += isinstance(trace, _Trace)
        if trace is None:
            return mode.plain(args, options)
        if not isinstance(trace, _Trace):
            return self._first(mode, key, args, options, arrays)
        if self._mode == "tolerance":
            return self._checked(mode, trace, args, options, arrays)
        return trace.run(arrays)

    def _first(
        self,
        mode: _Mode,
        key: Hashable,
        args: tuple[Any, ...],
        options: dict[str, Any],
        arrays: Sequence[dlarray],
    ) -> Any:
        """Run the function and keep a plan of what it did."""
        inputs = [_own(x) for x in arrays]
        recorder = Recorder([x._data for x in inputs])
        args, options = replaced((args, options), iter(inputs))
        with watched(recorder):
            result = mode.plain(args, options)
            trace = _Trace(recorder, result, inputs, mode)
        with self._lock:
            self._cache[key] = None if recorder.reason else trace
            self._shrink()
        if recorder.reason:
            _warn(recorder.reason, 5)
        return result

    def _checked(
        self,
        mode: _Mode,
        trace: _Trace,
        args: tuple[Any, ...],
        options: dict[str, Any],
        arrays: Sequence[dlarray],
    ) -> Any:
        """The replayed result, after comparison with the plain one, which draws for both."""
        draws = _Draws()
        with watched(draws):
            expected = mode.plain(args, options)
        result = trace.run(arrays, draws.results)
        pairs = list(zip(arrays_of(expected), arrays_of(result), strict=False))
        differences = [_difference(a._data, b._data) for a, b in pairs]
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


# -- how a call is made ---------------------------------------------------------------------------


class _Plainly:
    """A call of the function itself, of which an open tape may trace arguments."""

    name = "call"

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def plain(self, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        return self.function(*args, **options)

    def places(self, arrays: Sequence[dlarray]) -> Hashable:
        """Which arrays are traced, None if none is; and which are the same variable."""
        if current_tape() is None:
            return None
        nodes: list[Node | None] = [x.node if is_traced(x) else None for x in arrays]
        if not any(nodes):
            return None
        return tuple(None if node is None else nodes.index(node) for node in nodes)


class _Evaluated(_Plainly):
    """A call by `dlfeval`."""

    name = "dlfeval"

    def plain(self, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        return dlfeval(self.function, *args, **options)

    def places(self, arrays: Sequence[dlarray]) -> Hashable:
        return None


_Mode = _Plainly


class _Trace:
    """A plan, the value that the function returned, and where its arrays come from."""

    def __init__(
        self, recorder: Recorder, result: Any, inputs: Sequence[dlarray], mode: _Mode
    ) -> None:
        outputs = arrays_of(result)
        slots = [recorder.slot_of(x._data) for x in outputs]
        self.traced = mode.places(inputs) is not None
        self.places = [self.traced and is_traced(x) for x in outputs]
        if any(on and recorder.is_constant(n) for n, on in zip(slots, self.places, strict=True)):
            recorder.give_up("it returns a variable of its own")
        self.plan = Plan(recorder, slots)
        self.formats = [x.fmt for x in outputs]
        self.result = replaced(result, itertools.repeat(_NOTHING))  # holds no arrays of this call

    def run(self, arrays: Sequence[dlarray], draws: Sequence[Any] | None = None) -> Any:
        """The result for other arrays; with ``draws`` as random numbers."""
        found: Sequence[Any]
        with np.errstate(all="ignore"):
            if self.traced:
                found = self.plan.traced(arrays, draws)
            elif draws is None:
                found = self.plan.run(*[x._data for x in arrays])
            else:
                found = self.plan.with_draws([x._data for x in arrays], draws)
        return replaced(self.result, map(_labelled, found, self.formats, self.places))


class _Draws:
    """Watches what operators draw, and nothing else."""

    def __init__(self) -> None:
        self.results: list[Any] = []

    def called(
        self, operator: Operator, arguments: Any, options: Any, result: Any, traced: Any
    ) -> Any:
        if not operator.pure:
            self.results.append(result)
        return result

    def wrapped(self, array: Array) -> None:
        pass

    def constant(self, array: Array) -> Array:
        return array

    def decides(self, what: str, array: Array | None) -> None:
        pass


def _difference(a: Array, b: Array) -> float:
    """The largest difference, absolute or relative to the largest number."""
    if a.shape != b.shape:
        return np.inf
    if not a.size or np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"):
        return 0.0
    with np.errstate(all="ignore"):
        a, b = a.astype(np.result_type(a, np.float64)), b.astype(np.result_type(b, np.float64))
        worst = float(np.abs(a - b).max()) / max(1.0, float(np.abs(a).max()))
    return worst if np.isfinite(worst) else np.inf


def _labelled(value: Any, fmt: str, traced: bool = True) -> dlarray:
    """`wrap` of a result, whose format fits already; a constant unless ``traced``."""
    array = _new(dlarray)
    array.fmt = fmt
    if isinstance(value, Traced):
        array._data, array.node = value._data, value.node if traced else None
    else:
        array._data, array.node = value, None
    return array


_new = dlarray.__new__


def _own(x: dlarray) -> dlarray:
    """The array with data of its own identity, at the same place of the tape."""
    return _labelled(Traced(x._data.view(), x.node), x.fmt)


_NOTHING = _labelled(np.empty((0, 0)), "")
