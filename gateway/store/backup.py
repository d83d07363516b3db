"""Backups of a SQLite ledger: a whole copy beside the running gateway, and the way back."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple

from gateway.access import seal
from gateway.access.seal import KeyFile
from gateway.model import GatewayError
from gateway.store import sqlite
from gateway.store.database import Postgres, Where, opened
from gateway.words import said

_NAME = "messfunk-%Y%m%dT%H%M%SZ.db"
# A node takes a counter up to 16384 ahead (TS001-1.0.3, MAX_FCNT_GAP); JoinNonces only have to grow.
_AHEAD = 8192


class BackupError(GatewayError):
    """A backup cannot be made, trusted or taken back."""


class Verified(NamedTuple):
    """What a backup holds; `opens` says whether the present master key fits, None where nothing is sealed."""

    devices: int
    uplinks: int
    newest_ms: int | None
    opens: bool | None


def create(where: Where, folder: Path, now_ms: int) -> Path:
    """One file, whole on disk before it has its name."""
    if isinstance(where, Postgres):
        raise BackupError(said("refusal.pgDump", database=str(where)))
    name = datetime.fromtimestamp(now_ms / 1000, UTC).strftime(_NAME)
    target = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sqlite.copy(where, target, sqlite.compact)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(said("refusal.noBackup", file=str(target), error=str(error))) from None
    return target


def prune(folder: Path, keep: int) -> None:
    """The newest `keep` stay."""
    for old in found(folder)[: -keep or None]:
        old.unlink(missing_ok=True)


def found(folder: Path) -> list[Path]:
    """By age, the newest last."""
    return sorted(folder.glob("messfunk-*Z.db"))


def age_ms(folder: Path, now_ms: int) -> int | None:
    """Of the newest; None without any."""
    return now_ms - made_at(found(folder)[-1]) if found(folder) else None


def made_at(backup: Path) -> int:
    """In milliseconds, by its name."""
    return int(datetime.strptime(backup.name, _NAME).replace(tzinfo=UTC).timestamp() * 1000)


def verify(backup: Path, key_file: KeyFile | None) -> Verified:
    """Read all of it."""
    try:
        with opened(backup) as db:
            complaints = [row[0] for row in db.execute("PRAGMA integrity_check")]
            dangling = db.execute("PRAGMA foreign_key_check").fetchone()
            devices = db.execute("SELECT count(*) FROM device").fetchone()[0]
            uplinks = db.execute("SELECT count(*) FROM uplink").fetchone()[0]
            newest = db.execute("SELECT max(received_at) FROM uplink").fetchone()[0]
            opens = seal.check(db, key_file)
    except GatewayError as error:
        raise BackupError(said("refusal.notABackup", file=str(backup), error=error.text)) from None
    if complaints != ["ok"] or dangling:
        raise BackupError(said("refusal.damaged", file=str(backup), error=str(complaints[0])))
    return Verified(devices, uplinks, newest, opens)


def restore(backup: Path, target: Path) -> Path | None:
    """In place of `target`, which nobody may have open; it is kept beside and its path given back.

    Counters go ahead of all that may have been used since, and no DevNonce that is known is forgotten.
    """
    part = target.with_name(f".{target.name}.restored")
    try:
        sqlite.copy(backup, part, sqlite.page_by_page)
        with closing(sqlite.connect(part, keep=False)) as db:
            with db.transaction():
                _go_ahead(db, target)
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except (OSError, sqlite3.Error) as error:
        raise BackupError(said("refusal.notRestored", file=str(backup), error=str(error))) from None
    former = _put_aside(target)
    part.rename(target)
    sqlite.to_disk(target.parent)
    return former


def _go_ahead(db: sqlite.SqliteConnection, former: Path) -> None:
    """Over what the backup says and, as far as it can be read, what the former database says."""
    if former.exists():
        try:
            with opened(former) as old:
                nonces = old.execute("SELECT dev_eui, join_eui, dev_nonce FROM dev_nonce").fetchall()
                joins = old.execute("SELECT join_nonce, dev_eui FROM device").fetchall()
                downs = old.execute("SELECT fcnt_down, id, dev_eui FROM session").fetchall()
        except GatewayError:
            nonces, joins, downs = [], [], []  # damaged: that is why there are backups
        db.executemany(
            "INSERT INTO dev_nonce (dev_eui, join_eui, dev_nonce)"
            " SELECT dev_eui, ?, ? FROM device WHERE dev_eui = ? ON CONFLICT DO NOTHING",
            [(row["join_eui"], row["dev_nonce"], row["dev_eui"]) for row in nonces],
        )
        db.executemany(
            "UPDATE device SET join_nonce = max(join_nonce, ?) WHERE dev_eui = ?", map(tuple, joins)
        )
        db.executemany(
            "UPDATE session SET fcnt_down = max(fcnt_down, ?) WHERE id = ? AND dev_eui = ?", map(tuple, downs)
        )
    db.execute("UPDATE device SET join_nonce = join_nonce + ?", (_AHEAD,))
    db.execute("UPDATE session SET fcnt_down = fcnt_down + ?", (_AHEAD,))


def _put_aside(target: Path) -> Path | None:
    """Under a name of its own: who restores twice has the first one still."""
    if not target.exists():
        return None
    first = target.with_name(f"{target.name}.before-restore")
    others = (first.with_name(f"{first.name}-{number}") for number in count(2))
    former = next(each for each in chain([first], others) if not each.exists())
    for suffix in ("", "-wal", "-shm"):
        file = Path(f"{target}{suffix}")
        if file.exists():
            file.replace(f"{former}{suffix}")
    return former
