"""The HTTP interface: what the gateway knows, read from its store, and the page that shows it."""

from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, FastAPI, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware

from gateway import told
from gateway.access import login
from gateway.access import routes as access_routes
from gateway.access.buckets import failures
from gateway.access.gate import identify, is_known, require
from gateway.access.limits import Limits
from gateway.access.roles import Role
from gateway.alarms import routes as alarm_routes
from gateway.commands import Writer
from gateway.config import HttpConfig
from gateway.counters import Counters
from gateway.model import Clock, Reading
from gateway.network import routes as downlinks
from gateway.network import wishes
from gateway.network.config import NetworkConfig
from gateway.notify import Notifier
from gateway.readiness import Health
from gateway.sources.presence import Presence
from gateway.store import queries
from gateway.store.database import Connection, StoreError, Where, opened
from gateway.store.queries import Row
from gateway.web import (
    description,
    device_routes,
    gateway_routes,
    operation,
    orientation_routes,
    pages,
    problems,
    rollup_routes,
    shapes,
    site_routes,
)
from gateway.web.asking import DevEui, DevicesQuery, NewsQuery, ReadingsQuery, UplinksQuery
from gateway.web.events import EventStreams
from gateway.web.guard import Guard
from gateway.web.news import News
from gateway.web.pages import refused
from gateway.web.paging import Order
from gateway.web.problems import RequestError
from gateway.web.section import PageConfig
from gateway.web.site import AtSite, Site
from gateway.why import routes as why_routes

VERSION = version("messfunk")
STATIC = Path(__file__).parent / "static"

_DEVICES = Order(dev_eui=str)
_READINGS = Order(time=int, uplink_id=str, quantity=str)
_UPLINKS = Order(received_at=int, id=str)
_of_reading = itemgetter(*Reading._fields)


Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
router = APIRouter()


def _get(path: str, **described: Any) -> Callable[[Endpoint], Endpoint]:
    """HEAD answers wherever GET does, but the description need not say so."""

    def add(endpoint: Endpoint) -> Endpoint:
        router.head(path, include_in_schema=False, **described)(endpoint)
        return router.get(path, **described)(endpoint)

    return add


