"""A page: its language, its links, and the template that becomes the answer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gateway import words
from gateway.access import sessions
from gateway.access.gate import Asker, cookie_name
from gateway.access.roles import Principal, Role
from gateway.web import quantities, sheet
from gateway.web.guard import policy
from gateway.web.site import Site
from gateway.words import times

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
TEMPLATES = Path(__file__).parent / "templates"

# The pages of the head, with their names, for each role.
_PUBLIC = (("/", "overview.title"), ("/alarms", "alarms.title"))
_VIEWER = (("/nodes", "nodes.title"), ("/gateways", "gateways.title"), ("/live", "live.title"))
_OPERATOR = (("/settings", "settings.title"),)


async def _know(request: Request, asker: Asker) -> None:
    request.state.asker = asker


class PageRouter(APIRouter):
    """Pages know who asks, answer HEAD as well, and stand in no description of the interface."""

    def __init__(self, *dependencies: Any) -> None:
        super().__init__(dependencies=[Depends(_know), *dependencies])

    def page(self, path: str) -> Callable[[Endpoint], Endpoint]:
        return self.api_route(path, methods=["GET", "HEAD"], include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Tongue:
    """The reader's language. `is_chosen`: by the address, so that every link must carry it on."""

    language: str
    is_chosen: bool

    def href(self, path: str, compared: Iterable[Any] = (), **query: str | int | None) -> str:
        """A link within the gateway; `compared` are places whose curves are laid beside."""
        asked = [(name, str(value)) for name, value in query.items() if value is not None]
        asked += [("with", place.id) for place in compared]
        if self.is_chosen:
            asked.append(("lang", self.language))
        return f"{path}?{urlencode(asked)}" if asked else path


def tongue(request: Request) -> Tongue:
    """No cookie: the address says the language, else the browser does."""
    wanted = request.query_params.get("lang")
    if wanted in words.LANGUAGES:
        return Tongue(wanted, True)
    return Tongue(words.accepted(request.headers.get("accept-language", "")), False)


def render(request: Request, template: str, now: int, **shown: Any) -> HTMLResponse:
    """The whole page; `now` is the server's clock, which its ages are reckoned from."""
    site: Site = request.app.state.site
    asker = getattr(request.state, "asker", None)
    chosen = tongue(request)
    language = chosen.language
    other = "en" if language == "de" else "de"
    style = sheet.of(template)
    others = [(key, value) for key, value in request.query_params.multi_items() if key != "lang"]
    text = _environment().get_template(template).render(
        t=partial(words.say, language),
        told=partial(words.told, language),
        age=lambda time: times.age(language, now - time),
        moment=partial(times.moment, language),
        full_moment=partial(times.full_moment, language),
        full_day=partial(times.full_day, language),
        calendar=partial(times.calendar_day, language),
        clock=times.clock,
        figure=partial(words.number, language),
        value=partial(quantities.text, language),
        href=chosen.href,
        language=language,
        other_language=f"{request.url.path}?{urlencode([*others, ('lang', other)])}",
        path=request.url.path,
        now=now,
        page=site.page,
        sheet=style,
        pages=_pages(asker),
        tongue=chosen,
        asker=asker,
        csrf=sessions.csrf(request.cookies.get(cookie_name(site.config), "")),
        **shown,
    )  # fmt: skip
    headers = {
        "Vary": "Accept-Language",
        "Content-Language": language,
        "Content-Security-Policy": policy(style.source),
    }
    return HTMLResponse(text, 200, headers)


def _pages(asker: Principal | None) -> tuple[tuple[str, str], ...]:
    if asker is None:
        return _PUBLIC
    return _PUBLIC + _VIEWER + (_OPERATOR if asker.role >= Role.OPERATOR else ())


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(shown=quantities.shown, has_text=words.has)
    made.filters["iso"] = lambda time_ms: times.local(time_ms).isoformat(timespec="seconds")
    return made
