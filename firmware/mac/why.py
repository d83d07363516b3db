"""Why the node waits, in words: what was used, what is allowed, and when it is free."""

from firmware.mac.ledger import NEVER_MS


def chain(hindrances: "list[tuple[str, int, int, int]]") -> "list[str]":
    """`hindrances`: (what, us used, us allowed, free in ms); those that hinder nothing are left out."""
    return [_line(*hindrance) for hindrance in hindrances if hindrance[3] > 0]


def _line(what: str, used_us: int, limit_us: int, free_in_ms: int) -> str:
    if free_in_ms >= NEVER_MS:
        return f"{what}: the frame is longer than the {_seconds(limit_us)} s allowed"
    if not limit_us:
        return f"{what}, in {span(free_in_ms)}"
    return f"{what}: {_seconds(used_us)} of {_seconds(limit_us)} s used, free in {span(free_in_ms)}"


def span(duration_ms: int) -> str:
    """A time as a person says it, rounded up."""
    seconds = -(-duration_ms // 1000)
    if seconds < 120:
        return f"{seconds} s"
    minutes = -(-seconds // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def mhz(hz: int) -> str:
    return f"{hz // 1000000}.{hz // 100000 % 10}"


def _seconds(us: int) -> str:
    tenths = -(-us // 100000)
    return f"{tenths // 10}.{tenths % 10}"
