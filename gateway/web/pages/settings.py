"""Settings: sites with what the public sees of them, their marks and nodes, and who is notified."""

from fastapi import Request
from fastapi.responses import HTMLResponse

from gateway.access.gate import require
from gateway.access.roles import Role
from gateway.alarms import marks, node_marks, notifications
from gateway.alarms.records import KINDS
from gateway.store import gauge_zeros, queries, sites
from gateway.web.listing import Listed, part
from gateway.web.page import PageRouter, render
from gateway.web.problems import RequestError
from gateway.web.site import AtSite

_MOST = 100
_ALL = Listed("site", "id", "1 = 1")
router = PageRouter(require(Role.OPERATOR))


@router.page("/settings")
def settings(request: Request, site: AtSite, q: str = "", after: str = "") -> HTMLResponse:
    now = site.clock.now_ms()
    with queries.opened(site.store) as db:
        listed = part(db, [_ALL], q, after, _MOST)
        known = [found for id_ in listed.ids if (found := sites.site(db, id_))]
        counted = {id_: len(marks.of_site(db, id_, now)) for id_ in listed.ids}
        told = notifications.all_of_them(db)
    return render(
        request,
        "settings.html",
        now,
        sites=known,
        listed=listed,
        marks=counted,
        notifications=told,
        kinds=KINDS,
    )


@router.page("/settings/{site_id}")
def one_site(request: Request, site: AtSite, site_id: str) -> HTMLResponse:
    now = site.clock.now_ms()
    with queries.opened(site.store) as db:
        wanted = sites.site(db, site_id)
        if wanted is None:
            raise RequestError(404, f"There is no site {site_id}; /settings lists them.")
        rows = marks.of_site(db, site_id)
        zeros = gauge_zeros.of_site(db, site_id)
        unconfirmed = node_marks.unconfirmed(db, site_id, now)
        there = [each for each in sites.installed_at(db, site_id) if each.to_ms is None]
        found = (queries.device(db, each.dev_eui) for each in there)
        devices = [device for device in found if device]
    told = list(dict.fromkeys(last["quantity"] for device in devices for last in device["last"]))
    return render(
        request,
        "settings_site.html",
        now,
        site=wanted,
        zeros=zeros,
        valid=[mark for mark in rows if marks.is_valid(mark, now)],
        ended=[mark for mark in rows if not marks.is_valid(mark, now)],
        nodes=list(zip(devices, there, strict=False)),
        quantities=told,
        unconfirmed=unconfirmed,
    )
