"""One place: its value now, its curve with marks and flags, comparison, table; and as CSV, GeoJSON, JSON."""

import csv
import io
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse

from gateway.alarms import node_marks, orientation
from gateway.model import GaugeZero
from gateway.store import gauge_zeros, queries
from gateway.store.database import Connection
from gateway.web import alarms_shown, places
from gateway.web.curve import thinned
from gateway.web.listing import part
from gateway.web.orientation_routes import orientation_of
from gateway.web.page import PageRouter, render, tongue
from gateway.web.places import Place, Seen
from gateway.web.present import Point
from gateway.web.problems import RequestError
from gateway.web.quantities import charted, headline, scaled, shown
from gateway.web.shapes import instant
from gateway.web.site import AtSite, Site
from gateway.web.span import parse_span
from gateway.words.times import DAY_MS

RANGES = ("PT6H", "P1D", "P3D", "P7D", "P30D", "P1Y")
_ROWS = 200
_COMPARED = 3
_UPLINKS = 8
_CSV_MS = 31 * DAY_MS
_FEATURES = 1000
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
        rows = places.curve(db, place, chosen, (since, until)) if chosen else []
        limits = alarms_shown.limits(db, place.id, chosen, now) if chosen else []
        others = places.near(db, request.state.asker, place, chosen) if chosen else []
        beside = [each for each in places.places(db, request.state.asker, compared) if chosen in each.told]
        raised = alarms_shown.in_force(db, request.state.asker, tongue(request).language, place.id)
        uplinks = _newest_uplinks(db, place) if request.state.asker else []
        unconfirmed = node_marks.unconfirmed(db, place.id, now) if request.state.asker else []
        zeros = places.zeros(db, [place]).get(place.id, [])
        year = orientation.year_of(now)
        dust, noise = orientation_of(db, place, year, now)
    return render(
        request,
        "site.html",
        now,
        place=place,
        seen=seen,
        over_nhn_mm=_over_now(seen, zeros),
        offered=offered,
        quantity=chosen,
        start=start,
        end=end,
        ranges=RANGES,
        span=(since, until),
        rows=list(reversed(rows[-_ROWS:])),
        count=len(rows),
        is_coarse=any(row.least is not None for row in rows),
        summary=summary(tongue(request).language, chosen, rows),
        limits=limits,
        others=sorted({*others, *((each.id, each.name) for each in beside)}, key=itemgetter(1)),
        compared=beside,
        warnings=raised,
        uplinks=uplinks,
        unconfirmed=unconfirmed,
        dust=dust,
        noise=noise,
        year=year,
    )


def _over_now(seen: Seen, zeros: list[GaugeZero]) -> float | None:
    present = seen.present
    if present.quantity != "level" or not present.is_live or present.last is None:
        return None
    return gauge_zeros.over_nhn_mm(zeros, present.last["time"], present.last["value"])


def summary(language: str, quantity: str | None, rows: list[Point]) -> dict[str, float] | None:
    """Least, greatest and last value, in the interface's unit."""
    good = [(point, point.value) for point in rows if point.value is not None and point.flag < 4]
    if not good:
        return None
    least = min(value if point.least is None else point.least for point, value in good)
    most = max(value if point.most is None else point.most for point, value in good)
    return {"least": least, "most": most, "last": good[-1][1]}


def _newest_uplinks(db: Connection, place: Place) -> list[dict[str, Any]]:
    dev_eui, begin, over = place.spells[-1]
    return list(queries.newest_uplinks(db, dev_eui, _UPLINKS, (begin, over)))


@router.page("/sites/{site_id}/{quantity}.json")
def columns(
    request: Request, site: AtSite, site_id: str, quantity: str, start: str = "P1D", end: str | None = None
) -> Response:
    """A series in columns, in the shown unit, of hours or days where no screen shows more; for the curve."""
    now = site.clock.now_ms()
    span = parse_span(start, end, now)
    with queries.opened(site.store) as db:
        place = find(db, request, site_id)
        check_quantity(place, quantity)
        points = places.curve(db, place, quantity, span)
        limits = alarms_shown.limits(db, place.id, quantity, now)
    kept = points if len(points) <= _FULL_POINTS else thinned(points, _FULL_POINTS // 4)
    how = shown(quantity)
    has_band = any(point.least is not None for point in kept)
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
            "values": [_rounded(quantity, point.value) for point in kept],
            "flags": [point.flag for point in kept],
            "least": [_rounded(quantity, point.least) for point in kept] if has_band else None,
            "most": [_rounded(quantity, point.most) for point in kept] if has_band else None,
        }
    )


