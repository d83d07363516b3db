"""For those who run it: whether all is well and why not, and its figures in Prometheus' text format."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from gateway.access.client import is_local
from gateway.access.gate import identify, require
from gateway.access.roles import Role
from gateway.readiness import causes
from gateway.store.database import StoreError
from gateway.web import description, shapes
from gateway.web.problems import RequestError
from gateway.web.site import AtSite, Site

router = APIRouter()
TEXT = "text/plain; version=0.0.4; charset=utf-8"
_PLAIN = {
    "unknown_devices": "Asked to join within 24 hours and are not registered.",
    "unserved_gateways": "Called within 24 hours and are not listed.",
    "gateway_conflicts": "Gateways that a second address has claimed since the start.",
}


class Ready(shapes.Answer):
    """`causes` are told on this machine or with a token only."""

    ready: bool
    causes: list[str] = Field(description="what is wrong, one sentence each")


@router.get("/readyz", response_model=Ready, responses={503: {"model": Ready}})
async def readyz(request: Request, response: Response, site: AtSite) -> dict[str, Any]:
    """200 while everything comes in, is kept and goes out."""
    is_known = is_local(request, site.config)
    try:
        is_known = is_known or await identify(request, site) is not None
        found = list(causes(_health(site)))
    except StoreError as error:
        found = [f"database: {error}"]
    if found:
        response.status_code = 503
    return {"now": site.clock.now_ms(), "ready": not found, "causes": found if is_known else []}


@router.get(
    "/metrics",
    response_class=Response,
    dependencies=[require(Role.VIEWER)],
    responses=description.REFUSED_CHANGES
    | {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(site: AtSite) -> Response:
    """Counters and states. Prometheus sends a viewer's token as `authorization`."""
    uptime_s = (site.clock.now_ms() - site.started_at) / 1000
    figures = _figures(site) | {"lost_ratio": await site.loss.told(site.clock.now_ms())}
    lines = [line for family in families(_health(site), figures, uptime_s) for line in family]
    return Response("\n".join([*lines, ""]), media_type=TEXT)


def families(health: dict[str, Any], figures: dict[str, Any], uptime_s: float) -> Iterator[list[str]]:
    """No label holds what a stranger sent: causes, sources and sinks are named by us, gateways are few."""
    yield _family("uptime_seconds", "gauge", "Since the start.", {"": uptime_s})
    for name, value in health["counters"].items():
        counted = _by("cause", value) if isinstance(value, dict) else {"": value}
        yield _family(f"{name}_total", "counter", "By the name of /healthz.", counted)
    up = {name: int(error is None) for name, error in health["sources"].items()}
    yield _family("source_up", "gauge", "1 while it delivers.", _by("source", up))
    yield from _of_sinks(health)
    if health["backup_age_ms"] is not None:
        yield _family("backup_age_seconds", "gauge", "Of the newest.", {"": health["backup_age_ms"] / 1000})
    yield _family("store_up", "gauge", "1 while it is written.", {"": int(health["store_error"] is None)})
    if health["free_bytes"] is not None:
        yield _family("free_bytes", "gauge", "Where the database lies.", {"": health["free_bytes"]})
    yield from _of_radio(figures)


def _of_sinks(health: dict[str, Any]) -> Iterator[list[str]]:
    now, lags = health["now"], {lag["name"]: lag for lag in health["sinks"]}
    age_s = {
        name: 0 if lag["oldest_at"] is None else (now - lag["oldest_at"]) / 1000 for name, lag in lags.items()
    }
    depth = {name: lag["depth"] for name, lag in lags.items()}
    yield _family("outbox_depth", "gauge", "Uplinks owed.", _by("sink", depth))
    yield _family("outbox_age_seconds", "gauge", "Of the oldest one owed.", _by("sink", age_s))
    dead = {name: lag["dead"] for name, lag in lags.items()}
    yield _family("outbox_dead", "gauge", "Refused for good.", _by("sink", dead))


def _of_radio(figures: dict[str, Any]) -> Iterator[list[str]]:
    spent = {
        f'{{gateway="{gateway}",band_mhz="{band}"}}': round(share, 6)
        for (gateway, band), share in figures["airtime"].items()
    }
    text = "Of the airtime that an hour of the sub-band allows, by gateway."
    yield _family("duty_cycle_used_ratio", "gauge", text, spent)
    leads_s = _by("quantile", {str(at): lead_s for at, lead_s in figures["leads_s"].items()})
    text = "By so much before their windows gateways were told in the last hour."
    yield _family("downlink_lead_seconds", "gauge", text, leads_s)
    if figures["lost_ratio"] is not None:
        text = "Of the frames that nodes sent since yesterday morning, those that never came."
        yield _family("uplinks_lost_ratio", "gauge", text, {"": round(figures["lost_ratio"], 6)})
    for name, text in _PLAIN.items():
        yield _family(name, "gauge", text, {"": figures[name]})


def _by(label: str, values: Mapping[str, float]) -> dict[str, float]:
    return {f'{{{label}="{name}"}}': value for name, value in values.items()}


def _family(name: str, kind: str, text: str, values: Mapping[str, float]) -> list[str]:
    name = f"messfunk_{name}"
    return [
        f"# HELP {name} {text}",
        f"# TYPE {name} {kind}",
        *(f"{name}{at} {n}" for at, n in values.items()),
    ]


def _health(site: Site) -> dict[str, Any]:
    if site.health is None:
        raise RequestError(503, "This gateway only shows; ask where it runs.")
    return site.health()


def _figures(site: Site) -> dict[str, Any]:
    if site.figures is None:
        raise RequestError(503, "This gateway only shows; ask where it runs.")
    return site.figures()
