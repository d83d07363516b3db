"""Browser sessions: a cookie that stands for a token, and the word that proves a form is ours."""

import hmac
import secrets

from gateway.access.roles import Principal, Role
from gateway.access.tokens import digest, principal
from gateway.commands import Command, Writing
from gateway.store.database import Connection
from gateway.store.queries import Row

LIFE_MS = 12 * 3_600_000

_HOLDER = """
    SELECT t.id, t.name, t.role FROM web_session w JOIN token t ON t.id = w.token_id
    WHERE w.hash = ? AND w.expires_at > ? AND t.revoked_at IS NULL
      AND (t.expires_at IS NULL OR t.expires_at > ?)
"""


def begin(writing: Writing) -> Row:
    """For the token that was shown at the login. Its answer holds the secret of the cookie."""
    secret = secrets.token_urlsafe(32)
    now = writing.clock.now_ms()
    db = writing.store.connection
    db.execute("DELETE FROM web_session WHERE expires_at <= ?", (now,))
    db.execute(
        "INSERT INTO web_session (hash, token_id, created_at, expires_at) VALUES (?, ?, ?, ?)",
        (digest(secret), writing.principal.token_id, now, now + LIFE_MS),
    )
    return {"secret": secret}


def end(writing: Writing, secret: str) -> None:
    writing.store.connection.execute("DELETE FROM web_session WHERE hash = ?", (digest(secret),))


def holder(db: Connection, secret: str, now: int) -> Principal | None:
    return principal(db.execute(_HOLDER, (digest(secret), now, now)).fetchone())


def csrf(secret: str) -> str:
    """What a page sends along with each change: another site can neither read nor guess it."""
    return hmac.digest(secret.encode(), b"csrf", "sha256").hex()


def is_csrf(secret: str, given: str) -> bool:
    return hmac.compare_digest(csrf(secret).encode(), given.encode())


COMMANDS = (
    Command("session.begin", Role.VIEWER, begin),
    Command("session.end", Role.VIEWER, end),
)
