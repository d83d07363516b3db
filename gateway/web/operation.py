"""For those who run it: whether all is well and why not, and its figures in Prometheus' text format."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from gateway.access.client import is_local
from gateway.access.gate import identify, require
from gateway.access.roles import Role
from gateway.store.database import StoreError
from gateway.web import description, shapes
from gateway.web.problems import RequestError
from gateway.web.site import AtSite, Site

router = APIRouter()
TEXT = "text/plain; version=0.0.4; charset=utf-8"
_LATE_MS = 10 * 60_000  # a sink that is owed for so long is not catching up
_CONFLICT_MS = 3_600_000
_STALE_MS = 26 * 3_600_000  # a nightly backup has been missed

Health = Callable[[], dict[str, Any]]


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
        causes = list(_causes(_health(site)))
    except StoreError as error:
        causes = [str(error)]
    if causes:
        response.status_code = 503
    return {"now": site.clock.now_ms(), "ready": not causes, "causes": causes if is_known else []}


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
    lines = [line for family in families(_health(site), uptime_s) for line in family]
    return Response("\n".join([*lines, ""]), media_type=TEXT)


def families(health: dict[str, Any], uptime_s: float) -> Iterator[list[str]]:
    """No label holds what a stranger sent: causes, sources and sinks are named by us."""
    now = health["now"]
    yield _family("uptime_seconds", "gauge", "Since the start.", {"": uptime_s})
    for name, value in health["counters"].items():
        counted = (
            {f'{{cause="{each}"}}': n for each, n in value.items()}
            if isinstance(value, dict)
            else {"": value}
        )
        yield _family(f"{name}_total", "counter", "By the name of /healthz.", counted)
    up = {f'{{source="{name}"}}': int(error is None) for name, error in health["sources"].items()}
    yield _family("source_up", "gauge", "1 while it delivers.", up)
    sinks = {f'{{sink="{lag["name"]}"}}': lag for lag in health["sinks"]}
    age = {
        label: 0 if lag["oldest_at"] is None else (now - lag["oldest_at"]) / 1000
        for label, lag in sinks.items()
    }
    yield _family(
        "outbox_depth", "gauge", "Uplinks owed.", {label: lag["depth"] for label, lag in sinks.items()}
    )
    yield _family("outbox_age_seconds", "gauge", "Of the oldest one owed.", age)
    yield _family(
        "outbox_dead", "gauge", "Refused for good.", {label: lag["dead"] for label, lag in sinks.items()}
    )
    if health["backup_age_ms"] is not None:
        yield _family("backup_age_seconds", "gauge", "Of the newest.", {"": health["backup_age_ms"] / 1000})


def _family(name: str, kind: str, text: str, values: Mapping[str, float]) -> list[str]:
    name = f"messfunk_{name}"
    return [
        f"# HELP {name} {text}",
        f"# TYPE {name} {kind}",
        *(f"{name}{at} {n}" for at, n in values.items()),
    ]


def _causes(health: dict[str, Any]) -> Iterator[str]:
    now = health["now"]
    for name, error in health["sources"].items():
        if error:
            yield f"source {name}: {error}"
    for gateway_id, at in health["conflicts"].items():
        if now - at < _CONFLICT_MS:
            yield f"gateway {gateway_id}: claimed from a second address, last at {shapes.instant(at)}"
    for lag in health["sinks"]:
        if lag["error"]:
            yield f"sink {lag['name']}: {lag['error']}"
        elif lag["oldest_at"] is not None and now - lag["oldest_at"] > _LATE_MS:
            yield f"sink {lag['name']}: behind since {shapes.instant(lag['oldest_at'])}"
    if health["backup_error"]:
        yield f"backup: {health['backup_error']}"
    elif health["backup_age_ms"] is not None and health["backup_age_ms"] > _STALE_MS:
        yield f"backup: the newest is {health['backup_age_ms'] // 3_600_000} hours old"


def _health(site: Site) -> dict[str, Any]:
    if site.health is None:
        raise RequestError(503, "This gateway only shows; ask where it runs.")
    return site.health()
