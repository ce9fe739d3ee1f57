"""Checks what scripts/timing-tables.py prints of small runs: rows are against the status quo, and in the range that two worlds allow."""

import re
import sys

lines = open(sys.argv[1]).read().splitlines()


def row(start, after=0):
    """Numbers of the program's own line below the line that starts with `start`, spreads left out."""
    at = next(i for i, line in enumerate(lines) if i >= after and line.startswith(start))
    own = next(line for line in lines[at:] if line[32:44].strip() == "here")
    return [float(cell) for cell in re.findall(r"(?<![±\d.])[-+]?\d+(?:\.\d+)?", own[44:])]


surge = row("weeks_20_25")[:5]
assert surge == sorted(surge) and surge[1] > 0, f"the surge rises with belief: {surge}"
assert 35 < surge[4] < 55, f"at belief 1, reference 44: {surge}"
assert all(abs(x) < 1 for x in row("weeks_20_77")), "nobody is lost who rushes"
alone = row("timing alone")
assert alone[0] > 8 > 0 > alone[1], f"a rush and its payback: {alone}"
imposed = row("sanctioned", next(i for i, line in enumerate(lines) if line.startswith("(c)")))
assert all(-95 < x < -75 for x in imposed[2:]), f"sales under sanctions: {imposed}"
print("timing tables as they should be:", surge, imposed)
