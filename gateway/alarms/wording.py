"""What is said of an alarm, in German and English: titles, texts, CAP."""

from typing import Any

from gateway.alarms import cap
from gateway.alarms.notices import Step
from gateway.alarms.section import AlarmsConfig
from gateway.web import quantities
from gateway.words import LANGUAGES, say, times

_CATEGORIES = {"level": "Met", "head": "Met", "distance": "Met", "rain": "Met"}
_EXPIRES_MS = times.DAY_MS


def title(language: str, alarm: dict[str, Any], step: Step = "raised", is_late: bool = False) -> str:
    """`Pegel Aue: Meldestufe I erreicht`; its end, its escalation and a drill say so first."""
    is_markless_drill = alarm["drill"] and alarm["mark_name"] is None
    text = say(
        language,
        "alarm.title.drill" if is_markless_drill else f"alarm.title.{alarm['kind']}",
        site=alarm["site_name"] or alarm["device_name"] or alarm["dev_eui"] or "",
        mark=alarm["mark_name"] or "",
        quantity=say(language, f"quantity.{alarm['quantity']}") if alarm["quantity"] else "",
        gateway=alarm["gateway_id"] or "",
    )
    if step == "cleared":
        text = say(language, "alarm.over", title=text)
    elif is_late:
        text = say(language, "alarm.unacknowledged", title=text)
    return say(language, "alarm.drillTitle", title=text) if alarm["drill"] else text


def body(language: str, alarm: dict[str, Any], step: Step) -> str:
    """What is known, since when, and what to do."""
    lines = [say(language, "alarm.drillNote")] if alarm["drill"] else []
    moment = times.full_moment(language, alarm["measured_at"])
    if alarm["value"] is not None:
        lines.append(_value(language, alarm, moment))
    elif not alarm["drill"]:
        lines.append(say(language, "alarm.lastHeard", moment=moment))
    if step == "cleared":
        lines.append(
            say(language, "alarm.overSince", moment=times.full_moment(language, alarm["cleared_at"]))
        )
    else:
        lines.append(say(language, "alarm.howToAcknowledge", id=str(alarm["id"])))
    return "\n".join([*lines, say(language, "frame.unofficial")])


def to_cap(config: AlarmsConfig, alarm: dict[str, Any], step: Step) -> cap.Alert:
    sent_at = alarm["cleared_at"] if step == "cleared" else alarm["raised_at"]
    infos = tuple(
        cap.Info(language, title(language, alarm), title(language, alarm, step), body(language, alarm, step))
        for language in LANGUAGES
    )
    position = None if alarm["lat"] is None or alarm["lon"] is None else (alarm["lat"], alarm["lon"])
    place = alarm["site_name"] or alarm["device_name"] or alarm["gateway_id"] or alarm["dev_eui"]
    value = [] if alarm["value"] is None else [(alarm["quantity"], f"{alarm['value']:g}")]
    return cap.Alert(
        identifier=identifier(alarm, step),
        sender=config.cap_sender,
        sent_at=sent_at,
        status="Exercise" if alarm["drill"] else config.cap_status,
        restriction=config.cap_restriction,
        category=_CATEGORIES.get(alarm["quantity"], "Infra" if alarm["value"] is None else "Env"),
        expires_at=sent_at + _EXPIRES_MS,
        infos=infos,
        area=cap.Area(place, position),
        parameters=tuple(value),
        ended=(identifier(alarm, "raised"), alarm["raised_at"]) if step == "cleared" else None,
    )


def identifier(alarm: dict[str, Any], step: Step) -> str:
    """The same for ever: what is written twice is one message."""
    return f"messfunk.{times.local(alarm['raised_at']):%Y%m%dT%H%M%S}.{alarm['id']}.{step}"


def _value(language: str, alarm: dict[str, Any], moment: str) -> str:
    quantity = alarm["quantity"]
    known = {
        "quantity": say(language, f"quantity.{quantity}"),
        "value": quantities.text(language, quantity, alarm["value"]),
        "moment": moment,
    }
    if alarm["mark_value"] is None:
        return say(language, "alarm.value", **known)
    mark = quantities.text(language, quantity, alarm["mark_value"])
    return say(
        language, "alarm.rising" if alarm["kind"] == "rise" else "alarm.valueAtMark", **known, mark=mark
    )
