"""One place: its value now, its curve with marks and flags, comparison, table; and as CSV, GeoJSON, JSON."""

import csv
import io
from collections.abc import Iterable
from itertools import islice
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from gateway.store import queries
from gateway.store.database import Connection
from gateway.web import alarms_shown, places
from gateway.web.curve import thinned
from gateway.web.page import PageRouter, render, tongue
from gateway.web.places import Place
from gateway.web.present import Point
from gateway.web.problems import RequestError
from gateway.web.quantities import charted, headline, scaled, shown
from gateway.web.shapes import instant
from gateway.web.site import AtSite
from gateway.web.span import parse_span
from gateway.words.times import HOUR_MS

RANGES = ("PT6H", "P1D", "P3D", "P7D", "P30D", "P1Y")
_ROWS = 200
_COMPARED = 3
_FULL_POINTS = 12_000  # beyond that a curve is thinned: no screen shows more
router = PageRouter()


def find(db: Connection, request: Request, site_id: str) -> Place:
    """Who may not see a place is not told that there is one."""
    found = places.place(db, request.state.asker, site_id)
    if found is None:
        raise RequestError(404, f"There is no place {site_id}. All places stand on the first page.")
    return found


def check_quantity(place: Place, quantity: str) -> str:
    if quantity not in place.told:
        raise RequestError(
            404, f"{place.id} does not measure {quantity}, but {', '.join(place.told) or 'nothing'}."
        )
    return quantity


@router.page("/sites/{site_id}")
def site_page(
    request: Request,
    site: AtSite,
    site_id: str,
    quantity: str = "",
    start: str = "P1D",
    end: str | None = None,
) -> HTMLResponse:
    now = site.clock.now_ms()
    since, until = parse_span(start, end, now)
    compared = request.query_params.getlist("with")[:_COMPARED]
    with queries.opened(site.store) as db:
        place = find(db, request, site_id)
        offered = charted(place.told)
        chosen = quantity if quantity in place.told else next(iter(offered), headline(place.told))
        seen = places.see(db, place, now, chosen)
        rows = list(places.series(db, place, chosen, (since, until))) if chosen else []
        limits = alarms_shown.limits(db, place.id, chosen, now) if chosen else []
        others = [
            other
            for other in places.places(db, request.state.asker)
            if chosen in other.told and other.id != place.id
        ]
        raised = alarms_shown.in_force(db, request.state.asker, tongue(request).language)
        uplinks = list(islice(_newest_uplinks(db, place), 8))
    return render(
        request,
        "site.html",
        now,
        place=place,
        seen=seen,
        offered=offered,
        quantity=chosen,
        start=start,
        end=end,
        ranges=RANGES,
        span=(since, until),
        rows=list(reversed(rows[-_ROWS:])),
        count=len(rows),
        summary=summary(tongue(request).language, chosen, rows),
        limits=limits,
        others=others,
        compared=[other for other in others if other.id in compared],
        warnings=[each for each in raised if each.site_id == place.id],
        uplinks=uplinks,
    )


def summary(language: str, quantity: str | None, rows: list[Point]) -> dict[str, float] | None:
    """Least, greatest and last value, in the interface's unit."""
    good = [point.value for point in rows if point.value is not None and point.flag < 4]
    return {"least": min(good), "most": max(good), "last": good[-1]} if good else None


def _newest_uplinks(db: Connection, place: Place) -> Iterable[dict[str, Any]]:
    heard = place.device["last_seen"]
    if heard is None:
        return []
    dev_eui, begin, over = place.spells[-1]
    span = (max(begin, heard - 12 * HOUR_MS), over)
    return reversed(list(queries.uplinks(db, dev_eui, span)))


@router.page("/sites/{site_id}/{quantity}.json")
def columns(
    request: Request, site: AtSite, site_id: str, quantity: str, start: str = "P1D", end: str | None = None
) -> Response:
    """A series in columns, in the shown unit, thinned where no screen shows more; for the curve."""
    now = site.clock.now_ms()
    span = parse_span(start, end, now)
    with queries.opened(site.store) as db:
        place = find(db, request, site_id)
        check_quantity(place, quantity)
        points = list(places.series(db, place, quantity, span))
        limits = alarms_shown.limits(db, place.id, quantity, now)
    kept = points if len(points) <= _FULL_POINTS else thinned(points, _FULL_POINTS // 4)
    how = shown(quantity)
    return JSONResponse(
        {
            "now": now,
            "span": span,
            "name": place.name,
            "unit": how.unit,
            "decimals": how.fine,
            "calm": 5 * min(how.steady, 10),
            "limits": [[limit.name, limit.value] for limit in limits],
            "times": [point.time for point in kept],
            "values": [
                point.value if point.value is None else round(scaled(quantity, point.value), 3)
                for point in kept
            ],
            "flags": [point.flag for point in kept],
        }
    )


@router.page("/sites/{site_id}/{quantity}.csv")
def table(
    request: Request, site: AtSite, site_id: str, quantity: str, start: str = "P1D", end: str | None = None
) -> Response:
    """Every reading of a span; times in UTC, values in the unit that the head names."""
    with queries.opened(site.store) as db:
        place = find(db, request, site_id)
        check_quantity(place, quantity)
        points = list(places.series(db, place, quantity, parse_span(start, end, site.clock.now_ms())))
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    how = shown(quantity)
    rows.writerow(["time_utc", f"{quantity}_{how.unit}" if how.unit else quantity, "flag", "fault"])
    rows.writerows(
        [instant(point.time), _cell(quantity, point), point.flag, point.fault or ""] for point in points
    )
    headers = {"Content-Disposition": f'attachment; filename="{place.id}-{quantity}.csv"'}
    return Response(text.getvalue(), headers=headers, media_type="text/csv; charset=utf-8")


def _cell(quantity: str, point: Point) -> str:
    return "" if point.value is None else f"{scaled(quantity, point.value):.10g}"


@router.page("/sites.geojson")
def geojson(request: Request, site: AtSite) -> Response:
    """All places with their newest values, as RFC 7946 has it: degrees, east before north."""
    now = site.clock.now_ms()
    with queries.opened(site.store) as db:
        features = [_feature(db, place, now) for place in places.places(db, request.state.asker)]
    document = {"type": "FeatureCollection", "features": features}
    return JSONResponse(document, media_type="application/geo+json")


def _feature(db: Connection, place: Place, now: int) -> dict[str, Any]:
    present = places.see(db, place, now).present
    known = place.lat is not None and place.lon is not None
    return {
        "type": "Feature",
        "id": place.id,
        "geometry": {"type": "Point", "coordinates": [place.lon, place.lat]} if known else None,
        "properties": {
            "name": place.name,
            "standing": present.standing,
            "quantity": present.quantity,
            "value": present.value,
            "unit": shown(present.quantity).unit if present.quantity else None,
            "time": instant(present.time) if present.time else None,
        },
    }
