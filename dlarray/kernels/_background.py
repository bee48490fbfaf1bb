"""Work that a Ctrl-C must not break off.

Numba's compiler is not made for it: a KeyboardInterrupt in it leaves tables half filled, after
which no function compiles any more in the process, and one that comes while LLVM is at work, most
of the time, is printed and lost.  Python runs handlers of signals in the main thread only.  So
compilations run in another one, for which the main thread waits: it can be interrupted at once, and
the compilation is finished and kept nevertheless.

What a thread said of its compilations, in `said`, holds there too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


class _Said(threading.local):
    quiet = False  # nobody is told of compilations, and they count for nobody's patience
    tell: Callable[[str], None] | None = None  # who writes the notice


said = _Said()


def in_background(function, *arguments) -> Any:
    """function(*arguments), run in another thread where this one may be interrupted."""
    if threading.current_thread() is not threading.main_thread():
        return function(*arguments)
    outcome: dict[str, Any] = {}
    done = threading.Lock()  # Thread.join of an interrupted thread takes the other one for ended
    done.acquire()
    here = dict(vars(said))

    def run() -> None:
        vars(said).update(here)
        try:
            outcome["value"] = function(*arguments)
        except BaseException as error:
            outcome["error"] = error
        finally:
            done.release()

    try:
        threading.Thread(target=run, name="dlarray compiles a kernel").start()
    except RuntimeError:  # the system gives no thread
        return function(*arguments)
    done.acquire()
    if "error" in outcome:
        raise outcome.pop("error")
    return outcome["value"]
