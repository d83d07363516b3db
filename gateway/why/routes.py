"""Why, over HTTP: of a frame, of a node, and what of a node's frames was lost."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from gateway.access.gate import require
from gateway.access.roles import Role
from gateway.store import queries
from gateway.store.queries import Row
from gateway.web import description
from gateway.web.asking import DevEui
from gateway.web.shapes import Instant, Number, Shape
from gateway.web.site import AtSite
from gateway.why import frame, loss, node, steps

router = APIRouter()
_VIEWERS = [require(Role.VIEWER)]
Lang = Annotated[Literal["de", "en"], Query(description="of the sentences")]


class Step(Shape):
    key: str = Field(description="stays the same in every language")
    values: dict[str, Any] = Field(description="what stands in the sentence; unknown is null")
    text: str


class Why(Shape):
    now: Instant
    steps: list[Step] = Field(description="in the order of their happening")


class LossOfDay(Shape):
    day: Instant = Field(description="its start, UTC")
    received: int
    lost: int = Field(description="counters that never came; a gap counts for the day that shows it")
    share: Number


class Loss(Shape):
    now: Instant
    days: list[LossOfDay] = Field(description="the oldest first, without those on which nothing came")


@router.get(
    "/api/v1/uplinks/{id}/why",
    response_model=Why,
    responses=description.REFUSALS_OF_ONE,
    dependencies=_VIEWERS,
)
def why_uplink(site: AtSite, id: str, lang: Lang = "en") -> Row:  # noqa: A002 (its name in the answers)
    """Who heard it, whose it is, how it was counted, what ADR made of it, the answer, who has it."""
    with queries.opened(site.store) as db:
        found = frame.trace(db, site.network, id)
    return {"now": site.clock.now_ms(), "steps": steps.told(found, lang)}


@router.get(
    "/api/v1/devices/{dev_eui}/why",
    response_model=Why,
    responses=description.REFUSALS_OF_ONE,
    dependencies=_VIEWERS,
)
def why_device(site: AtSite, dev_eui: DevEui, lang: Lang = "en") -> Row:
    """How it stands with the network, what it lost in seven days, what of it was refused lately."""
    now = site.clock.now_ms()
    with queries.opened(site.store) as db:
        found = node.trace(db, site.network, dev_eui, now)
    return {"now": now, "steps": steps.told(found, lang)}


@router.get(
    "/api/v1/devices/{dev_eui}/loss",
    response_model=Loss,
    responses=description.REFUSALS_OF_ONE,
    dependencies=_VIEWERS,
)
def loss_of_device(
    site: AtSite, dev_eui: DevEui, days: Annotated[int, Query(ge=1, le=400, description="so many")] = 30
) -> Row:
    """By the counters of the frames that came."""
    now = site.clock.now_ms()
    with queries.opened(site.store) as db:
        found = loss.by_day(db, dev_eui, (now // loss.DAY_MS - days + 1) * loss.DAY_MS)
    told = [
        {"day": day.start_ms, "received": day.received, "lost": day.lost, "share": day.share} for day in found
    ]
    return {"now": now, "days": told}
