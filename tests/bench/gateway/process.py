"""A process that is measured: its processor time with all threads, its memory, from /proc."""

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Usage:
    processor_s: float
    memory_mb: float


def usage(pid: int) -> Usage:
    """Of one process since its start; its memory is what is resident now."""
    folder = Path(f"/proc/{pid}")
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    resident = int((folder / "statm").read_text().split()[1])
    return Usage((int(fields[11]) + int(fields[12])) / _TICKS, resident * _PAGE / 1e6)
