"""``python -m bench``: measure every suite, then write tables, pictures and the README.

``python -m bench SUITE...`` measures these only; all that was measured before is drawn again.
``--rounds 0`` measures nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

from . import graphs, table
from .run import ROUNDS, SUITES, measure
from .table import RESULTS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=", ".join(SUITES))
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"of each case ({ROUNDS})")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads (default all)")
    options = parser.parse_args()
    unknown = set(options.suites) - set(SUITES)
    if unknown:
        parser.error(f"no such suites: {', '.join(sorted(unknown))}; there are {', '.join(SUITES)}")
    left_out = []
    for suite in (options.suites or SUITES) if options.rounds else ():
        print(f"\n{suite}", file=sys.stderr)
        report = measure(suite, options.rounds, options.threads)
        left_out += report.get("left out", [])
        (RESULTS / f"{suite}.json").write_text(json.dumps(report, indent=1) + "\n")
    table.main()
    graphs.main()
    if left_out:
        raise SystemExit(f"Left out: {'; '.join(left_out)}")


if __name__ == "__main__":
    main()
