"""The commands on marks, alarms and who is told of them."""

from typing import Annotated, Any, Literal

from pydantic import Field

from codec.quantities import UNITS
from gateway.access.roles import Role
from gateway.alarms import marks, messenger, node_marks, notifications, records
from gateway.alarms.notifications import Notification
from gateway.alarms.records import Cause, Kind
from gateway.alarms.rules import Confirm, Mark, Measure
from gateway.commands import ArgumentError, Command, RowId, Writing
from gateway.model import NotFoundError
from gateway.store import sites
from gateway.words import said

# In the quantity's unit: how far below a mark its alarm ends, unless somebody says otherwise.
_HYSTERESIS = {"level": 50.0, "head": 50.0}
_PLAIN_TEXT = r"^[^\x00-\x1f\x7f]{1,64}$"

MarkName = Annotated[str, Field(pattern=_PLAIN_TEXT, description="for people, such as Meldestufe I")]
Source = Annotated[
    str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,200}$", description="who has set it, and where that is written")
]
Value = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False, description="in the quantity's unit")]
Hysteresis = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False, description="in the quantity's unit")]
NotificationName = Annotated[str, Field(pattern="^[a-z0-9-]{1,40}$", description="a-z, 0-9 and -")]
AfterS = Annotated[int, Field(ge=0, le=604_800, description="beyond 0 only while nobody has acknowledged")]


def set_mark(
    writing: Writing,
    site_id: str,
    quantity: str,
    name: MarkName,
    value: Value,
    source: Source,
    measure: Measure = "value",
    hysteresis: Hysteresis | None = None,
    confirm: Confirm = "1",
) -> dict[str, Any]:
    """From now on; a mark of the same name ends, and its alarm with it unless the new one raises it again."""
    _find_site(writing, site_id)
    if quantity not in UNITS:
        raise ArgumentError(("quantity", f"expected one of {', '.join(UNITS)}"))
    db, now = writing.store.connection, writing.clock.now_ms()
    slack = _HYSTERESIS.get(quantity, 0.0) if hysteresis is None else hysteresis
    before = {mark.id for mark in marks.of_site(db, site_id, now)}
    mark = Mark(0, site_id, quantity, measure, name, value, slack, confirm, source, now, None)
    mark_id = marks.add(db, mark)
    after = {each.id for each in marks.of_site(db, site_id, now)}
    for ended in before - after:
        records.close_like(db, marks.subject(ended, ""), now)
    return {"mark": mark_id, "unconfirmed": node_marks.tell(writing, site_id)}


def end_mark(writing: Writing, mark: RowId) -> dict[str, Any]:
    """It is valid no more, and its alarm is over."""
    db, now = writing.store.connection, writing.clock.now_ms()
    ended = marks.end(db, mark, now)
    records.close_like(db, marks.subject(mark, ""), now)
    return {"mark": mark, "unconfirmed": node_marks.tell(writing, ended.site_id)}


def acknowledge(writing: Writing, alarm: RowId) -> dict[str, Any]:
    records.acknowledge(writing.store.connection, alarm, writing.actor, writing.clock.now_ms())
    return {"alarm": alarm}


def drill(writing: Writing, site_id: str) -> dict[str, Any]:
    """An alarm that says everywhere that it is a drill; acknowledging it ends it."""
    _find_site(writing, site_id)
    db, now = writing.store.connection, writing.clock.now_ms()
    lowest = next((each for each in marks.of_site(db, site_id, now) if each.measure == "value"), None)
    cause = Cause(
        "mark",
        f"drill:{site_id}",
        now,
        site_id=site_id,
        mark_id=lowest.id if lowest else None,
        quantity=lowest.quantity if lowest else None,
        value=lowest.value if lowest else None,
        drill=True,
    )
    alarm_id = records.open_alarm(db, cause, now)
    if alarm_id is None:
        raise records.AlarmError(f"a drill at {site_id} is on already; acknowledging it ends it")
    return {"alarm": alarm_id}


def set_notification(
    writing: Writing,
    name: NotificationName,
    secret_url: Annotated[str, Field(max_length=2000)],
    language: Literal["de", "en"] = "de",
    site_id: str | None = None,
    kind: Kind | None = None,
    after_s: AfterS = 0,
) -> dict[str, Any]:
    """Under its name; `secret_url` is apprise's, and the audit log hides what is called so."""
    if site_id is not None:
        _find_site(writing, site_id)
    try:
        messenger.check(secret_url)
    except messenger.MessageError as error:
        raise ArgumentError(("secret_url", str(error))) from None
    sealed = notifications.seal(writing.store, name, secret_url)
    told = Notification(name, sealed, language, site_id, kind, after_s, writing.clock.now_ms())
    notifications.put(writing.store.connection, told)
    return {"notification": name}


def remove_notification(writing: Writing, name: str) -> dict[str, Any]:
    notifications.remove(writing.store.connection, name)
    return {"notification": name}


def _find_site(writing: Writing, site_id: str) -> None:
    if sites.site(writing.store.connection, site_id) is None:
        raise NotFoundError(said("refusal.noSite", name=site_id))


COMMANDS = (
    Command("mark.set", Role.OPERATOR, set_mark),
    Command("mark.end", Role.OPERATOR, end_mark),
    Command("alarm.acknowledge", Role.OPERATOR, acknowledge),
    Command("alarm.drill", Role.OPERATOR, drill),
    Command("notification.set", Role.ADMIN, set_notification),
    Command("notification.remove", Role.ADMIN, remove_notification),
)
