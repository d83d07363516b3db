"""The shapes of what HTTP tells of access: sessions, tokens, the audit log."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from gateway.access.roles import RoleName
from gateway.access.tokens import Days, Name
from gateway.web.shapes import Answer, Instant, Page, Shape


class Session(Answer):
    """Without a principal, `name` and `role` are null and only what is public is told."""

    name: str | None
    role: RoleName | None
    csrf: str | None = Field(description="null unless a browser's session asks")


class Token(Shape):
    id: str
    name: str
    role: RoleName
    created_at: Instant
    expires_at: Instant | None
    revoked_at: Instant | None


class Tokens(Answer):
    tokens: list[Token]


class NewToken(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: RoleName
    name: Name | None = None
    days: Days | None = Field(default=None, description="it expires after so many; never unless given")


class MadeToken(Token):
    token: str = Field(description="told this once: it is kept as a hash only")


class OneToken(Answer):
    token: MadeToken


class Entry(Shape):
    """One command that was run, or refused with `error`."""

    id: int
    at: Instant
    actor: str
    token_id: str | None
    command: str
    arguments: dict[str, Any] = Field(description="without secrets; long ones are shortened")
    error: str | None


class Audit(Page):
    entries: list[Entry] = Field(description="the newest first")
