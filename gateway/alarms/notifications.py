"""Who is told of what, in the store; the URL is sealed, as keys are."""

from dataclasses import asdict, dataclass, field

from gateway.model import NotFoundError
from gateway.store.database import Connection
from gateway.store.ledger import Store

_SET = """
    INSERT INTO notification (name, url, language, site_id, kind, after_s, created_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET url = excluded.url, language = excluded.language,
        site_id = excluded.site_id, kind = excluded.kind, after_s = excluded.after_s
"""


@dataclass(frozen=True, slots=True)
class Notification:
    """`site_id` and `kind` None are all; told after `after_s`, then only if nobody has acknowledged."""

    name: str
    url: bytes = field(repr=False)
    language: str
    site_id: str | None
    kind: str | None
    after_s: int
    created_at: int


def put(db: Connection, notification: Notification) -> None:
    """A new one, or in the place of the one with that name."""
    db.execute(_SET, tuple(asdict(notification).values()))


def remove(db: Connection, name: str) -> None:
    """What it is owed is owed no more."""
    find(db, name)
    db.execute("DELETE FROM notice WHERE target = ? AND sent_at IS NULL", (name,))
    db.execute("DELETE FROM notification WHERE name = ?", (name,))


def find(db: Connection, name: str) -> Notification:
    row = db.execute("SELECT * FROM notification WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise NotFoundError(f"no notification {name}; `messfunk notification list` shows those there are")
    return Notification(**dict(row))


def all_of_them(db: Connection) -> list[Notification]:
    return [
        Notification(**dict(row)) for row in db.execute("SELECT * FROM notification ORDER BY after_s, name")
    ]


def seal(store: Store, name: str, url: str) -> bytes:
    return store.seal(url.encode(), "url", name)


def url_of(store: Store, notification: Notification) -> str:
    return store.unseal(bytes(notification.url), "url", notification.name).decode()
