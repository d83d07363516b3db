"""The commands on downlinks: what the command line, HTTP and the pages may send to a node."""

from typing import Annotated, Any, Literal

from pydantic import Field

from codec.desk.words import FPORTS
from codec.wire import WireError
from gateway import devices
from gateway.access.roles import Role
from gateway.commands import ArgumentError, Command, RowId, Writing
from gateway.config import Eui
from gateway.model import ConflictError
from gateway.network import queue
from gateway.network.queue import Wanted
from gateway.words import said

_MS = 1000
_MOST = 100  # waiting for one node, which hears one after each uplink

FPort = Annotated[int, Field(ge=1, le=223, description="1 to 223; 10 unless given, where nodes take orders")]
Payload = Annotated[str, Field(pattern="^([0-9a-fA-F]{2}){1,242}$", description="hexadecimal")]
Orders = Annotated[
    list[dict[str, Any]],
    Field(min_length=1, max_length=8, description='such as [{"order": "reboot"}], instead of a payload'),
]
Priority = Annotated[int, Field(ge=-100, le=100, description="the highest goes first")]
ExpiresS = Annotated[int, Field(ge=1, le=366 * 86400, description="dropped when it was not sent within")]


def send(
    writing: Writing,
    dev_eui: Eui,
    payload: Payload | None = None,
    orders: Orders | None = None,
    fport: FPort | None = None,
    confirmed: bool = False,
    priority: Priority = 0,
    expires_s: ExpiresS | None = None,
) -> dict[str, Any]:
    """Queue a payload, or orders in the words of `messfunk encode`; it goes down after an uplink."""
    devices.find(writing.store, dev_eui)
    if (payload is None) == (orders is None):
        raise ArgumentError(("payload", "expected this or orders, one of the two"))
    if orders is not None and (fport not in (None, FPORTS["command"]) or confirmed):
        raise ArgumentError(("orders", "nodes take them on FPort 10, and their answer confirms them"))
    if len(queue.waiting(writing.store.connection, dev_eui)) >= _MOST:
        raise ConflictError(said("refusal.manyDownlinks", number=_MOST, name=dev_eui))
    now = writing.clock.now_ms()
    wanted = Wanted(
        dev_eui,
        fport or FPORTS["command"],
        bytes.fromhex(payload or ""),
        orders,
        confirmed,
        priority,
        now + expires_s * _MS if expires_s else None,
    )
    try:
        return {"id": queue.add(writing.store.connection, wanted, writing.actor, now)}
    except WireError as error:
        raise ArgumentError(("orders", str(error))) from None


def cancel(writing: Writing, dev_eui: Eui, id: RowId) -> dict[str, Any]:  # noqa: A002 (its name in the answers)
    """Take back what waits."""
    queue.cancel(writing.store.connection, dev_eui, id, writing.clock.now_ms())
    return {"id": id}


def device_class(writing: Writing, dev_eui: Eui, name: Literal["A", "C"]) -> dict[str, Any]:
    """Class C listens all the time, class A after its uplinks."""
    devices.find(writing.store, dev_eui)
    queue.set_class_c(writing.store.connection, dev_eui, name == "C")
    return {"dev_eui": dev_eui}


COMMANDS = (
    Command("downlink.send", Role.OPERATOR, send),
    Command("downlink.cancel", Role.OPERATOR, cancel),
    Command("downlink.device_class", Role.ADMIN, device_class),
)
