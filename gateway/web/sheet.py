"""The style of a page, laid into it: a file of its own would cost a round trip before the first paint."""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

SHEETS = Path(__file__).parent / "sheets"
_CURVE = Path(__file__).parent / "static/vendor/uPlot.min.css"
_ALL = tuple(SHEETS / f"{name}.css" for name in ("theme", "page", "parts"))
_LAST = tuple(SHEETS / f"{name}.css" for name in ("touch", "print"))

# What a page needs beyond what all of them need.
_DESK = ("alarms", "nodes", "gateways", "live", "frame", "settings", "settings_site")
_OWN = {
    "overview.html": (SHEETS / "overview.css",),
    "site.html": (SHEETS / "site.css", _CURVE),
    **{f"{name}.html": (SHEETS / "desk.css",) for name in _DESK},
}


class Sheet(NamedTuple):
    """`source` allows it, and no other style within the page, in a content security policy."""

    text: Markup
    source: str


@cache
def of(template: str) -> Sheet:
    text = "".join(path.read_text("utf-8") for path in (*_ALL, *_OWN.get(template, ()), *_LAST))
    digest = b64encode(sha256(text.encode()).digest()).decode()
    return Sheet(Markup(text), f"'sha256-{digest}'")  # noqa: S704 (our own files)
