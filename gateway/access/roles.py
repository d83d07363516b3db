"""Roles, each including those below it, and those who hold them."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from gateway.model import GatewayError
from gateway.words import said


class Role(IntEnum):
    VIEWER = 1  # sees what is not published
    OPERATOR = 2  # acknowledges, sends downlinks, sets marks
    ADMIN = 3  # devices, sites, publishing, tokens, notifications

    def __str__(self) -> str:
        return self.name.lower()


class ForbiddenError(GatewayError):
    """The principal's role does not reach."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `name` is what the audit log says; `token_id` is None without a token."""

    name: str
    role: Role
    token_id: str | None = None

    def check(self, role: Role, what: str) -> None:
        if self.role < role:
            raise ForbiddenError(
                said("refusal.role", what=what, role=str(role), name=self.name, has=str(self.role))
            )


def parse_role(text: object) -> Role:
    """ValueError when it is none."""
    if isinstance(text, Role):
        return text
    if isinstance(text, str) and text in ROLES:
        return ROLES[text]
    raise ValueError(f"expected one of {', '.join(ROLES)}")


ROLES = {str(role): role for role in Role}
RoleName = Annotated[
    Role,
    BeforeValidator(parse_role),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "enum": list(ROLES)}),
]
