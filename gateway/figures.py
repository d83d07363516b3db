"""What /metrics tells beside the counters: the air that is used, strangers, what the kernel dropped."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gateway.network import strangers, transmissions
from gateway.network.gateways import Gateways
from gateway.sources.presence import Presence
from gateway.sources.semtech_udp import SemtechUdp
from gateway.store.database import Connection

_HOUR_MS = 3_600_000
_QUANTILES = (0.01, 0.5)
_MOST_GATEWAYS = 100  # of those that sent most; who invents gateways invents no labels
_TABLES = (Path("/proc/self/net/udp"), Path("/proc/self/net/udp6"))  # the unit hides /proc/net


def told(
    db: Connection, now_ms: int, gateways: Gateways, presence: Presence, sources: Iterable[object]
) -> dict[str, Any]:
    spent = sorted(gateways.spent(now_ms), key=lambda each: -each.share)[:_MOST_GATEWAYS]
    leads_s = [ms / 1000 for ms in transmissions.leads_ms(db, now_ms - _HOUR_MS)]
    return {
        "leads_s": {at: leads_s[int((len(leads_s) - 1) * at)] for at in _QUANTILES} if leads_s else {},
        "airtime": {(each.gateway_id, each.band): each.share for each in spent},
        "kernel_drops_total": sum(drops(each.fileno()) for each in sources if isinstance(each, SemtechUdp)),
        "unknown_devices": len(strangers.told(db, now_ms)),
        "unserved_gateways": len(presence.strangers()),
        "gateway_conflicts": len(presence.conflicts()),
    }


def drops(descriptor: int) -> int:
    """Datagrams that the kernel had no room for at this socket: the last column of proc(5)'s net/udp."""
    inode = str(os.fstat(descriptor).st_ino)
    for table in _TABLES:
        for line in table.read_text("ascii").splitlines()[1:] if table.exists() else ():
            cells = line.split()
            if cells[9] == inode:
                return int(cells[12])
    return 0
