"""For operators: nodes with their links, gateways, the frames as they come, and each frame byte by byte."""

from dataclasses import dataclass
from itertools import islice

from fastapi import Request
from fastapi.responses import HTMLResponse

from gateway.access.gate import require
from gateway.access.roles import Role
from gateway.alarms import hearing
from gateway.network import queue, strangers
from gateway.store import queries
from gateway.store.queries import Row
from gateway.web import anatomy, links
from gateway.web.asking import DevEui
from gateway.web.listing import part
from gateway.web.page import PageRouter, render
from gateway.web.present import is_stale
from gateway.web.problems import RequestError
from gateway.web.site import AtSite
from gateway.why import frame as why_frame
from gateway.why import node as why_node

_FEED = 60
_DOWNLINKS = 10
MOST = 200
_OF_UPLINK = (
    "SELECT quantity, time, value, fault, flag FROM reading WHERE uplink_id = ? ORDER BY time, quantity"
)
router = PageRouter(require(Role.VIEWER))


@dataclass(frozen=True, slots=True)
class Node:
    """`why` is the key of what is said of its silence, None while it reports."""

    device: Row
    link: links.Link
    why: str | None

    @property
    def battery_v(self) -> float | None:
        return links.battery_v(self.device)


@router.page("/nodes")
def nodes(request: Request, site: AtSite, q: str = "", after: str = "") -> HTMLResponse:
    """Those that are silent first; a group is found by its name."""
    now = site.clock.now_ms()
    with queries.opened(site.store) as db:
        listed = part(db, links.by_silence(now), q, after, MOST)
        heard_by = hearing.gateways_heard(db)
        groups = queries.groups(db)
        unknown = strangers.told(db, now) if request.state.asker.role >= Role.OPERATOR else []
        devices = {device["dev_eui"]: device for device in queries.devices_of(db, listed.ids)}
        found = [(devices[dev_eui], links.link(db, dev_eui)) for dev_eui in listed.ids if dev_eui in devices]
        speaking = links.speaking(db, listed.ids, now)
    told = [
        Node(
            device,
            link,
            None if device["dev_eui"] in speaking else links.why_silent(device, link, heard_by, now),
        )
        for device, link in found
    ]
    return render(request, "nodes.html", now, nodes=told, listed=listed, groups=groups, unknown=unknown)


@router.page("/gateways")
def gateways(request: Request, site: AtSite) -> HTMLResponse:
    now = site.clock.now_ms()
    with queries.opened(site.store) as db:
        found = links.gateways(db, now)
    told = [row | {"is_silent": is_stale(row["last_seen"], [], now)} for row in found]
    present = {each.gateway_id: each for each in site.presence.present()} if site.presence else {}
    unknown = site.presence.strangers() if site.presence else []
    counters = site.counters.as_dict()
    return render(
        request, "gateways.html", now, gateways=told, present=present, unknown=unknown, counters=counters
    )


@router.page("/live")
def live(request: Request, site: AtSite, dev_eui: DevEui | None = None) -> HTMLResponse:
    """The newest frames of our own nodes; nobody else's are kept."""
    now = site.clock.now_ms()
    with queries.opened(site.store) as db:
        frames = list(queries.newest_uplinks(db, dev_eui, _FEED))
        spoken = sorted({each["dev_eui"] for each in frames} | ({dev_eui} if dev_eui else set()))
        names = {row["dev_eui"]: row["name"] for row in queries.devices_of(db, spoken)}
        downlinks = list(islice(queue.told(db, dev_eui), _DOWNLINKS)) if dev_eui else []
        is_known = dev_eui is not None and queries.device(db, dev_eui) is not None
        why = why_node.trace(db, site.network, str(dev_eui), now) if is_known else []
    told = {"frames": frames, "downlinks": downlinks, "names": names, "why": why}
    return render(request, "live.html", now, dev_eui=dev_eui, **told)


@router.page("/frames/{uplink_id}")
def frame(request: Request, site: AtSite, uplink_id: str) -> HTMLResponse:
    with queries.opened(site.store) as db:
        row = db.execute("SELECT * FROM uplink WHERE id = ?", (uplink_id,)).fetchone()
        if row is None:
            raise RequestError(404, f"There is no frame {uplink_id}; it may have been removed with its node.")
        heard = [
            dict(each) for each in db.execute("SELECT * FROM reception WHERE uplink_id = ?", (uplink_id,))
        ]
        device = queries.device(db, row["dev_eui"])
        why = why_frame.trace(db, site.network, uplink_id)
        readings = [dict(each) for each in db.execute(_OF_UPLINK, (uplink_id,))]
    is_commands = row["fport"] == 0
    lines, said, error = (
        (anatomy.of_commands(row["payload"]), [], None) if is_commands else anatomy.of_payload(row["payload"])
    )
    return render(
        request,
        "frame.html",
        site.clock.now_ms(),
        uplink=dict(row),
        device=device,
        heard=heard,
        readings=readings,
        parts=anatomy.of_frame(row["phy"]),
        is_commands=is_commands,
        lines=lines,
        said=said,
        error=error,
        why=why,
    )