def create_app(
    store: Where,
    clock: Clock,
    counters: Counters,
    notifier: Notifier,
    config: HttpConfig,
    writer: Writer | None = None,
    page: PageConfig | None = None,
    health: Health | None = None,
    presence: Presence | None = None,
    figures: Health | None = None,
    network: NetworkConfig | None = None,
) -> FastAPI:
    """The app to be served by `gateway.web.server`, which ends its event streams. No writer, no change."""
    app = description.DescribedApp(
        title="messfunk",
        version=VERSION,
        summary="Water level, noise and fine dust by LoRaWAN",
        docs_url=None,  # FastAPI's pages load from a foreign host
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.site = Site(
        store,
        clock,
        counters,
        config,
        EventStreams(store, notifier),
        News(store, notifier),
        clock.now_ms(),
        failures(clock),
        writer,
        page or PageConfig(),
        health,
        presence,
        figures,
        wishes.of(network or NetworkConfig()),
    )
    for each in (
        router,
        device_routes.router,
        downlinks.router,
        site_routes.router,
        orientation_routes.router,
        rollup_routes.router,
        operation.router,
        gateway_routes.router,
        access_routes.router,
        alarm_routes.router,
        why_routes.router,
        login.router,
        *pages.ROUTERS,
    ):
        app.include_router(each)
    app.mount("/static", StaticFiles(directory=STATIC))
    problems.install(app, clock, refused.show)
    app.add_middleware(
        GZipMiddleware, minimum_size=1000, compresslevel=6
    )  # 9 takes four times as long for 2 % less
    app.add_middleware(Limits, config=config, clock=clock, show=refused.as_page)
    app.add_middleware(Guard, config=config, clock=clock)
    return app


_VIEWERS = [require(Role.VIEWER)]


@_get("/api/v1/devices", response_model=shapes.Devices, responses=description.REFUSALS, dependencies=_VIEWERS)
def devices(site: AtSite, ask: Annotated[DevicesQuery, Query()]) -> Row:
    """The registered nodes by DevEUI, each with the newest value of every quantity."""
    with opened(site.store) as db:
        found = queries.devices(db, _DEVICES.after(ask.cursor), ask.limit + 1, ask.group)
        rows, following = _DEVICES.page(found, ask.limit)
    return {"now": site.clock.now_ms(), "next": following, "devices": rows}


@_get("/api/v1/groups", response_model=shapes.Groups, responses=description.REFUSALS, dependencies=_VIEWERS)
def groups(site: AtSite) -> Row:
    """The groups of nodes, each with how many are in it."""
    with opened(site.store) as db:
        return {"now": site.clock.now_ms(), "groups": queries.groups(db)}


@_get(
    "/api/v1/devices/{dev_eui}",
    response_model=shapes.OneDevice,
    responses=description.REFUSALS_OF_ONE,
    dependencies=_VIEWERS,
)
def device(site: AtSite, dev_eui: DevEui) -> Row:
    """One registered node."""
    with opened(site.store) as db:
        found = _registered(db, dev_eui)
    return {"now": site.clock.now_ms(), "device": found}


@_get(
    "/api/v1/devices/{dev_eui}/readings",
    response_model=shapes.Readings,
    responses=description.REFUSALS_OF_ONE,
    dependencies=_VIEWERS,
)
def readings(site: AtSite, dev_eui: DevEui, ask: Annotated[ReadingsQuery, Query()]) -> Response:
    """What a node measured, ascending by time; of all quantities unless one is named."""
    with opened(site.store) as db:
        _registered(db, dev_eui)
        span, after = (ask.start, ask.end), _READINGS.after(ask.cursor)
        found = queries.readings(db, dev_eui, ask.quantity, span, after, ask.limit + 1)
        rows, following = _READINGS.page(found, ask.limit)
    said = ",".join(told.reading_of_uplink(Reading(*_of_reading(row))) for row in rows)
    now = shapes.instant(site.clock.now_ms())
    # By hand: ten thousand are told at once.
    text = f'{{"now":"{now}","next":{told.text(following)},"readings":[{said}]}}'
    return Response(text, media_type="application/json")


@_get("/api/v1/uplinks", response_model=shapes.Uplinks, responses=description.REFUSALS, dependencies=_VIEWERS)
def uplinks(site: AtSite, ask: Annotated[UplinksQuery, Query()]) -> Row:
    """The accepted frames, ascending by time of receipt, each with the gateways that heard it."""
    with opened(site.store) as db:
        span, after = (ask.start, ask.end), _UPLINKS.after(ask.cursor)
        found = queries.uplinks(db, ask.dev_eui, span, after, ask.limit + 1)
        rows, following = _UPLINKS.page(found, ask.limit)
    return {"now": site.clock.now_ms(), "next": following, "uplinks": rows}


@_get(
    "/api/v1/events",
    response_class=StreamingResponse,
    responses=description.EVENTS,
    dependencies=_VIEWERS,
)
async def events(
    request: Request, site: AtSite, last_event_id: Annotated[int | None, Header(ge=0)] = None
) -> Response:
    """What happens from now on, or after `Last-Event-ID`, as server-sent events."""
    after_id = await site.streams.start_after(last_event_id)
    headers = {"X-Accel-Buffering": "no"}
    if request.method == "HEAD":
        return Response(headers=headers, media_type=description.EVENT_STREAM)
    return StreamingResponse(
        site.streams.follow(after_id, partial(is_known, request, site)),
        headers=headers,
        media_type=description.EVENT_STREAM,
    )


@_get("/api/v1/news", response_class=StreamingResponse, responses=description.NEWS)
async def news(request: Request, site: AtSite, ask: Annotated[NewsQuery, Query()]) -> Response:
    """What is measured at published places from now on, and their alarms, as server-sent events, for all."""
    headers = {"X-Accel-Buffering": "no"}
    if request.method == "HEAD":
        return Response(headers=headers, media_type=description.EVENT_STREAM)
    if site.news.is_full:
        raise RequestError(503, "As many listen as this gateway has room for. Ask from time to time instead.")
    return StreamingResponse(site.news.listen(ask.site), headers=headers, media_type=description.EVENT_STREAM)


@_get("/healthz", response_model=shapes.Health, responses={503: {"model": shapes.Health}})
async def healthz(request: Request, response: Response, site: AtSite) -> dict[str, Any]:
    """Whether the gateway works; what it has counted needs a token once there is one, as everything else."""
    status, is_known = "ok", False
    try:
        is_known = await identify(request, site) is not None
        with queries.opened(site.store) as db:
            queries.check(db)
    except StoreError:
        status, response.status_code = "failed", 503
    now = site.clock.now_ms()
    return {
        "status": status,
        "version": VERSION,
        "now": now,
        "uptime_s": (now - site.started_at) // 1000,
        "counters": site.counters.as_dict() if is_known else None,
    }


def _registered(db: Connection, dev_eui: str) -> Row:
    found = queries.device(db, dev_eui)
    if found is None:
        raise RequestError(
            404,
            f"No device {dev_eui} is registered. See /api/v1/devices, or register it: messfunk device add.",
        )
    return found
