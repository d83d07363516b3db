"""What nobody expects, on every page: the page stays up, escapes, isolates, and its console stays empty."""

from collections.abc import Iterator

import pytest

from tests.e2e import village
from tests.e2e.conftest import Browser, FastClock, Site, serving
from tests.e2e.pages import PAGES, WITH_CURVE, console
from tests.e2e.test_page import is_quiet
from tests.gateway.web.ledger import MINUTE, NOW

NAMES = ('<script>alert("1")</script> \u202eedreh\u202c', "\u2067Donaudampfschifffahrts" + "pegel" * 8)
YEAR = 365 * 24 * 60 * MINUTE
# A text of ours that stands beside a stranger's must not be turned round by it.
OPEN_BIDI = """(() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (texts.nextNode()) {
    const { data, parentElement } = texts.currentNode;
    if (/[\\u202e\\u2067]/.test(data) && !parentElement.closest("bdi, option, title, text")) found.push(data);
  }
  return found;
})()"""


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The village with names, values and clocks of no good."""
    ledger = village.build(tmp_path_factory.mktemp("strange") / "village.db")
    db = ledger.store.connection
    with ledger.store.transaction():
        for dev_eui, name in zip((village.CREEK, village.LOUD), NAMES, strict=True):
            db.execute("UPDATE device SET name = ? WHERE dev_eui = ?", (name, dev_eui))
            db.execute("UPDATE site SET name = ?, water = ? WHERE id = ?", (name, name, dev_eui))
        db.execute("UPDATE mark SET name = ?, source = ?", (NAMES[0], NAMES[1]))
    for number, value in enumerate((1e9, -1e9, 1e308, 5e-324, 0.0)):
        ledger.hear(village.CREEK, NOW + number, {"level": value, "battery": value, "distance": value})
        ledger.hear(village.LOUD, NOW + number, {"laeq": value}, flag=4)
    ledger.hear(village.DUSTY, NOW + 70 * YEAR, {"pm25": 12.0, "pm10": 14.0})
    with serving(ledger, FastClock()) as site:
        yield site
    ledger.store.close()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_bears_it(strange: Site, browser: Browser, page: str) -> None:
    browser.do("open", url=strange.url + PAGES[page], width=360)
    if page in WITH_CURVE:
        browser.do("find", selector=".plot canvas")
    assert browser.do("evaluate", script=OPEN_BIDI) == []
    assert browser.do("evaluate", script="document.documentElement.scrollWidth") <= 360
    assert not any(
        word in browser.do("texts", selector="body")[0] for word in ("NaN", "Infinity", "undefined")
    )
    is_quiet(browser, console(page))
