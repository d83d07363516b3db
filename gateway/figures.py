"""What /metrics tells beside the counters: lead times, the air that is used, strangers."""

from typing import Any

from gateway.network import strangers, transmissions
from gateway.network.gateways import Gateways
from gateway.sources.presence import Presence
from gateway.store.database import Connection

_HOUR_MS = 3_600_000
_QUANTILES = (0.01, 0.5)
_MOST_GATEWAYS = 100  # of those that sent most; who invents gateways invents no labels


def told(db: Connection, now_ms: int, gateways: Gateways, presence: Presence) -> dict[str, Any]:
    spent = sorted(gateways.spent(now_ms), key=lambda each: -each.share)[:_MOST_GATEWAYS]
    leads_s = [ms / 1000 for ms in transmissions.leads_ms(db, now_ms - _HOUR_MS)]
    return {
        "leads_s": {at: leads_s[int((len(leads_s) - 1) * at)] for at in _QUANTILES} if leads_s else {},
        "airtime": {(each.gateway_id, each.band): each.share for each in spent},
        "unknown_devices": len(strangers.told(db, now_ms)),
        "unserved_gateways": len(presence.strangers()),
        "gateway_conflicts": len(presence.conflicts()),
    }