def _rounded(quantity: str, value: float | None) -> float | None:
    return None if value is None else round(scaled(quantity, value), 3)


@router.page("/sites/{site_id}/{quantity}.csv")
def table(
    request: Request, site: AtSite, site_id: str, quantity: str, start: str = "P1D", end: str | None = None
) -> Response:
    """Every reading of a span; times in UTC, values in the unit that the head names.

    With a level comes its height over NHN, by the gauge zero of its time, once one is known.
    """
    span = parse_span(start, end, site.clock.now_ms())
    with queries.opened(site.store) as db:
        place = find(db, request, site_id)
        check_quantity(place, quantity)
        zeros = places.zeros(db, [place]).get(place.id, []) if quantity == "level" else []
    headers = {"Content-Disposition": f'attachment; filename="{place.id}-{quantity}.csv"'}
    lines = _csv(site, place, quantity, span, zeros)
    return StreamingResponse(lines, headers=headers, media_type="text/csv; charset=utf-8")


def _csv(
    site: Site, place: Place, quantity: str, span: tuple[int, int], zeros: list[GaugeZero]
) -> Iterator[str]:
    """A month after the other, so that years need no more memory."""
    how = shown(quantity)

    def over(point: Point) -> list[str]:
        over_mm = gauge_zeros.over_nhn_mm(zeros, point.time, point.value)
        return ["" if over_mm is None else f"{over_mm / 1000:.10g}"] if zeros else []

    head: list[object] = ["time_utc", f"{quantity}_{how.unit}" if how.unit else quantity, "flag", "fault"]
    yield _line([*head, "over_nhn_m"] if zeros else head)
    for begin in range(*span, _CSV_MS):
        with queries.opened(site.store) as db:
            points = list(places.series(db, place, quantity, (begin, min(begin + _CSV_MS, span[1]))))
        yield "".join(
            _line([instant(point.time), _cell(quantity, point), point.flag, point.fault or "", *over(point)])
            for point in points
        )


def _line(cells: list[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()


def _cell(quantity: str, point: Point) -> str:
    return "" if point.value is None else f"{scaled(quantity, point.value):.10g}"


@router.page("/sites.geojson")
def geojson(request: Request, site: AtSite, after: str = "") -> Response:
    """Places by name with their newest values (RFC 7946); beyond a thousand `next` says where to go on."""
    now = site.clock.now_ms()
    with queries.opened(site.store) as db:
        listed = part(db, [places.listed(request.state.asker)], "", after, _FEATURES)
        found = list(places.places(db, request.state.asker, listed.ids))
        zeros = places.zeros(db, found)
        features = [
            _feature(seen, gauge_zeros.valid_at(zeros.get(seen.place.id, []), seen.present.time or now))
            for seen in places.see_all(db, found, now)
        ]
    document: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if listed.following:
        document["next"] = f"/sites.geojson?after={listed.following}"
    return JSONResponse(document, media_type="application/geo+json")


def _feature(seen: Seen, zero_mm: int | None) -> dict[str, Any]:
    place, present = seen.place, seen.present
    known = place.lat is not None and place.lon is not None
    return {
        "type": "Feature",
        "id": place.id,
        "geometry": {"type": "Point", "coordinates": [place.lon, place.lat]} if known else None,
        "properties": {
            "name": place.name,
            "standing": present.standing,
            "quantity": present.quantity,
            "value": None if present.value is None else round(present.value, 3),
            "unit": shown(present.quantity).unit if present.quantity else None,
            "per_hour": None if present.per_hour is None else round(present.per_hour, 3),
            "time": instant(present.time) if present.time else None,
            "gauge_zero_over_nhn_m": None if zero_mm is None else zero_mm / 1000,
        },
    }
