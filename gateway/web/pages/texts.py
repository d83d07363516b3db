"""About, accessibility, privacy, imprint and login: texts, ours and the operator's."""

from importlib.metadata import version
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from gateway.access.login import inside
from gateway.web.page import PageRouter, render
from gateway.web.site import AtSite

# What we say ourselves; the operator's own text follows.
_OURS: dict[str, tuple[str, ...]] = {
    "about": ("about.what", "about.how", "about.limits"),
    "accessibility": ("accessibility.what", "accessibility.how", "accessibility.gaps", "accessibility.law"),
    "privacy": ("privacy.visitors", "privacy.sensors"),
    "imprint": (),
}
router = PageRouter()


def _text(request: Request, site: AtSite) -> HTMLResponse:
    name = request.url.path.removeprefix("/")
    theirs = site.page.text(name) if name != "about" else []
    told: dict[str, Any] = {"ours": _OURS[name], "theirs": theirs}
    return render(request, "text.html", site.clock.now_ms(), name=name, version=version("messfunk"), **told)


for _name in _OURS:
    router.page(f"/{_name}")(_text)


@router.page("/login")
def login(request: Request, site: AtSite, next: str = "/") -> HTMLResponse:  # noqa: A002 (the name in the form)
    is_refused = "refused" in request.query_params
    return render(request, "login.html", site.clock.now_ms(), is_refused=is_refused, next=inside(next))
