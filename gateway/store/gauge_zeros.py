"""Gauge zeros over NHN: each holds for its site from its date until the next one."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import attrgetter

from gateway.model import GaugeZero
from gateway.store import sites
from gateway.store.database import Connection, among

_OF_MANY = """
    SELECT site_id, from_ms, over_nhn_mm FROM gauge_zero WHERE site_id IN ({keys}) ORDER BY site_id, from_ms
"""
_SET = """
    INSERT INTO gauge_zero (site_id, from_ms, over_nhn_mm) VALUES (?, ?, ?)
    ON CONFLICT (site_id, from_ms) DO UPDATE SET over_nhn_mm = excluded.over_nhn_mm
"""


def of_sites(db: Connection, site_ids: Iterable[str]) -> dict[str, list[GaugeZero]]:
    """Oldest first."""
    found: dict[str, list[GaugeZero]] = {}
    for site_id, from_ms, over_nhn_mm in among(db, _OF_MANY, site_ids):
        found.setdefault(site_id, []).append(GaugeZero(from_ms, over_nhn_mm))
    return found


def of_site(db: Connection, site_id: str) -> list[GaugeZero]:
    """Oldest first."""
    return of_sites(db, [site_id]).get(site_id, [])


def valid_at(zeros: Sequence[GaugeZero], time: int) -> int | None:
    """Of those of one site, the oldest first: the height over NHN that counted then."""
    place = bisect_right(zeros, time, key=attrgetter("from_ms"))
    return zeros[place - 1].over_nhn_mm if place else None


def over_nhn_mm(zeros: Sequence[GaugeZero], time: int, level_mm: float | None) -> float | None:
    """What a level was over NHN; None while one of both is unknown."""
    zero_mm = valid_at(zeros, time)
    return None if zero_mm is None or level_mm is None else level_mm + zero_mm


def put(db: Connection, site_id: str, zero: GaugeZero) -> None:
    """In force from its date on; one of the same date is corrected."""
    db.execute(_SET, (site_id, zero.from_ms, zero.over_nhn_mm))


def lift(db: Connection, site_id: str, from_ms: int, raised_mm: int) -> list[str]:
    """The gauge was moved and the sensors were not: from then on each hangs so much less over its zero.

    One that was hung later was surveyed over the new zero. Which devices it concerns.
    """
    there = sites.installed_at(db, site_id)
    anew = {each.dev_eui: each for each in there if each.from_ms == from_ms}  # lifted before, otherwise
    lifted = []
    for each in there:
        ends = anew[each.dev_eui].to_ms if each.to_ms == from_ms and each.dev_eui in anew else each.to_ms
        if each.mount_mm is not None and each.from_ms < from_ms and (ends is None or ends > from_ms):
            mount_mm = each.mount_mm - raised_mm
            sites.install(db, replace(each, from_ms=from_ms, to_ms=ends, mount_mm=mount_mm))
            lifted.append(each.dev_eui)
    return lifted
