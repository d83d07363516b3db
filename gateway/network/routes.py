"""Downlinks over HTTP: queue one, see what became of those before, take one back; and who asks to join."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from gateway.access.gate import AtDesk, require
from gateway.access.roles import Role
from gateway.commands import RowId
from gateway.network import queue, strangers
from gateway.network.commands import ExpiresS, FPort, Orders, Payload, Priority
from gateway.store import queries
from gateway.store.queries import Row
from gateway.web import description
from gateway.web.asking import DevEui, PageQuery
from gateway.web.paging import Order
from gateway.web.shapes import Eui, Hex, Instant, Page, Shape
from gateway.web.site import AtSite

router = APIRouter()
_DOWNLINKS = Order(id=int)
_STATES = Literal["queued", "pending", "sent", "delivered", "answered", "failed", "expired", "cancelled"]


class NewDownlink(BaseModel):
    """Either a payload or orders."""

    model_config = ConfigDict(extra="forbid")

    payload: Payload | None = None
    orders: Orders | None = None
    fport: FPort | None = None
    confirmed: bool = False
    priority: Priority = 0
    expires_s: ExpiresS | None = None


class Downlink(Shape):
    """`pending` waits for the node's acknowledgement or answer; what is `sent` waits for nothing."""

    id: int
    dev_eui: Eui
    fport: int
    payload: Hex
    orders: list[dict[str, Any]] | None
    confirmed: bool
    priority: int
    actor: str = Field(description="who asked for it")
    created_at: Instant
    expires_at: Instant | None
    state: _STATES
    attempts: int
    fcnt_up: int | None = Field(description="of the uplink after which it was sent")
    fcnt_down: int | None
    sent_at: Instant | None
    ended_at: Instant | None
    results: list[str] | None = Field(description="what the node answered to each of its orders")
    reason: str | None = Field(description="why it waits, or has failed")


class Downlinks(Page):
    downlinks: list[Downlink] = Field(description="the newest first")


class OneDownlink(Shape):
    now: Instant
    downlink: Downlink


class Stranger(Shape):
    """Its DevEUI is what somebody claims: nothing of a join-request can be checked without the key."""

    dev_eui: Eui
    join_eui: Eui = Field(description="of its newest request")
    gateway_id: Eui = Field(description="which heard the newest")
    first_at: Instant
    last_at: Instant
    requests: int


class Strangers(Shape):
    now: Instant
    strangers: list[Stranger] = Field(description="the newest first, at most 500")


@router.get(
    "/api/v1/unknown-devices",
    response_model=Strangers,
    responses=description.REFUSED_CHANGES,
    dependencies=[require(Role.OPERATOR)],
)
async def unknown_devices(site: AtSite) -> Row:
    """Who asked to join within 24 hours and is not registered so."""
    now = site.clock.now_ms()
    with queries.opened(site.store) as db:
        return {"now": now, "strangers": strangers.told(db, now)}


@router.get(
    "/api/v1/devices/{dev_eui}/downlinks",
    response_model=Downlinks,
    responses=description.REFUSALS_OF_ONE,
    dependencies=[require(Role.VIEWER)],
)
async def downlinks(site: AtSite, dev_eui: DevEui, ask: Annotated[PageQuery, Query()]) -> Row:
    """What was sent to a node and what waits."""
    with queries.opened(site.store) as db:
        rows, following = _DOWNLINKS.page(queue.told(db, dev_eui, _DOWNLINKS.after(ask.cursor)), ask.limit)
    return {"now": site.clock.now_ms(), "next": following, "downlinks": rows}


@router.post(
    "/api/v1/devices/{dev_eui}/downlinks",
    status_code=201,
    response_model=OneDownlink,
    responses=description.REFUSED_CHANGES,
)
async def send_downlink(site: AtSite, desk: AtDesk, dev_eui: DevEui, wanted: NewDownlink) -> Row:
    """Queue a downlink; it goes out after the node's next uplink."""
    number = desk.run("downlink.send", {"dev_eui": dev_eui, **wanted.model_dump()})["id"]
    with queries.opened(site.store) as db:
        told = next(queue.told(db, dev_eui, (number + 1,)))
    return {"now": site.clock.now_ms(), "downlink": told}


@router.delete(
    "/api/v1/devices/{dev_eui}/downlinks/{id}", status_code=204, responses=description.REFUSED_CHANGES
)
async def cancel_downlink(desk: AtDesk, dev_eui: DevEui, id: RowId) -> None:  # noqa: A002 (its name in the answers)
    """Take back what waits."""
    desk.run("downlink.cancel", {"dev_eui": dev_eui, "id": id})
