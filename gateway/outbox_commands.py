"""The commands on what the sinks are owed."""

from typing import Any

from gateway.access.roles import Role
from gateway.commands import Command, Writing
from gateway.store import outbox


def retry(writing: Writing, sink: str | None = None) -> dict[str, Any]:
    return {"count": outbox.retry(writing.store.connection, sink)}


def drop(writing: Writing, sink: str) -> dict[str, Any]:
    return {"count": outbox.drop(writing.store.connection, sink)}


COMMANDS = (
    Command("outbox.retry", Role.ADMIN, retry),
    Command("outbox.drop", Role.ADMIN, drop),
)
