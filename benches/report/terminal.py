#!/usr/bin/env python3
"""Copies the tables of a terminal bench into BENCHMARKS.md.

The bench types at programs in a pseudo-terminal, times what reaches the glass, and runs the least
program that could show the same stream (`floor-tui`: ratatui, no Markdown, no store) in the same
run. Its report is Markdown; this puts it under a heading of its own and leaves other sections alone.

    python3 benches/report/terminal.py REPORT
"""

import datetime
import pathlib
import re
import sys

TITLE = "The whole program in a terminal"
ABOUT = (
    "Two programs in turn in a pseudo-terminal of 120×40, a loopback server that sends four bytes a "
    "chunk. `floor-tui` is the least full-screen program that could show the same: its figures are "
    "what this machine can do. Three figures in a cell are the least, the median and the most."
)


def main(report: str) -> None:
    text = pathlib.Path(report).read_text(encoding="utf-8")
    # What comes before the first table tells how the run went along.
    body = text[re.search(r"^runs per app", text, re.M).start() :].strip()
    body = "\n".join(line for line in body.splitlines() if not re.match(r"\| (curl|floor-parse) ", line))
    section = f"\n## {TITLE}\n\n{ABOUT}\n\n{datetime.date.today()}, {body}\n"
    path = pathlib.Path(__file__).parents[2] / "BENCHMARKS.md"
    old = path.read_text(encoding="utf-8")
    old = re.sub(rf"\n## {TITLE}\n.*?(?=\n## |\Z)", "", old, flags=re.S)
    path.write_text(old.rstrip("\n") + "\n" + section, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
