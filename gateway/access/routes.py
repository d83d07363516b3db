"""Tokens and the audit log over HTTP, for admins."""

from typing import Annotated

from fastapi import APIRouter, Query

from gateway.access import audit, shapes, tokens
from gateway.access.gate import AtDesk, require
from gateway.access.roles import Role
from gateway.store import queries
from gateway.store.queries import Row
from gateway.web import description
from gateway.web.asking import PageQuery
from gateway.web.paging import Order
from gateway.web.site import AtSite

router = APIRouter(dependencies=[require(Role.ADMIN)])
_AUDIT = Order(id=int)


@router.get("/api/v1/audit", response_model=shapes.Audit, responses=description.REFUSED_CHANGES)
async def audit_log(site: AtSite, ask: Annotated[PageQuery, Query()]) -> Row:
    """Every command that changed something, or was refused."""
    with queries.opened(site.store) as db:
        rows, following = _AUDIT.page(audit.entries(db, _AUDIT.after(ask.cursor)), ask.limit)
    return {"now": site.clock.now_ms(), "next": following, "entries": rows}


@router.get("/api/v1/tokens", response_model=shapes.Tokens, responses=description.REFUSED_CHANGES)
async def access_tokens(site: AtSite) -> Row:
    """Those ever made, without the tokens themselves."""
    with queries.opened(site.store) as db:
        return {"now": site.clock.now_ms(), "tokens": tokens.known(db)}


@router.post(
    "/api/v1/tokens", status_code=201, response_model=shapes.OneToken, responses=description.REFUSED_CHANGES
)
async def create_token(site: AtSite, desk: AtDesk, wanted: shapes.NewToken) -> Row:
    """Make a token; the answer tells it once."""
    return {"now": site.clock.now_ms(), "token": desk.run("token.create", wanted.model_dump())}


@router.delete("/api/v1/tokens/{id}", status_code=204, responses=description.REFUSED_CHANGES)
async def revoke_token(desk: AtDesk, id: str) -> None:  # noqa: A002 (its name in the answers)
    """End a token and the browser sessions begun with it."""
    desk.run("token.revoke", {"id": id})
