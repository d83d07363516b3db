"""Who speaks for each gateway: one address at a time, over all sources; and who called without being served.

A gateway that goes on is not replaced by whoever claims its EUI. Another address takes over once the old one
has been silent for three keepalives, or at once from within the network that the configuration names for it.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, replace

from gateway.model import Clock
from gateway.refusals import Refusals
from gateway.sources.section import Network

_SILENT_KEEPALIVES = 3
_MOST_STRANGERS = 100  # who invents EUIs pushes out what others have invented
_MOST_HOLDERS = 10_000
_DAY_MS = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Listing:
    """What a source's configuration says of gateways: which are served, and how often one is heard.

    `gateways` empty serves any; `keepalive_ms` None is for connections, whose end is seen.
    """

    source: str
    gateways: Mapping[str, Network | None]
    keepalive_ms: int | None


@dataclass(frozen=True, slots=True)
class Caller:
    """A gateway as it is known just now; `host` is where it calls from."""

    gateway_id: str
    source: str
    host: str
    since: int
    heard_at: int
    calls: int = 1


class Presence:
    """Pages look at it from threads of their own: what they are given is a copy."""

    def __init__(self, clock: Clock, refusals: Refusals):
        self._clock = clock
        self._refusals = refusals
        self._holders: dict[str, tuple[Caller, Listing]] = {}
        self._strangers: dict[str, Caller] = {}
        self._conflicts: dict[str, int] = {}

    def is_served(self, gateway_id: str, host: str, listing: Listing) -> bool:
        """Whether the configuration lists it; one that is not is remembered, to be shown."""
        if not listing.gateways or gateway_id in listing.gateways:
            return True
        now = self._clock.now_ms()
        known = self._strangers.pop(gateway_id, None)
        if known is None and len(self._strangers) >= _MOST_STRANGERS:
            del self._strangers[min(self._strangers, key=self._worth)]
        first = known or Caller(gateway_id, listing.source, host, now, now, 0)
        self._strangers[gateway_id] = replace(first, host=host, heard_at=now, calls=first.calls + 1)
        self._refusals.refuse("unknown_gateway", f"{gateway_id} is not listed in [[source]] gateways")
        return False

    def claim(self, gateway_id: str, host: str, listing: Listing) -> bool:
        """Whether this address may speak for it from now on."""
        now = self._clock.now_ms()
        held = self._holders.get(gateway_id)
        if held and (held[0].source, held[0].host) == (listing.source, host):
            self._holders[gateway_id] = replace(held[0], heard_at=now), listing
            return True
        if held and not (self._is_silent(*held, now) or _is_within(host, listing.gateways.get(gateway_id))):
            self._conflicts[gateway_id] = now
            self._refusals.refuse(
                "conflict",
                f"{gateway_id} calls by {listing.source} from a second address while the first goes on",
            )
            return False
        if held is None and len(self._holders) >= _MOST_HOLDERS:
            self._forget(now)
        self._holders[gateway_id] = Caller(gateway_id, listing.source, host, now, now), listing
        return True

    def leave(self, gateway_id: str, host: str, source: str) -> None:
        """Its connection has ended."""
        held = self._holders.get(gateway_id)
        if held and (held[0].source, held[0].host) == (source, host):
            del self._holders[gateway_id]

    def is_anothers(self, gateway_id: str, listing: Listing) -> bool:
        """Whether another source speaks for it."""
        held = self._holders.get(gateway_id)
        return (
            held is not None
            and held[0].source != listing.source
            and not self._is_silent(*held, self._clock.now_ms())
        )

    def present(self) -> list[Caller]:
        """Who is served and not silent."""
        now = self._clock.now_ms()
        return [
            caller
            for caller, listing in list(self._holders.values())
            if not self._is_silent(caller, listing, now)
        ]

    def strangers(self) -> list[Caller]:
        """Who has called within a day and is not served, the latest first."""
        since = self._clock.now_ms() - _DAY_MS
        return [each for each in reversed(list(self._strangers.values())) if each.heard_at >= since]

    def conflicts(self) -> Mapping[str, int]:
        """When each gateway was last claimed by a second address."""
        return self._conflicts.copy()

    def _is_silent(self, caller: Caller, listing: Listing, now: int) -> bool:
        if listing.keepalive_ms is None:
            return False
        return now - caller.heard_at > _SILENT_KEEPALIVES * listing.keepalive_ms

    def _forget(self, now: int) -> None:
        """Only without a list can there be so many: somebody on this machine invents them."""
        self._holders = {
            each: held for each, held in self._holders.items() if not self._is_silent(*held, now)
        }
        if len(self._holders) >= _MOST_HOLDERS:
            del self._holders[next(iter(self._holders))]

    def _worth(self, gateway_id: str) -> tuple[int, int]:
        return self._strangers[gateway_id].calls, self._strangers[gateway_id].heard_at


def _is_within(host: str, network: Network | None) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:  # what stands before a proxy may say anything
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped  # of a socket that takes both
    return network is not None and address in network
