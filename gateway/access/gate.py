"""Who asks over HTTP: a token in the header, a browser's session, or this machine itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBearer

from gateway.access import sessions, tokens
from gateway.access.client import client_address, is_local
from gateway.access.roles import Principal, Role
from gateway.commands import Writer
from gateway.config import HttpConfig
from gateway.store import queries
from gateway.store.database import Connection, StoreError
from gateway.web.problems import RequestError
from gateway.web.site import AtSite, Site
from gateway.words import said

_SAFE = ("GET", "HEAD")
_CHANGE = "This gateway does not know you. Send `Authorization: Bearer TOKEN`, or log in at /login."
_WRONG = "This token is not in force. `messfunk token create` makes another."

_bearer = HTTPBearer(auto_error=False, description="A token of `messfunk token create`.")
_cookie = APIKeyCookie(
    name="messfunk", auto_error=False, description="Set by /login; changes need X-CSRF-Token."
)


def cookie_name(config: HttpConfig) -> str:
    """Browsers take a `__Host-` cookie over TLS only, and from nobody but this host."""
    return "__Host-messfunk" if config.is_tls or config.behind_proxy else "messfunk"


async def identify(
    request: Request, site: AtSite, _shown: Any = Depends(_bearer), _kept: Any = Depends(_cookie)
) -> Principal | None:
    """None sees what is public. A change by a browser must come from our own page."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    with queries.opened(site.store) as db:
        if scheme:
            return token_holder(request, site, db, token.strip() if scheme.lower() == "bearer" else "")
        if request.method not in _SAFE:
            refuse_foreign(request)
        return _of_browser(request, site, db) or _of_this_machine(request, site, db)


async def is_known(request: Request, site: Site) -> bool:
    """Whether who began a long answer would still be let in."""
    try:
        return await identify(request, site) is not None
    except (RequestError, StoreError):
        return False


def token_holder(request: Request, site: Site, db: Connection, token: str) -> Principal:
    """A wrong token is never nobody: its sender shall know, and may not try on and on.

    The right one is served whatever else came from its address: nobody guesses 256 bits, but a forgotten
    script behind the same router must not lock out its operator.
    """
    if holder := tokens.holder(db, token, site.clock.now_ms()):
        return holder
    if site.failures.take(client_address(request, site.config)):
        raise RequestError(401, _WRONG)
    raise RequestError(429, said("refusal.wrongTokens"))


def _of_browser(request: Request, site: Site, db: Connection) -> Principal | None:
    secret = request.cookies.get(cookie_name(site.config))
    holder = sessions.holder(db, secret, site.clock.now_ms()) if secret else None
    if secret and holder and request.method not in _SAFE:
        check_csrf(secret, request.headers.get("x-csrf-token", ""))
    return holder


def _of_this_machine(request: Request, site: Site, db: Connection) -> Principal | None:
    """Until the first token is made, who can reach loopback may read."""
    if not is_local(request, site.config):
        return None
    if site.config.open_on_loopback:
        return Principal("loopback", Role.ADMIN)
    return None if tokens.any_made(db) else Principal("loopback", Role.VIEWER)


def of_form(request: Request, site: Site, csrf: str) -> Principal | None:
    """Who has sent a form of our pages: a form sends no header, its proof stands in a field."""
    with queries.opened(site.store) as db:
        secret = request.cookies.get(cookie_name(site.config))
        holder = sessions.holder(db, secret, site.clock.now_ms()) if secret else None
        if secret and holder:
            check_csrf(secret, csrf)
        return holder or _of_this_machine(request, site, db)


def refuse_foreign(request: Request) -> None:
    """Browsers say which page a request comes from; programs say nothing."""
    origin = request.headers.get("origin")
    is_other = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if is_other or request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise RequestError(403, said("refusal.foreignPage"))


def check_csrf(secret: str, given: str) -> None:
    if not sessions.is_csrf(secret, given):
        raise RequestError(403, said("refusal.formOld"))


Asker = Annotated[Principal | None, Depends(identify)]


def require(role: Role) -> Any:
    """A dependency: the principal, who has at least this role."""

    async def known(asker: Asker) -> Principal:
        if asker is None:
            raise RequestError(401, _CHANGE)
        asker.check(role, said("refusal.this"))
        return asker

    return Depends(known)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a route hands in what is to be changed; the command itself says which role it needs."""

    writer: Writer
    principal: Principal

    def run(self, command: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return self.writer.run(self.principal, command, arguments)


async def _desk(site: AtSite, principal: Annotated[Principal, require(Role.VIEWER)]) -> Desk:
    if site.writer is None:
        raise RequestError(503, said("refusal.onlyShows"))
    return Desk(site.writer, principal)


AtDesk = Annotated[Desk, Depends(_desk)]
