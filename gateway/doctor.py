"""What may go wrong where the gateway runs: each finding in words, with the next step."""

import ctypes
from collections.abc import Callable, Iterator
from pathlib import Path

from gateway import doctor_brokers, doctor_files, local
from gateway.config import Config, SourceConfig, StationConfig
from gateway.finding import Finding
from gateway.model import GatewayError
from gateway.mqtt.look import Seen
from gateway.peers import BrokerConfig, LnsConfig
from gateway.store import backup

_TIMEX_BYTES = 512  # more than any kernel's struct timex
_TIME_ERROR = 5  # the clock is not synchronized (adjtimex(2))
_FREE_BYTES = 1 << 30
_FREE_SHARE = 0.05
_STALE_H = 26
_HOUR_MS = 3_600_000


def examine(
    config: Config,
    now_ms: int,
    is_synchronized: Callable[[], bool],
    free: Callable[[Path], tuple[int, int]],
    look: Callable[[BrokerConfig], Seen],
) -> Iterator[Finding]:
    """`free` says how many bytes of how many are free where a path lies."""
    yield _clock(is_synchronized())
    yield _disk(config.store.path.absolute().parent, free)
    yield _master_key(config)
    yield _lock(config.store.path)
    yield _backup(config, now_ms)
    yield from doctor_files.examine(config, now_ms)
    for each in (*config.source, *config.sink):
        if isinstance(each, BrokerConfig):
            kind = "source" if isinstance(each, LnsConfig) else "sink"
            yield from doctor_brokers.examine(each, f"{kind} {each.name}", look)
    for source in config.source:
        if not isinstance(source, LnsConfig):
            yield from _gateways(source)


def is_synchronized() -> bool:
    """As the kernel knows from whoever steers it: chrony, timesyncd, ntpd."""
    timex = ctypes.create_string_buffer(_TIMEX_BYTES)  # modes 0: only read
    return bool(0 <= ctypes.CDLL(None).adjtimex(timex) != _TIME_ERROR)


def _clock(is_good: bool) -> Finding:
    if is_good:
        return Finding("clock", "good", "it follows a time server")
    return Finding(
        "clock", "wrong", "no time server steers it, readings are dated by it: install chrony or timesyncd"
    )


def _disk(folder: Path, free: Callable[[Path], tuple[int, int]]) -> Finding:
    try:
        left, size = free(folder)
    except OSError as error:
        return Finding("disk", "wrong", f"{folder}: {error.strerror}: create it, or change [store] path")
    told = f"{folder}: {left / 1e9:.1f} of {size / 1e9:.1f} GB free"
    if left < _FREE_BYTES or left < size * _FREE_SHARE:
        return Finding("disk", "wrong", f"{told}: make room, what cannot be stored is not acknowledged")
    return Finding("disk", "good", told)


def _master_key(config: Config) -> Finding:
    key = config.store.key_file
    if key is None:
        return Finding("master key", "look", "plain_keys = true: the nodes' keys lie open; for simulations")
    if not key.exists():
        return Finding(
            "master key", "look", f"{key}: none yet; the first device makes it, or restore it from your copy"
        )
    try:
        key.read()
    except GatewayError as error:
        return Finding("master key", "wrong", str(error))
    return Finding("master key", "good", f"{key}: keep a copy elsewhere, not with the backups")


def _lock(database: Path) -> Finding:
    if not database.absolute().parent.is_dir():
        return Finding("database lock", "wrong", f"{database.parent}: no such folder; create it")
    with local.Lock(database) as lock:
        is_free = lock.take()
    if is_free:
        return Finding("database lock", "look", f"{database}: no gateway works with it; start one")
    return Finding("database lock", "good", f"{database}: a gateway works with it")


def _backup(config: Config, now_ms: int) -> Finding:
    folder = config.backup.folder
    if folder is None:
        return Finding("backup", "wrong", "none is made: set [backup] folder, on another disk")
    age_ms = backup.age_ms(folder, now_ms)
    if age_ms is None:
        return Finding("backup", "wrong", f"{folder}: none yet; run: messfunk backup create --to {folder}")
    told = f"{folder}: the newest is {age_ms // _HOUR_MS} hours old"
    if age_ms > _STALE_H * _HOUR_MS:
        return Finding("backup", "wrong", f"{told}: the gateway's log says why")
    return Finding("backup", "good", f"{told}; messfunk backup verify reads it")


def _gateways(source: SourceConfig | StationConfig) -> Iterator[Finding]:
    """What protects a port that gateways call."""
    where = f"source {source.type} {source.bind}"
    if isinstance(source, SourceConfig):
        if not source.bind.is_loopback:
            text = "UDP has no password: keep the port on a VPN or the gateways' own network"
            yield Finding(where, "look", text)
        return
    asks = source.tokens_file or source.client_ca_file
    if asks:
        yield Finding(where, "good", f"{asks}: whoever calls shows that it is that gateway")
    else:
        yield Finding(
            where, "look", "whoever reaches the port is believed: set tokens_file or client_ca_file"
        )
