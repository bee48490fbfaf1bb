"""Reverse-mode automatic differentiation by a tape.

An *operator* is a function of plain arrays with a backward rule.  Calling it computes; if an
argument is a `Traced` value of this thread's innermost open tape, the call is also recorded as a
`Node` that leads to the nodes of its arguments.  `gradients` walks the nodes from a result to its
leaves, newest first, and lets each operator's rule turn the gradient of its result into those of
its arguments.

The tape knows no operator by name and no label.  A rule is written with operators itself, so that a
backward pass can be recorded and differentiated again.  A tape holds its nodes weakly: a node lives
while a traced value or a later node leads to it.  When a tape closes, what its nodes kept is
dropped, so a value carried out of the call holds no memory but its own.

    @operator
    def square(x):
        return x * x

    @square.backward
    def _(dy, _y, x):
        return mul(dy, mul(x, 2))

A rule gets the gradient, the result, and the arguments of the call.  What it does not need it names
with an underscore in front; of that it gets shape and dtype only.  It returns one
gradient per argument, None for an argument without one; a gradient that costs something may be a
function of no arguments, called only if it is asked for.  An operator may return ``(y,
*residuals)``: the first is its value, and the rule gets the whole tuple as the result.

Where a fast rule calls kernels that can't be recorded (``@op.backward(recordable=False)``),
``@op.reference`` gives a composition of operators with the same value, and only when the backward
pass is itself being recorded that is differentiated instead.

Since every numeric step is an operator call, one who watches all calls of a thread (`watched`) can
repeat a computation without the code that led to it: that is how `dlaccelerate` makes its plans.
"""

from .backward import between, gradients
from .direct import (
    TRANSPOSE,
    Direct,
    Steps,
    Way,
    after,
    flattened,
    reshaped,
    simplified,
    transposed,
    undone,
)
from .graph import (
    RELEASED,
    Array,
    GradientError,
    Node,
    Spec,
    Tape,
    Traced,
    current_tape,
    is_traced,
    paused,
    recording,
    untraced,
)
from .operator import (
    PUBLIC_NAMES,
    Operator,
    Watcher,
    accumulate,
    alias,
    constant,
    copied,
    decides,
    draw,
    no_memory,
    operator,
    pair,
    watched,
    watcher,
    wrapped,
)

__all__ = [
    "PUBLIC_NAMES",
    "RELEASED",
    "TRANSPOSE",
    "Array",
    "Direct",
    "GradientError",
    "Node",
    "Operator",
    "Spec",
    "Steps",
    "Tape",
    "Traced",
    "Watcher",
    "Way",
    "accumulate",
    "after",
    "alias",
    "between",
    "constant",
    "copied",
    "current_tape",
    "decides",
    "draw",
    "flattened",
    "gradients",
    "is_traced",
    "no_memory",
    "operator",
    "pair",
    "paused",
    "recording",
    "reshaped",
    "simplified",
    "transposed",
    "undone",
    "untraced",
    "watched",
    "watcher",
    "wrapped",
]
