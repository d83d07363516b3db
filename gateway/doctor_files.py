"""What the doctor says of files: secrets that others on this machine can read, certificates that end."""

import stat
from collections.abc import Iterator
from pathlib import Path

from gateway import certificates
from gateway.config import Config
from gateway.finding import Finding
from gateway.section import Section
from gateway.words import said

_DAY_MS = 24 * 3_600_000
_SOON_DAYS = 21
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_SECRETS = ("password_file", "token_file", "tokens_file", "key_file", "tls_key_file")
_CERTIFICATES = ("tls_cert_file", "cert_file", "ca_file", "client_ca_file")


def examine(config: Config, now_ms: int) -> Iterator[Finding]:
    for key, file in _named(config, _SECRETS):
        if _is_open(file):
            yield Finding(key, "wrong", said("doctor.secretOpen", file=str(file)))
    database = config.store.path
    if config.store.url is None and database.exists() and _is_open(database):
        yield Finding(said("doctor.database"), "wrong", said("doctor.databaseOpen", file=str(database)))
    for key, file in _named(config, _CERTIFICATES):
        yield _certificate(key, file, now_ms)


def _named(config: Config, keys: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    """The files that all tables name by these keys."""
    tables: tuple[Section | None, ...] = (config.store, config.http, *config.source, *config.sink)
    for table in filter(None, tables):
        for key in keys:
            file = getattr(table, key, None)
            if isinstance(file, Path):
                yield key, file


def _is_open(file: Path) -> bool:
    return bool(stat.S_IMODE(file.stat().st_mode) & _OTHERS)


def _certificate(key: str, file: Path, now_ms: int) -> Finding:
    try:
        days = (certificates.ends_ms(file) - now_ms) // _DAY_MS
    except (OSError, ValueError, KeyError) as error:
        return Finding(key, "wrong", said("doctor.notRead", file=str(file), error=str(error)))
    if days < 0:
        return Finding(key, "wrong", said("doctor.ended", file=str(file), count=-days))
    return Finding(
        key, "look" if days < _SOON_DAYS else "good", said("doctor.ends", file=str(file), count=days)
    )
