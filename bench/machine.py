"""What the machine can do, printed beside every durable figure."""

from __future__ import annotations

import os
import resource
import tempfile
from pathlib import Path
from time import perf_counter


def sync_latency_us(folder: Path, count: int = 300) -> tuple[float, float]:
    """Median and 99th percentile of fdatasync after a write of 8 kB in `folder`, in microseconds."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        fd, times = file.fileno(), []
        for number in range(count):
            os.pwrite(fd, b"x" * 8192, number * 8192)
            started = perf_counter()
            os.fdatasync(fd)
            times.append((perf_counter() - started) * 1e6)
    times.sort()
    return times[count // 2], times[count * 99 // 100]


def resident_mb(pid: int | str = "self") -> float:
    """Resident memory of a process, shared pages included."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def children_mb() -> float:
    """Resident memory of the direct children of this process."""
    total = 0.0
    for task in Path("/proc/self/task").iterdir():
        total += sum(resident_mb(pid) for pid in (task / "children").read_text().split())
    return total


def table(rows: list[dict[str, object]]) -> str:
    """Rows of equal keys as an aligned text."""
    names = list(rows[0])
    cells = [names, *([_text(row.get(name, "")) for name in names] for row in rows)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(names))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in cells)


def _text(value: object) -> str:
    return (
        f"{value:,.2f}"
        if isinstance(value, float) and abs(value) < 100
        else f"{value:,.0f}"
        if isinstance(value, float)
        else str(value)
    )
