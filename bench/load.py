"""What other processes do while we measure.

A machine that is shared with others gives numbers that say nothing about the libraries: two threads
that meet at a barrier wait for the one whose core is lent to a stranger.  The peak before and after
a round does not show what happened in between; the system's counters do.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

LOAD = 0.1  # of a core: what is measured beside more than this is measured again,
TRIES = 3  # so often at most,
WAIT = 20  # after so many seconds at most in which they may end

TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class Watch:
    """The processor time that processes other than these take, from now on."""

    def __init__(self, own: Iterable[int]) -> None:
        self.own = [os.getpid(), *own]
        self.start = time.perf_counter()
        self.before = self._others()

    def _others(self) -> float | None:
        """Seconds of all processes, and those taken from the whole machine, less our own."""
        try:
            cpu = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
            user, nice, system, _, _, irq, softirq, steal = (int(n) for n in cpu[:8])
            busy = user + nice + system + irq + softirq + steal
            return (busy - sum(_used(process) for process in self.own)) / TICK
        except (OSError, ValueError):  # no such file: not Linux
            return None

    def load(self) -> float:
        """How many cores the others kept busy; 0 where the system does not say."""
        after = self._others()
        if self.before is None or after is None:
            return 0.0
        return max(0.0, after - self.before) / (time.perf_counter() - self.start)


def wait() -> None:
    """Until other processes are quiet, `WAIT` seconds at most."""
    end = time.perf_counter() + WAIT
    while time.perf_counter() < end:
        watch = Watch([])
        time.sleep(0.5)
        if watch.load() <= LOAD:
            return


def _used(process: int) -> int:
    """Ticks of a process and of the children that it has waited for."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(int(n) for n in fields[11:15])
