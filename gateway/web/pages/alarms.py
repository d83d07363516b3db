"""Alarms: those in force, and those that were."""

from itertools import islice

from fastapi import Request
from fastapi.responses import HTMLResponse

from gateway.store import queries
from gateway.web import alarms_shown
from gateway.web.page import PageRouter, render, tongue
from gateway.web.site import AtSite

_HISTORY = 100
_IN_FORCE = 200  # /api/v1/alarms tells all of them
router = PageRouter()


@router.page("/alarms")
def alarms(request: Request, site: AtSite) -> HTMLResponse:
    language, asker = tongue(request).language, request.state.asker
    with queries.opened(site.store) as db:
        seen = list(islice(alarms_shown.history(db, asker, language), _HISTORY))
        in_force = alarms_shown.in_force(db, asker, language)
    over = [each for each in seen if each.cleared_at is not None]
    more = len(in_force) - _IN_FORCE
    return render(
        request, "alarms.html", site.clock.now_ms(), in_force=in_force[:_IN_FORCE], more=more, over=over
    )
