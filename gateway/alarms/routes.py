"""Alarms, marks and notifications over HTTP. Who acknowledged and who is told is not for the public."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from codec.quantities import UNITS
from gateway.access.gate import Asker, AtDesk, require
from gateway.access.roles import Role
from gateway.alarms import commands, marks, node_marks, notices, notifications, records, shapes
from gateway.alarms.rules import Confirm, Mark, Measure
from gateway.commands import RowId
from gateway.store import queries, sites
from gateway.store.database import Connection
from gateway.store.queries import Row
from gateway.web import description
from gateway.web.asking import PageQuery, Quantity
from gateway.web.paging import Order
from gateway.web.problems import RequestError
from gateway.web.site import AtSite

router = APIRouter()
_ALARMS = Order(raised_at=int, id=int)
_SHOWN = tuple(shapes.Alarm.model_fields)
_HIDDEN = ("dev_eui", "gateway_id", "acknowledged_at", "acknowledged_by")


class AlarmsQuery(PageQuery):
    site: str | None = None
    state: Literal["open", "all"] = Field("all", description="open: those that are not over")


class NewMark(BaseModel):
    model_config = ConfigDict(extra="forbid")

    quantity: Quantity
    name: commands.MarkName
    value: commands.Value
    source: commands.Source
    measure: Measure = "value"
    hysteresis: commands.Hysteresis | None = None
    confirm: Confirm = "1"


class NewNotification(BaseModel):
    model_config = ConfigDict(extra="forbid")

    secret_url: str = Field(max_length=2000, description="of apprise: service, account and recipient")
    language: Literal["de", "en"] = "de"
    site_id: str | None = None
    kind: records.Kind | None = None
    after_s: commands.AfterS = 0


@router.get("/api/v1/alarms", response_model=shapes.Alarms, responses=description.REFUSALS)
async def alarms(site: AtSite, asker: Asker, ask: Annotated[AlarmsQuery, Query()]) -> Row:
    """Those in force and those that are over, the newest first; without a token those of published sites."""
    with queries.opened(site.store) as db:
        found = records.history(db, ask.site, _ALARMS.after(ask.cursor))
        seen = (_shown(row, asker is not None) for row in found if _may_see(row, asker is not None))
        wanted = (row for row in seen if ask.state == "all" or row["cleared_at"] is None)
        rows, following = _ALARMS.page(wanted, ask.limit)
    return {"now": site.clock.now_ms(), "next": following, "alarms": rows}


@router.get(
    "/api/v1/alarms/{id}",
    response_model=shapes.OneAlarm,
    responses=description.REFUSALS_OF_ONE,
    dependencies=[require(Role.OPERATOR)],
)
async def alarm(site: AtSite, id: RowId) -> Row:  # noqa: A002 (its name in the answers)
    """One alarm, and who was told of it when."""
    with queries.opened(site.store) as db:
        row = records.find(db, id)
        told = notices.of_alarm(db, id)
    return {"now": site.clock.now_ms(), "alarm": _shown(row, True), "notices": told}


@router.post(
    "/api/v1/alarms/{id}/acknowledge", response_model=shapes.Done, responses=description.REFUSED_CHANGES
)
async def acknowledge_alarm(site: AtSite, desk: AtDesk, id: RowId) -> Row:  # noqa: A002
    """Say that somebody takes care: nobody further is told."""
    desk.run("alarm.acknowledge", {"alarm": id})
    return {"now": site.clock.now_ms(), "id": id}


@router.post(
    "/api/v1/sites/{site_id}/drill",
    status_code=201,
    response_model=shapes.Done,
    responses=description.REFUSED_CHANGES,
)
async def drill_alarm(site: AtSite, desk: AtDesk, site_id: str) -> Row:
    """Raise an alarm that says everywhere that it is a drill; acknowledging it ends it."""
    return {"now": site.clock.now_ms(), "id": desk.run("alarm.drill", {"site_id": site_id})["alarm"]}


@router.get(
    "/api/v1/sites/{site_id}/marks", response_model=shapes.Marks, responses=description.REFUSALS_OF_ONE
)
async def site_marks(site: AtSite, asker: Asker, site_id: str) -> Row:
    """All rows there ever were, with source and validity."""
    now = site.clock.now_ms()
    with queries.opened(site.store) as db:
        _find_site(db, site_id, asker is not None)
        rows = [_mark(each) for each in marks.of_site(db, site_id)]
        nodes = node_marks.of_site(db, site_id, now) if asker else []
    told = [{name: getattr(each, name) for name in shapes.NodeMarks.model_fields} for each in nodes]
    return {"now": now, "marks": rows, "nodes": told}


@router.post(
    "/api/v1/sites/{site_id}/marks",
    status_code=201,
    response_model=shapes.Done,
    responses=description.REFUSED_CHANGES,
)
async def set_mark(site: AtSite, desk: AtDesk, site_id: str, wanted: NewMark) -> Row:
    """Set a mark from now on; one of the same name and quantity ends."""
    made = desk.run("mark.set", {"site_id": site_id, **wanted.model_dump()})
    return {"now": site.clock.now_ms(), "id": made["mark"]}


@router.delete("/api/v1/marks/{id}", status_code=204, responses=description.REFUSED_CHANGES)
async def end_mark(desk: AtDesk, id: RowId) -> None:  # noqa: A002
    """End a mark; its row stays, with the time of its end."""
    desk.run("mark.end", {"mark": id})


@router.get(
    "/api/v1/notifications",
    response_model=shapes.Notifications,
    responses=description.REFUSED_CHANGES,
    dependencies=[require(Role.ADMIN)],
)
async def known_notifications(site: AtSite) -> Row:
    """Who is told of what; without the URLs."""
    with queries.opened(site.store) as db:
        found = notifications.all_of_them(db)
    rows = [{name: getattr(each, name) for name in shapes.Notification.model_fields} for each in found]
    return {"now": site.clock.now_ms(), "notifications": rows}


@router.put("/api/v1/notifications/{name}", status_code=204, responses=description.REFUSED_CHANGES)
async def set_notification(desk: AtDesk, name: commands.NotificationName, wanted: NewNotification) -> None:
    """Tell somebody, or tell differently."""
    desk.run("notification.set", {"name": name, **wanted.model_dump()})


@router.delete("/api/v1/notifications/{name}", status_code=204, responses=description.REFUSED_CHANGES)
async def remove_notification(desk: AtDesk, name: str) -> None:
    """Tell them no more."""
    desk.run("notification.remove", {"name": name})


def _may_see(row: Row, is_known: bool) -> bool:
    return is_known or records.is_public(row)


def _shown(row: Row, is_known: bool) -> Row:
    told: dict[str, Any] = {**row, "unit": UNITS.get(row["quantity"]), "drill": bool(row["drill"])}
    if not is_known:
        told |= dict.fromkeys(_HIDDEN)
    return {name: told[name] for name in _SHOWN}


def _mark(mark: Mark) -> Row:
    told = {name: getattr(mark, name) for name in shapes.Mark.model_fields if name != "unit"}
    return told | {"unit": UNITS[mark.quantity]}


def _find_site(db: Connection, site_id: str, is_known: bool) -> None:
    """What is not published looks like what is not there."""
    found = sites.site(db, site_id)
    if found is None or not (is_known or found.published):
        raise RequestError(404, f"No site {site_id}. See /api/v1/sites.")
