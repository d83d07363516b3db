"""What may go wrong where the gateway runs: each finding in words, with the next step."""

import ctypes
from collections.abc import Callable, Iterator
from pathlib import Path

from gateway import doctor_brokers, doctor_files, local
from gateway.access import seal
from gateway.config import Config, SourceConfig, StationConfig
from gateway.finding import Finding
from gateway.model import GatewayError
from gateway.mqtt.look import Seen
from gateway.peers import BrokerConfig, LnsConfig
from gateway.store import backup
from gateway.store.database import opened
from gateway.words import said

Values = dict[str, str | float]
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
    yield from _formers(config.store.path)
    yield from doctor_files.examine(config, now_ms)
    for each in (*config.source, *config.sink):
        if isinstance(each, BrokerConfig):
            kind = "doctor.source" if isinstance(each, LnsConfig) else "doctor.sink"
            yield from doctor_brokers.examine(each, said(kind, name=each.name), look)
    for source in config.source:
        if not isinstance(source, LnsConfig):
            yield from _gateways(source)


def is_synchronized() -> bool:
    """As the kernel knows from whoever steers it: chrony, timesyncd, ntpd."""
    timex = ctypes.create_string_buffer(_TIMEX_BYTES)  # modes 0: only read
    return bool(0 <= ctypes.CDLL(None).adjtimex(timex) != _TIME_ERROR)


def _clock(is_good: bool) -> Finding:
    if is_good:
        return Finding(said("doctor.clock"), "good", said("doctor.clockGood"))
    return Finding(said("doctor.clock"), "wrong", said("doctor.clockFree"))


def _disk(folder: Path, free: Callable[[Path], tuple[int, int]]) -> Finding:
    name = said("doctor.disk")
    try:
        left, size = free(folder)
    except OSError as error:
        return Finding(name, "wrong", said("doctor.diskGone", folder=str(folder), error=error.strerror or ""))
    values: Values = {"folder": str(folder), "left": round(left / 1e9, 1), "size": round(size / 1e9, 1)}
    if left < _FREE_BYTES or left < size * _FREE_SHARE:
        return Finding(name, "wrong", said("doctor.diskFull", **values))
    return Finding(name, "good", said("doctor.diskFree", **values))


def _master_key(config: Config) -> Finding:
    name, key = said("doctor.masterKey"), config.store.key_file
    if key is None:
        return Finding(name, "look", said("doctor.keyPlain"))
    fits = _fits(config)
    if not key.exists():
        if fits is None:
            return Finding(name, "look", said("doctor.keyNone", key=str(key)))
        return Finding(name, "wrong", said("refusal.keyGone", file=str(key)))
    try:
        key.read()
    except GatewayError as error:
        return Finding(name, "wrong", error.text)
    if fits is False:
        return Finding(name, "wrong", said("refusal.otherKey", file=str(key)))
    return Finding(name, "good", said("doctor.keyGood", key=str(key)))


def _fits(config: Config) -> bool | None:
    """Whether the key opens the database; None where nothing is sealed, or that cannot be read."""
    where = config.store.where
    if isinstance(where, Path) and not where.exists():
        return None
    try:
        with opened(where) as db:
            return seal.check(db, config.store.key_file)
    except GatewayError:
        return None


def _lock(database: Path) -> Finding:
    name = said("doctor.lock")
    if not database.absolute().parent.is_dir():
        return Finding(name, "wrong", said("doctor.noFolder", folder=str(database.parent)))
    with local.Lock(database) as lock:
        is_free = lock.take()
    if is_free:
        return Finding(name, "look", said("doctor.lockFree", database=str(database)))
    return Finding(name, "good", said("doctor.lockHeld", database=str(database)))


def _formers(database: Path) -> Iterator[Finding]:
    """Copies that were made before a schema was brought up to date."""
    for file in sorted(database.parent.glob(f"{database.name}.schema-*")):
        yield Finding(said("doctor.former"), "look", said("doctor.formerKept", file=str(file)))


def _backup(config: Config, now_ms: int) -> Finding:
    name, folder = said("doctor.backup"), config.backup.folder
    if folder is None:
        return Finding(name, "wrong", said("doctor.backupOff"))
    age_ms = backup.age_ms(folder, now_ms)
    if age_ms is None:
        return Finding(name, "wrong", said("doctor.backupNone", folder=str(folder)))
    values: Values = {"folder": str(folder), "hours": age_ms // _HOUR_MS}
    if age_ms > _STALE_H * _HOUR_MS:
        return Finding(name, "wrong", said("doctor.backupStale", **values))
    return Finding(name, "good", said("doctor.backupGood", **values))


def _gateways(source: SourceConfig | StationConfig) -> Iterator[Finding]:
    """What protects a port that gateways call."""
    name = said("doctor.source", name=f"{source.type} {source.bind}")
    if isinstance(source, SourceConfig):
        if not source.bind.is_loopback:
            yield Finding(name, "look", said("doctor.udpOpen"))
        return
    asks = source.tokens_file or source.client_ca_file
    if asks:
        yield Finding(name, "good", said("doctor.stationsKnown", file=str(asks)))
    else:
        yield Finding(name, "look", said("doctor.stationsOpen"))
