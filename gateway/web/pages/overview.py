"""The overview: all places with what they say now, beside their map."""

from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import HTMLResponse

from gateway.store import queries
from gateway.web import alarms_shown, places
from gateway.web.curve import spark
from gateway.web.listing import part
from gateway.web.page import PageRouter, render, tongue
from gateway.web.places import Place, Seen
from gateway.web.plan import plan
from gateway.web.present import Present
from gateway.web.quantities import shown
from gateway.web.site import AtSite

MOST = 400
_MOST_SPARKS = 60  # a longer list is for looking up, and must come soon
_MOST_WARNINGS = 20  # all of them stand on the page of alarms
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
        listed = part(db, [places.listed(request.state.asker)], q, after, MOST)
        found = list(places.places(db, request.state.asker, listed.ids))
        seen = list(places.see_all(db, found, now))
        warnings = alarms_shown.in_force(db, request.state.asker, tongue(request).language)
    marked = {each.site_id: each.mark for each in reversed(warnings)}
    is_drawn = listed.total <= _MOST_SPARKS
    cards = sorted((_card(each, marked.get(each.place.id), is_drawn) for each in seen), key=_urgency)
    unknown = sum(not card.present.is_live for card in cards)
    return render(
        request,
        "overview.html",
        now,
        seen=cards,
        listed=listed,
        unknown=unknown,
        map=plan(cards),
        warnings=warnings[:_MOST_WARNINGS],
        more_warnings=len(warnings) - _MOST_WARNINGS,
    )


def _urgency(card: Card) -> tuple[bool, bool, int]:
    """Alarms first, then what is known, water before noise and dust; by name among equals."""
    kind = shown(card.present.quantity or "").kind
    return card.alarm is None, not card.present.is_live, _KINDS.index(kind)


def _card(seen: Seen, alarm: str | None, is_drawn: bool) -> Card:
    quantity = seen.present.quantity if is_drawn else None
    line = spark(quantity, seen.recent, *_SPARK) if quantity else ""
    return Card(seen.place, seen.present, line, alarm)
