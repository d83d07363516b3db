"""Every page that the gateway serves, by name and address; a page that is missing here fails a test."""

from fastapi import FastAPI
from fastapi.routing import APIRoute

from tests.e2e import village

OTHER = "70b3d57ed0000002"
PAGES = {
    "overview": "",
    "site": f"sites/{village.CREEK}?start=P3D&with={OTHER}",
    "silent": f"sites/{village.SILENT}",
    "noise": f"sites/{village.LOUD}?start=P7D",
    "dust": f"sites/{village.DUSTY}",
    "alarms": "alarms",
    "settings": "settings",
    "settings-site": f"settings/{village.CREEK}",
    "nodes": "nodes",
    "gateways": "gateways",
    "live": "live",
    "live-node": f"live?dev_eui={village.CREEK}",
    "frame": f"frames/{village.FRAME}",
    "about": "about",
    "accessibility": "accessibility",
    "privacy": "privacy",
    "imprint": "imprint",
    "login": "login?refused",
    "problem": "sites/nowhere",
    "embed": f"embed/{village.CREEK}/level",
}
# What a gateway shows that knows of nothing yet, to whoever may only look.
BARE = {
    "overview-empty": "",
    "alarms-empty": "alarms",
    "nodes-empty": "nodes",
    "gateways-empty": "gateways",
    "live-empty": "live",
    "forbidden": "settings",
    "too-often": "alarms",
}
HEADERS = {"too-often": {"Authorization": "Bearer wrong"}}
WITH_CURVE = ("site", "silent", "noise", "dust")
_REFUSED = {
    "problem": "404 (Not Found)",
    "forbidden": "403 (Forbidden)",
    "too-often": "429 (Too Many Requests)",
}


def console(page: str) -> list[str]:
    """What the browser itself says of a page: nothing, but of one that is refused."""
    if page not in _REFUSED:
        return []
    return [f"error: Failed to load resource: the server responded with a status of {_REFUSED[page]}"]


def missing(app: FastAPI) -> list[str]:
    """Routes of pages, not of files or of the interface, that none of the addresses leads to."""
    addresses = ["/" + address.partition("?")[0] for address in PAGES.values()]
    return [
        route.path
        for route in _pages(app)
        if not any(route.path_regex.fullmatch(address) for address in addresses)
    ]


def _pages(app: FastAPI) -> list[APIRoute]:
    routes = [route for route in app.routes if isinstance(route, APIRoute) and "GET" in route.methods]
    return [route for route in routes if not route.include_in_schema and "." not in route.path]
