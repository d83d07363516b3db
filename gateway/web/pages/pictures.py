"""A curve as a picture by its address, and a page to embed: both without JavaScript, in light or dark."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import resvg_py
from fastapi import Depends, Query, Request, Response
from fastapi.responses import HTMLResponse

from gateway.store import queries
from gateway.web import alarms_shown, places
from gateway.web.curve import Picture, draw
from gateway.web.page import PageRouter, render, tongue
from gateway.web.pages.sites import check_quantity, find
from gateway.web.places import Seen
from gateway.web.present import Present
from gateway.web.quantities import THIN_SPACE, shown, text
from gateway.web.site import AtSite, Site
from gateway.web.span import parse_span
from gateway.words import has, number, say
from gateway.words.times import moment

FONT = Path(__file__).parent.parent / "static/vendor/Inter_400Regular.ttf"
_MAY_EMBED = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors *",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_ZOOM = 2  # for screens with fine pixels
_REFUSED = {404: "picture.unknown", 422: "picture.unclear"}
_NARROWEST = 440  # px: the line below the name just fits
_LONGEST_PATH = 90  # characters of the smallest text that fit
Theme = Literal["light", "dark"]
router = PageRouter()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an address asks of a picture; width and height in px."""

    start: str = "P2D"
    end: str | None = None
    theme: Theme = "light"
    width: Annotated[int, Query(ge=_NARROWEST, le=1440)] = 720
    height: Annotated[int, Query(ge=240, le=1080)] = 360


Asked = Annotated[Wanted, Depends()]


@router.page("/sites/{site_id}/{quantity}.svg")
def svg(request: Request, site: AtSite, site_id: str, quantity: str, asked: Asked) -> Response:
    picture = _picture(request, site, site_id, quantity, asked)
    return Response(draw(picture), headers=_headers(request), media_type="image/svg+xml")


@router.page("/sites/{site_id}/{quantity}.png")
def png(request: Request, site: AtSite, site_id: str, quantity: str, asked: Asked) -> Response:
    picture = _picture(request, site, site_id, quantity, asked)
    return Response(paint(draw(picture)), headers=_headers(request), media_type="image/png")


@router.page("/embed/{site_id}/{quantity}")
def embed(
    request: Request,
    site: AtSite,
    site_id: str,
    quantity: str,
    start: str = "P2D",
    theme: Theme = "light",
) -> HTMLResponse:
    """For an iframe of a municipality's own page."""
    now = site.clock.now_ms()
    parse_span(start, None, now)
    with queries.opened(site.store) as db:
        place = find(db, request, site_id)
        seen = places.see(db, place, now, check_quantity(place, quantity))
    answer = render(
        request, "embed.html", now, seen=seen, place=place, quantity=quantity, start=start, theme=theme
    )
    answer.headers.update(_MAY_EMBED)
    return answer


def paint(drawing: str) -> bytes:
    """The SVG as PNG, with our own font: a server often has none."""
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=drawing,
            zoom=_ZOOM,
            skip_system_fonts=True,
            font_files=[str(FONT)],
            font_family="Inter",
            sans_serif_family="Inter",
        )
    )


def refusal(request: Request, status: int) -> Response | None:
    """What could not be drawn, as a picture of the usual size: an alternative text is not always there."""
    path = request.url.path
    is_embedded = path.startswith("/embed/")
    if not is_embedded and not (path.startswith("/sites/") and path.endswith((".svg", ".png"))):
        return None
    language = tongue(request).language
    reason = _REFUSED.get(status, "picture.later")
    drawing = draw(
        Picture(
            title=say(language, "picture.refused"),
            headline=say(language, reason),
            note=path[:_LONGEST_PATH],
            empty=say(language, f"{reason}.next"),
            quantity="",
            series=(),
            span=(0, 1),
            language=language,
        )
    )
    if path.endswith(".png"):
        return Response(paint(drawing), status, _headers(request), "image/png")
    return Response(drawing, status, _headers(request), "image/svg+xml")


def _headers(request: Request) -> dict[str, str]:
    return _MAY_EMBED | {"Content-Language": tongue(request).language, "Vary": "Accept-Language"}


def _picture(request: Request, site: Site, site_id: str, quantity: str, asked: Wanted) -> Picture:
    now, language = site.clock.now_ms(), tongue(request).language
    span = parse_span(asked.start, asked.end, now)
    with queries.opened(site.store) as db:
        place = find(db, request, site_id)
        seen = places.see(db, place, now, check_quantity(place, quantity))
        series = places.curve(db, place, quantity, span)
        limits = alarms_shown.limits(db, place.id, quantity, now)
    note = say(language, "picture.note", moment=moment(language, now))
    return Picture(
        title=place.name,
        headline=headline(language, seen),
        note=" · ".join(filter(None, (note, site.page.operator))),
        empty=say(language, "chart.empty"),
        quantity=quantity,
        series=series,
        span=span,
        limits=limits,
        language=language,
        theme=asked.theme,
        width=asked.width,
        height=asked.height,
    )


def _rate(language: str, present: Present) -> str:
    how = shown(present.quantity or "")
    if present.per_hour is None or present.direction == "steady" or not how.has_rate:
        return ""
    return f" {number(language, abs(present.per_hour), how.decimals)}{THIN_SPACE}{how.unit}/h"


def headline(language: str, seen: Seen) -> str:
    """`Wasserstand 187 cm, steigt 22 cm/h, So 22.11., 13:05`"""
    present = seen.present
    told = partial(say, language)
    name = f"quantity.{present.quantity}"
    parts = [told(name) if has(name) else str(present.quantity)]
    if present.is_live and present.quantity and present.last:
        parts[0] += " " + text(language, present.quantity, present.last["value"])
        if present.direction and present.per_hour is not None:
            parts.append(told(f"trend.{present.direction}") + _rate(language, present))
    else:
        parts[0] += " " + told("value.unknown")
    if present.time is not None:
        parts.append(moment(language, present.time))
    return ", ".join(parts)
