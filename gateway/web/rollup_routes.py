"""Hours and days of one quantity at many places in one answer, in columns."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field, PlainSerializer, WithJsonSchema

from codec.quantities import UNITS
from gateway.access.gate import Asker
from gateway.site_commands import Slug
from gateway.store import rollups
from gateway.store.database import Connection, opened
from gateway.store.queries import Row
from gateway.web import description, places, shapes
from gateway.web.asking import Between, Quantity
from gateway.web.places import Place
from gateway.web.problems import refuse_parameter
from gateway.web.site import AtSite

_MOST = 50_000  # hours or days of one answer
_YEAR_MS = 366 * rollups.DAY_MS  # unless another span is asked for
router = APIRouter()

Instants = Annotated[
    list[int],
    PlainSerializer(lambda times: [shapes.instant(each) for each in times], return_type=list[str]),
    WithJsonSchema({"type": "array", "items": {"type": "string", "format": "date-time"}}),
]


class RollupsQuery(Between):
    quantity: Quantity
    span: Literal["hourly", "daily"] = "daily"
    site: list[Slug] = Field(min_length=1, max_length=100, description="ids of places, each as `site=`")


class Series(shapes.Shape):
    """One place; the lists are of one length. What failed its judgement counts for nothing."""

    site_id: str
    start: Instants = Field(description="of the hour or the day (UTC)")
    mean: list[float] = Field(description="of noise the energetic one")
    least: list[float]
    most: list[float]
    readings: list[int] = Field(description="how many")


class Rollups(shapes.Answer):
    span: Literal["hourly", "daily"]
    quantity: str
    unit: str
    series: list[Series] = Field(description="of the places that may be seen, in the order asked for")


@router.get("/api/v1/rollups", response_model=Rollups, responses=description.REFUSALS)
def site_rollups(site: AtSite, asker: Asker, ask: Annotated[RollupsQuery, Query()]) -> Row:
    """What hours or days say of one quantity at up to a hundred places; without a token published ones."""
    now = site.clock.now_ms()
    end = now if ask.end is None else ask.end
    span = (end - _YEAR_MS if ask.start is None else ask.start, end)
    if len(ask.site) * (span[1] - span[0]) // rollups.SPANS[ask.span] > _MOST:
        raise refuse_parameter("from", f"expected places times hours or days to be {_MOST:,} at most")
    with opened(site.store) as db:
        found = places.places(db, asker, list(dict.fromkeys(ask.site)))
        series = [_series(db, place, ask.span, ask.quantity, span) for place in found]
    told = {"span": ask.span, "quantity": ask.quantity, "unit": UNITS[ask.quantity]}
    return {"now": now, "series": series} | told


def _series(db: Connection, place: Place, table: str, quantity: str, span: tuple[int, int]) -> Row:
    columns = list(zip(*places.spans(db, place, table, quantity, span), strict=True))
    start, readings, mean, least, most = columns or [()] * 5
    return {
        "site_id": place.id,
        "start": start,
        "mean": mean,
        "least": least,
        "most": most,
        "readings": readings,
    }
