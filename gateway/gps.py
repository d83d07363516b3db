"""GPS time, which DeviceTime and Basics Station count in."""

_EPOCH_MS = 315_964_800_000  # 1980-01-06
_LEAP_MS = 18_000  # GPS time has had no leap second since


def gps_ms(utc_ms: int) -> int:
    return utc_ms - _EPOCH_MS + _LEAP_MS
