"""The audit log: who changed what and when, or was refused. It holds no secret."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.access.roles import Principal
from gateway.store.database import Connection
from gateway.store.ledger import Store
from gateway.store.queries import Row

_SECRET_NAME = re.compile(r"key|token|secret|password", re.IGNORECASE)
_SECRET_VALUE = re.compile(
    r"(?<![0-9a-fA-F])(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{64})(?![0-9a-fA-F])|messfunk_[\w-]+"
)
_HIDDEN = "..."
_MOST = 20  # entries of a list or table
_LONGEST = 200  # characters of a text


def write(
    store: Store, at: int, actor: Principal, command: str, arguments: Mapping[str, Any], error: str | None
) -> None:
    store.connection.execute(
        "INSERT INTO audit (at, actor, token_id, command, arguments, error) VALUES (?, ?, ?, ?, ?, ?)",
        (at, actor.name, actor.token_id, command, json.dumps(hide(arguments)), error and hide(error)),
    )


def hide(value: Any, name: str = "") -> Any:
    """The value, shortened, without what looks like a secret by its name or by its form."""
    if value is None or isinstance(value, bool):
        return value
    if _SECRET_NAME.search(name):
        return _HIDDEN
    if isinstance(value, Mapping):
        return {hide(str(key)): hide(value[key], str(key)) for key in list(value)[:_MOST]}
    if isinstance(value, list | tuple):
        more = [f"and {len(value) - _MOST} more"] if len(value) > _MOST else []
        return [hide(each) for each in value[:_MOST]] + more
    if isinstance(value, int | float):
        return value
    return _SECRET_VALUE.sub(_HIDDEN, str(value))[:_LONGEST]


def entries(db: Connection, before: tuple[int] | None = None) -> Iterator[Row]:
    """The newest first."""
    found = db.execute(
        "SELECT id, at, actor, token_id, command, arguments, error FROM audit WHERE id < ? ORDER BY id DESC",
        before or (1 << 62,),
    )
    return ({**dict(row), "arguments": json.loads(row["arguments"])} for row in found)
