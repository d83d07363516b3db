"""Logging in by pasting a token, logging out, and what a page may know of who it is."""

from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gateway.access import sessions, shapes
from gateway.access.gate import Asker, check_csrf, cookie_name, refuse_foreign, token_holder
from gateway.access.roles import Principal
from gateway.commands import Writer
from gateway.store import queries
from gateway.web import description
from gateway.web.problems import RequestError
from gateway.web.site import AtSite, Site

router = APIRouter()
_FORM = "application/x-www-form-urlencoded"


async def _form(request: Request) -> dict[str, str]:
    """The first value of each field; what is no form has none."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != _FORM:
        raise RequestError(415, f"Expected the form of /login, sent as {_FORM}.")
    refuse_foreign(request)
    try:
        fields = parse_qs((await request.body()).decode("ascii"), max_num_fields=10)
    except ValueError:
        raise RequestError(422, "Expected the form of /login.") from None
    return {name: values[0] for name, values in fields.items()}


Form = Annotated[dict[str, str], Depends(_form)]


def _writer(site: AtSite) -> Writer:
    if site.writer is None:
        raise RequestError(503, "Nobody can log in: this gateway only shows.")
    return site.writer


@router.post("/login", include_in_schema=False)
async def log_in(
    request: Request, site: AtSite, form: Form, writer: Annotated[Writer, Depends(_writer)]
) -> Response:
    """A wrong token leads back to the form, which says so."""
    try:
        with queries.opened(site.store) as db:
            holder = token_holder(request, site, db, form.get("token", "").strip())
    except RequestError as refused:
        if refused.status != 401:
            raise
        return RedirectResponse("/login?refused", 303)
    secret = writer.run(holder, "session.begin", {})["secret"]
    answer = RedirectResponse(inside(form.get("next", "/")), 303)
    answer.set_cookie(
        cookie_name(site.config),
        secret,
        max_age=sessions.LIFE_MS // 1000,
        path="/",
        secure=site.config.is_tls or site.config.behind_proxy,
        httponly=True,
        samesite="strict",
    )
    return answer


@router.post("/logout", include_in_schema=False)
async def log_out(
    request: Request, site: AtSite, form: Form, writer: Annotated[Writer, Depends(_writer)]
) -> Response:
    """Its `csrf` stands in the form, since a form sends no header."""
    name = cookie_name(site.config)
    secret = request.cookies.get(name, "")
    holder = _holder(site, secret)
    if holder:
        check_csrf(secret, form.get("csrf", ""))
        writer.run(holder, "session.end", {"secret": secret})
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(name, path="/", secure=name.startswith("__Host-"), httponly=True, samesite="strict")
    return answer


@router.get("/api/v1/session", response_model=shapes.Session, responses=description.REFUSALS)
async def session(request: Request, site: AtSite, asker: Asker) -> dict[str, Any]:
    """Who asks, and the word that a page sends with each change as X-CSRF-Token."""
    secret = request.cookies.get(cookie_name(site.config), "")
    return {
        "now": site.clock.now_ms(),
        "name": asker and asker.name,
        "role": asker and asker.role,
        "csrf": sessions.csrf(secret) if _holder(site, secret) else None,
    }


def _holder(site: Site, secret: str) -> Principal | None:
    with queries.opened(site.store) as db:
        return sessions.holder(db, secret, site.clock.now_ms())


def inside(path: str) -> str:
    """A path on this host; anything that could lead away becomes the first page."""
    is_inside = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_inside and "\\" not in path else "/"
