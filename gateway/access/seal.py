"""Keys at rest: sealed by AES-SIV under a master key that is kept apart from the database."""

import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from Crypto.Cipher import AES
from Crypto.Cipher._mode_siv import SivMode

from gateway.model import GatewayError
from gateway.store.database import Connection, Postgres, Where
from gateway.words import said

VARIABLE = "MESSFUNK_MASTER_KEY"
COLUMNS = {"device": ("app_key",), "session": ("nwk_s_key", "app_s_key")}

_MASTER_BYTES = 64  # AES-256-SIV takes two keys of 32
_TAG_BYTES = 16
_PLAIN_BYTES = 16
_REMEMBERED = 200_000
_CHECK = b"messfunk"
# A plain key must not live on in pages that are free, nor in the log.
_SWEEP = {
    type(Path()): ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"),
    Postgres: ("VACUUM FULL device", "VACUUM FULL session"),
}


class SealError(GatewayError):
    """The keys cannot be opened; the text never holds one."""


class Keys:
    """Seals what goes into the database and opens it on first use. `repr` shows nothing."""

    __slots__ = ("_master", "_opened")

    def __init__(self, master: bytes):
        self._master = master
        self._opened: dict[tuple[bytes | str, ...], bytes] = {}

    def seal(self, key: bytes, *context: str) -> bytes:
        """Bound to `context`, a column and a device: elsewhere it opens nothing."""
        ciphertext, tag = self._cipher(context).encrypt_and_digest(key)
        return tag + ciphertext

    def open(self, sealed: bytes, *context: str) -> bytes:
        known = self._opened.get((sealed, *context))
        if known is None:
            known = self._unseal(sealed, context)
            if len(self._opened) >= _REMEMBERED:
                self._opened.clear()
            self._opened[sealed, *context] = known
        return known

    def _unseal(self, sealed: bytes, context: tuple[str, ...]) -> bytes:
        try:
            return self._cipher(context).decrypt_and_verify(sealed[_TAG_BYTES:], sealed[:_TAG_BYTES])
        except ValueError:
            raise SealError(
                f"the {' of '.join(context)} does not open: it was sealed under another master key"
            ) from None

    def _cipher(self, context: tuple[str, ...]) -> SivMode:
        cipher = AES.new(self._master, AES.MODE_SIV)
        for part in context:
            cipher.update(part.encode())
        return cipher


class KeyFile:
    """Where the master key is: the environment, else a file that only its owner can read."""

    def __init__(self, path: Path, environment: Mapping[str, str] = os.environ):
        self._path = path
        self._given = environment.get(VARIABLE)

    def __str__(self) -> str:
        return f"${VARIABLE}" if self._given is not None else str(self._path)

    def exists(self) -> bool:
        return self._given is not None or self._path.exists()

    def read(self) -> Keys:
        text = self._given if self._given is not None else self._text()
        try:
            master = bytes.fromhex(text.strip())
        except ValueError:
            master = b""
        if len(master) != _MASTER_BYTES:
            raise SealError(f"{self}: expected a master key of {2 * _MASTER_BYTES} hexadecimal digits")
        return Keys(master)

    def make(self) -> Keys:
        """Never over another one: what that sealed would be lost."""
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(_MASTER_BYTES) + "\n")
            file.flush()
            os.fsync(descriptor)
        return self.read()

    def _text(self) -> str:
        try:
            mode = self._path.stat().st_mode
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise SealError(said("refusal.keyOpen", file=str(self._path)))
            return self._path.read_text("ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise SealError(f"{self._path}: the master key cannot be read: {error}") from None


def unlock(db: Connection, where: Where, file: KeyFile) -> Keys:
    """What opens this database. The first time a key is made and what lies there plain is sealed."""
    row = db.execute("SELECT proof FROM seal").fetchone()
    if row is None:
        keys = file.read() if file.exists() else file.make()
        with db.transaction():
            found = _seal_all(db, keys)
            db.execute("INSERT INTO seal (proof) VALUES (?)", (keys.seal(_CHECK, "seal"),))
        for statement in _SWEEP[type(where)] if found else ():
            db.execute(statement)
        return keys
    if not file.exists():
        raise SealError(said("refusal.keyGone", file=str(file)))
    keys = file.read()
    if not _fits(keys, row["proof"]):
        raise SealError(said("refusal.otherKey", file=str(file)))
    return keys


def check(db: Connection, file: KeyFile | None) -> bool | None:
    """Whether the key is there and opens this database; None where nothing is sealed."""
    row = db.execute("SELECT proof FROM seal").fetchone()
    if row is None:
        return None
    try:
        return file is not None and file.exists() and _fits(file.read(), row["proof"])
    except SealError:
        return False


def _fits(keys: Keys, proof: bytes) -> bool:
    try:
        return keys.open(bytes(proof), "seal") != b""
    except SealError:
        return False


def is_sealed(db: Connection) -> bool:
    return db.execute("SELECT 1 FROM seal").fetchone() is not None


def _seal_all(db: Connection, keys: Keys) -> bool:
    """Whether there were any."""
    found = False
    for table, columns in COLUMNS.items():
        ident = "dev_eui" if table == "device" else "id"
        for column in columns:
            rows = db.execute(f"SELECT {ident}, dev_eui, {column} FROM {table} WHERE {column} IS NOT NULL")  # noqa: S608
            sealed = [
                (keys.seal(bytes(row[column]), column, row["dev_eui"]), row[ident])
                for row in rows.fetchall()
                if len(row[column]) == _PLAIN_BYTES
            ]
            db.executemany(f"UPDATE {table} SET {column} = ? WHERE {ident} = ?", sealed)  # noqa: S608
            found = found or bool(sealed)
    return found
