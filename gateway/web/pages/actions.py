"""What the forms of the pages ask for: each one a command of the one writer, then back to the page."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from math import isfinite
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

from gateway.access.gate import of_form
from gateway.access.login import Form, inside
from gateway.web.problems import RequestError
from gateway.web.quantities import shown
from gateway.web.site import AtSite
from gateway.words import said, times

Arguments = dict[str, Any]
router = APIRouter()


def _as_given(fields: dict[str, str]) -> Arguments:
    return dict(fields)


def _mark(fields: dict[str, str]) -> Arguments:
    """Values are told in the unit that people see, with the decimal sign of either language."""
    scale = shown(fields.get("quantity", "")).scale
    told = {name: _number(fields[name]) / scale for name in ("value", "hysteresis") if name in fields}
    return fields | told


def _notification(fields: dict[str, str]) -> Arguments:
    """People wait for minutes, the command for seconds."""
    wait_min = fields.pop("after_min", None)
    return fields if wait_min is None else {**fields, "after_s": round(60 * _number(wait_min))}


def _number(text: str) -> float:
    with suppress(ValueError):
        number = float(text.replace(",", "."))
        if isfinite(number):
            return number
    raise RequestError(422, said("refusal.noNumber", text=repr(text)))


def _changes(key: str) -> Callable[[dict[str, str]], Arguments]:
    """All fields but the key are what is to be changed."""

    def arguments(fields: dict[str, str]) -> Arguments:
        named = {name: value for name, value in fields.items() if name != key}
        return {key: fields.get(key), "changes": named}

    return arguments


def _zero(fields: dict[str, str]) -> Arguments:
    """From a day on, as it begins there."""
    day = fields.pop("since", "")
    try:
        return fields | {"from_ms": times.day_start_ms(date.fromisoformat(day))}
    except ValueError:
        raise RequestError(422, said("refusal.noDay", text=repr(day))) from None


# What a form may ask for, and how its fields become the command's arguments.
_OFFERED: dict[str, Callable[[dict[str, str]], Arguments]] = {
    "alarm.acknowledge": _as_given,
    "alarm.drill": _as_given,
    "mark.set": _mark,
    "mark.end": _as_given,
    "notification.set": _notification,
    "notification.remove": _as_given,
    "site.change": _changes("site_id"),
    "site.gauge_zero": _zero,
    "device.change": _changes("dev_eui"),
}


@router.post("/do/{command}", include_in_schema=False)
async def do(request: Request, site: AtSite, command: str, form: Form) -> RedirectResponse:
    """Empty fields say nothing."""
    fields = {name: value.strip() for name, value in form.items() if value.strip()}
    csrf, back = fields.pop("csrf", ""), fields.pop("back", "/")
    asker = of_form(request, site, csrf)
    request.state.asker = asker
    if asker is None:
        raise RequestError(401, "This gateway does not know you. Log in at /login.")
    if site.writer is None or command not in _OFFERED:
        raise RequestError(404, f"No form of ours asks for {command} here.")
    site.writer.run(asker, command, _OFFERED[command](fields))
    return RedirectResponse(inside(back), 303)
