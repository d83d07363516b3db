"""The one writer: named commands, each one transaction and one row of the audit log."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import ConfigDict, Field, ValidationError, validate_call

from gateway.access import audit
from gateway.access.buckets import Buckets
from gateway.access.roles import Principal, Role
from gateway.model import Clock, GatewayError, NotFoundError
from gateway.store.database import StoreError
from gateway.store.ledger import Store

RowId = Annotated[int, Field(ge=0, lt=1 << 63)]  # a database takes no higher number


class ArgumentError(GatewayError):
    """An argument is not what the command expects; `causes` are pairs of its name and what is wrong."""

    def __init__(self, *causes: tuple[str, str]):
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in causes))
        self.causes = causes


class Writing:
    """What a command works with. A transaction is open; the command's error undoes it."""

    def __init__(self, store: Store, clock: Clock, principal: Principal):
        self.store = store
        self.clock = clock
        self.principal = principal

    @property
    def actor(self) -> str:
        return self.principal.name


@dataclass(frozen=True, slots=True)
class Command:
    """`run(writing, **arguments)`: its annotations check the arguments, its answer is what JSON can say."""

    name: str
    role: Role
    run: Callable[..., dict[str, Any] | None]


class Writer:
    """Runs the commands of all rooms for whoever may."""

    def __init__(self, store: Store, clock: Clock, commands: Iterable[Command]):
        self.store = store
        self.clock = clock
        self._commands = {command.name: command for command in commands}
        self._refused = Buckets(clock, burst=100, refill_ms=10_000)
        self.after: Callable[[str], None] = lambda name: None  # hears of each command that was carried out
        checked = validate_call(config=ConfigDict(arbitrary_types_allowed=True))
        self._checked = {name: checked(command.run) for name, command in self._commands.items()}

    def run(self, principal: Principal, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """A refusal too is written down: before the command's transaction began, or after it was undone.

        Not each of hundreds that one and the same principal is given in a row: they would fill the disk.
        """
        try:
            command = self._commands.get(name)
            if command is None:
                raise NotFoundError(f"no command {name}; is the gateway of another version?")
            principal.check(command.role, name)
            with self.store.transaction():
                answer = self._call(principal, name, arguments)
                self._note(principal, name, arguments, None)
        except StoreError:
            raise
        except GatewayError as error:
            if self._refused.take(principal.token_id or principal.name):
                with self.store.transaction():
                    self._note(principal, name, arguments, str(error))
            raise
        self.after(name)
        return answer or {}

    def _call(self, principal: Principal, name: str, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
        try:
            return self._checked[name](Writing(self.store, self.clock, principal), **arguments)
        except ValidationError as error:
            raise ArgumentError(*map(_cause, error.errors(include_input=False))) from None

    def _note(self, principal: Principal, name: str, arguments: Mapping[str, Any], error: str | None) -> None:
        audit.write(self.store, self.clock.now_ms(), principal, name, arguments, error)


def _cause(error: Any) -> tuple[str, str]:
    name = ".".join(str(part) for part in error["loc"]) or "arguments"
    return name, error["msg"].removeprefix("Value error, ")
