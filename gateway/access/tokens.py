"""Access tokens: shown once, kept as a hash. 256 random bits need neither salt nor a slow hash."""

import hashlib
import secrets
from typing import Annotated, Any

from pydantic import Field

from gateway.access.roles import Principal, Role, RoleName
from gateway.commands import Command, Writing
from gateway.model import NotFoundError
from gateway.store.database import Connection
from gateway.store.queries import Row
from gateway.words import said

_PREFIX = "messfunk_"  # lets a scanner for leaked secrets know it
_DAY_MS = 86_400_000

Name = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,64}$")]
Days = Annotated[int, Field(ge=1, le=3660)]

_VALID = "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)"


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def create(writing: Writing, role: RoleName, name: Name | None = None, days: Days | None = None) -> Row:
    """The only answer that ever holds the token itself."""
    token = _PREFIX + secrets.token_urlsafe(32)
    now = writing.clock.now_ms()
    row = {
        "id": secrets.token_hex(4),
        "name": name or str(role),
        "role": str(role),
        "created_at": now,
        "expires_at": None if days is None else now + days * _DAY_MS,
        "revoked_at": None,
    }
    writing.store.connection.execute(
        "INSERT INTO token (id, name, role, created_at, expires_at, revoked_at, hash)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*row.values(), digest(token)),
    )
    return row | {"token": token}


def revoke(writing: Writing, id: str) -> Row:  # noqa: A002 (the name in HTTP and on the command line)
    """Its browser sessions end with it."""
    changed = writing.store.connection.execute(
        "UPDATE token SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL RETURNING id",
        (writing.clock.now_ms(), id),
    )
    if changed.fetchone() is None:
        raise NotFoundError(said("refusal.noToken", name=id))
    return {"revoked": id}


def known(db: Connection) -> list[Row]:
    """All of them, without their hashes."""
    found = db.execute(
        "SELECT id, name, role, created_at, expires_at, revoked_at FROM token ORDER BY created_at, id"
    )
    return [dict(row) for row in found]


def any_made(db: Connection) -> bool:
    """Revoked ones count: what is closed stays closed."""
    return db.execute("SELECT 1 FROM token LIMIT 1").fetchone() is not None


def holder(db: Connection, token: str, now: int) -> Principal | None:
    """Whoever shows the token; None unless it is in force."""
    row = db.execute(f"SELECT id, name, role FROM token WHERE hash = ? AND {_VALID}", (digest(token), now))  # noqa: S608
    return principal(row.fetchone())


def principal(row: Any) -> Principal | None:
    return row and Principal(row["name"], Role[row["role"].upper()], row["id"])


COMMANDS = (
    Command("token.create", Role.ADMIN, create),
    Command("token.revoke", Role.ADMIN, revoke),
)
