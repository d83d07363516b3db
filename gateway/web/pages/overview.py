"""The overview: all places with what they say now, beside their map."""

from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import HTMLResponse

from gateway.store import queries
from gateway.store.database import Connection
from gateway.web import alarms_shown, places
from gateway.web.curve import spark
from gateway.web.page import PageRouter, render, tongue
from gateway.web.places import Place
from gateway.web.plan import plan
from gateway.web.present import Present
from gateway.web.quantities import shown
from gateway.web.site import AtSite

MOST = 400
_MOST_SPARKS = 60  # a longer list is for looking up, and must come soon
_SPARK = (120, 36)
_KINDS = ("water", "noise", "dust", "other")
router = PageRouter()


@dataclass(frozen=True, slots=True)
class Card:
    """A place as the overview shows it; `alarm` is the mark that is passed."""

    place: Place
    present: Present
    spark: str
    alarm: str | None


@router.page("/")
def overview(request: Request, site: AtSite, q: str = "", after: str = "") -> HTMLResponse:
    now = site.clock.now_ms()
    with queries.opened(site.store) as db:
        known = places.places(db, request.state.asker)
        found = [place for place in known if q.casefold() in place.name.casefold()]
        ids = [place.id for place in found]
        start = ids.index(after) + 1 if after in ids else 0
        warnings = alarms_shown.in_force(db, request.state.asker, tongue(request).language)
        is_drawn = len(found) <= _MOST_SPARKS
        cards = [_card(db, place, now, warnings, is_drawn) for place in found[start : start + MOST]]
        cards.sort(key=_urgency)
    unknown = sum(not card.present.is_live for card in cards)
    return render(
        request,
        "overview.html",
        now,
        seen=cards,
        total=len(found),
        unknown=unknown,
        query=q,
        following=ids[start + MOST - 1] if start + MOST < len(found) else None,
        map=plan(cards),
        warnings=warnings,
    )


def _urgency(card: Card) -> tuple[bool, bool, int]:
    """Alarms first, then what is known, water before noise and dust; by name among equals."""
    kind = shown(card.present.quantity or "").kind
    return card.alarm is None, not card.present.is_live, _KINDS.index(kind)


def _card(
    db: Connection, place: Place, now: int, warnings: list[alarms_shown.Raised], is_drawn: bool
) -> Card:
    seen = places.see(db, place, now)
    quantity = seen.present.quantity if is_drawn else None
    line = spark(quantity, seen.recent, *_SPARK) if quantity else ""
    alarm = next((each.mark for each in warnings if each.site_id == place.id), None)
    return Card(place, seen.present, line, alarm)
