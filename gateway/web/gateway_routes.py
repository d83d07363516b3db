"""The gateways as they are just now: who is connected and from where, and who calls without being served."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from pydantic import Field

from gateway.access.gate import require
from gateway.access.roles import Role
from gateway.web import description, shapes
from gateway.web.problems import RequestError
from gateway.web.site import AtSite

router = APIRouter()


class Caller(shapes.Shape):
    gateway_id: shapes.Eui
    source: str = Field(description="how it speaks: semtech_udp or basics_station")
    host: str = Field(description="where it calls from")
    since: shapes.Instant
    heard_at: shapes.Instant
    calls: int


class Gateways(shapes.Answer):
    gateways: list[Caller] = Field(description="that are served and not silent")
    unknown: list[Caller] = Field(
        description="that called within a day and are not listed in [[source]] gateways"
    )


@router.get(
    "/api/v1/gateways",
    response_model=Gateways,
    responses=description.REFUSALS,
    dependencies=[require(Role.OPERATOR)],
)
async def gateways(site: AtSite) -> dict[str, Any]:
    """Who is connected, and who called in vain."""
    if site.presence is None:
        raise RequestError(503, "This gateway only shows; ask where it runs.")
    return {
        "now": site.clock.now_ms(),
        "gateways": [asdict(each) for each in site.presence.present()],
        "unknown": [asdict(each) for each in site.presence.strangers()],
    }
