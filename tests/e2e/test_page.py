"""The pages in a real browser, against the real server and a store filled by the gateway's own writer."""

import re
from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateway.config import HttpConfig
from tests.e2e import village
from tests.e2e.conftest import SCREENSHOTS, Browser, FastClock, Site, serving
from tests.e2e.pages import BARE, HEADERS, OTHER, PAGES, WITH_CURVE, console, missing
from tests.gateway.web.ledger import MINUTE

AUE = f'[data-live="{village.CREEK}"]'


def is_quiet(browser: Browser, console: Sequence[str] = ()) -> None:
    """Nothing on the console, nobody asked but the gateway."""
    heard = browser.do("heard")
    assert heard["console"] == list(console)
    assert {urlsplit(url).hostname for url in heard["requests"]} == {"127.0.0.1"}


def card(browser: Browser, name: str) -> str:
    [text] = browser.do("texts", selector=f'.place:has-text("{name}")')
    return " ".join(str(text).split())


def level_cm(site: Site) -> int:
    last = site.ledger.store.connection.execute(
        "SELECT value FROM reading WHERE dev_eui = ? AND quantity = 'level' ORDER BY time DESC LIMIT 1",
        (village.CREEK,),
    )
    return round(last.fetchone()[0] / 10)


@pytest.mark.parametrize("script", [True, False])
def test_each_place_shows_its_last_value_with_age_and_trend(
    site: Site, browser: Browser, script: bool
) -> None:
    browser.do("open", url=site.url, script=script)
    told = card(browser, "Aue,")
    assert re.fullmatch(
        rf"Aue, Brücke Mühlweg {level_cm(site)} cm Wasserstand · vor \d Min\. Meldestufe I steigt \d cm/h",
        told,
    )
    assert "fällt" in card(browser, "Haune,")
    assert card(browser, "Grundschule").endswith("gleichbleibend")
    assert browser.do("texts", selector=".summary") == ["12 Messstellen. 4 ohne aktuellen Wert."]
    for name, why in (
        ("Sportplatz", "kein Echo"),
        ("Alter Wasserzähler", "sendet, aber nicht lesbar"),
        ("Kläranlage", "noch nie gehört"),
        ("Söhne", "meldet sich nicht, zuletzt 108 cm"),
    ):
        assert "unbekannt" in card(browser, name) and card(browser, name).endswith(why)
    is_quiet(browser)


def test_names_are_text_whatever_they_hold(site: Site, browser: Browser) -> None:
    browser.do("open", url=f"{site.url}sites/{village.SILENT}")
    assert browser.do("texts", selector="h1 bdi") == [village.HOSTILE]
    assert browser.do("evaluate", script="document.querySelectorAll('main img').length") <= 1
    is_quiet(browser)


def test_the_browser_decides_the_language_and_the_reader_may_change_it(site: Site, browser: Browser) -> None:
    browser.do("open", url=site.url, language="en-GB")
    browser.do("see", text="rising")
    assert browser.do("evaluate", script="document.documentElement.lang") == "en"
    browser.do("click", name="Deutsch", role="link")
    browser.do("see", text="steigt")
    browser.do("click", name="Aue, Brücke Mühlweg", role="link")
    browser.do("see", text="Letzte Funkmeldungen")
    assert browser.do("evaluate", script="document.documentElement.lang") == "de"
    is_quiet(browser)


def test_a_new_reading_appears_by_itself(tmp_path: Path, browser: Browser) -> None:
    ledger = village.build(tmp_path / "village.db")
    with serving(ledger, FastClock()) as site:
        see_a_new_reading(site, browser)
    ledger.store.close()


def see_a_new_reading(site: Site, browser: Browser) -> None:
    browser.do("open", url=f"{site.url}sites/{village.CREEK}")
    browser.do("find", selector=".connection.live")
    browser.do("find", selector=".plot canvas")
    browser.do("evaluate", script="window.sameDocument = true")
    site.hear(village.CREEK, {"level": 4321.0, "battery": 2.5}, rssi_dbm=[-77.0], payload=b"\x12\x34")
    browser.do("find", selector='.present:has-text("432 cm")')
    browser.do("find", selector='.values:has-text("2,50 V")')
    browser.do("find", selector='.uplinks li:has-text("77 dBm"):has-text("1234")')
    site.hear(village.CREEK, {"level": 9999.0}, flag=3)
    browser.do("find", selector='.present:has-text("1000 cm"):has-text("verdächtig")')
    site.hear(village.CREEK, {"level": 1e9}, flag=4)
    browser.do("find", selector='.present:has-text("unbekannt"):has-text("verworfen")')
    assert browser.do("evaluate", script="window.sameDocument")
    is_quiet(browser)


def test_the_public_hears_of_what_is_published(tmp_path: Path, browser: Browser) -> None:
    """And asks from time to time where there is no room to listen."""
    ledger = village.build(tmp_path / "village.db")
    with ledger.store.transaction():
        ledger.store.connection.execute("INSERT INTO token VALUES ('t', 'x', 'viewer', 0, NULL, NULL, 'h')")
        ledger.store.connection.execute("UPDATE site SET published = 1")
    with serving(ledger, FastClock(), config=HttpConfig()) as site:
        news = site.server.site.news
        browser.do("open", url=f"{site.url}sites/{village.CREEK}")
        browser.do("find", selector=".connection.live")
        assert news.is_reading
        site.hear(village.CREEK, {"level": 4321.0})
        browser.do("find", selector='.present:has-text("432 cm")')
        is_quiet(browser)
        news.most = 0
        browser.do("open", url=site.url)
        browser.do("find", selector=".connection.live")
        assert not news.is_reading
    ledger.store.close()


def test_ages_follow_the_servers_clock_and_silence_shows(tmp_path: Path, browser: Browser) -> None:
    ledger = village.build(tmp_path / "village.db")
    with serving(ledger, FastClock(speed=600)) as site:
        browser.do("open", url=site.url)
        for _ in range(3):  # news of others, while this one is silent
            browser.do("evaluate", script="new Promise((done) => setTimeout(done, 1100))")
            site.hear(OTHER, {"level": 1.0})
        browser.do("find", selector=f'{AUE}:has-text("unbekannt"):has-text("meldet sich nicht, zuletzt")')
        browser.do("find", selector='.connection:has-text("Zeitraffer")')
        [speed] = browser.do("texts", selector=".connection")
        assert (
            300 <= int(speed.split()[-1].removesuffix("-fach")) <= 900
        )  # measured; this machine may be busy
        is_quiet(browser)
    ledger.store.close()


def test_a_lost_gateway_is_told_and_taken_up_again(tmp_path: Path, browser: Browser) -> None:
    ledger = village.build(tmp_path / "village.db")
    with serving(ledger, FastClock()) as site:
        browser.do("open", url=site.url)
        browser.do("find", selector=".connection.live")
    browser.do("find", selector=".connection.lost")
    ledger.hear(village.CREEK, site.clock.now_ms(), {"level": 2222.0})  # while nobody listened
    port = urlsplit(site.url).port or 0
    with serving(ledger, site.clock, port):
        browser.do("find", selector=".connection.live")
        browser.do("find", selector=f'{AUE}:has-text("222 cm")')
    ledger.store.close()


def test_the_curve_is_chosen_by_links_and_compared(site: Site, browser: Browser) -> None:
    browser.do("open", url=f"{site.url}sites/{village.CREEK}")
    for name, start in (("3 Tage", "P3D"), ("6 Stunden", "PT6H")):
        browser.do("click", name=name, role="link")
        browser.do("find", selector=f'.plot[aria-label*="{name}"] canvas')
        assert f"start={start}" in browser.do("evaluate", script="location.search")
        browser.do("evaluate", script="document.querySelector('.numbers').open = true")
        hours = 72 if start == "P3D" else 6
        assert len(browser.do("texts", selector=".numbers tbody tr")) == min(200, points(site, hours))
    browser.do("select", label="Vergleichen mit", value=OTHER)
    browser.do("click", name="Anzeigen")
    browser.do("find", selector=".plot canvas")
    assert f"with={OTHER}" in browser.do("evaluate", script="location.search")
    browser.do("click", name="Batterie", role="link")
    browser.do("find", selector='.plot[aria-label^="Batterie"] canvas')
    browser.do("find", selector='.present.live:has-text("3,71")')
    is_quiet(browser)


def points(site: Site, hours: int) -> int:
    found = site.ledger.store.connection.execute(
        "SELECT count(*) FROM reading WHERE dev_eui = ? AND quantity = 'level' AND time >= ?",
        (village.CREEK, site.clock.now_ms() - hours * 60 * MINUTE),
    )
    return int(found.fetchone()[0])


def test_everything_is_reached_by_keyboard(site: Site, browser: Browser) -> None:
    """From the first page to the numbers of a place and back, without a mouse."""
    browser.do("open", url=site.url)
    assert tab_to(browser, "Zum Inhalt")
    browser.do("press", key="Enter")
    assert tab_to(browser, "Aue, Brücke Mühlweg")
    browser.do("press", key="Enter")
    browser.do("find", selector=".plot canvas")
    assert tab_to(browser, "Temperatur")
    assert tab_to(browser, "3 Tage")
    browser.do("press", key="Enter")
    browser.do("find", selector='.plot[aria-label*="3 Tage"]')
    assert tab_to(browser, "Werte als Tabelle")
    browser.do("press", key="Enter")
    browser.do("find", selector=".numbers[open] tbody tr")
    assert tab_to(browser, "Barrierefreiheit")
    browser.do("press", key="Enter")
    browser.do("see", text="WCAG 2.1")
    is_quiet(browser)


def tab_to(browser: Browser, name: str) -> bool:
    """Whether the focus gets there, and can be seen there."""
    for _ in range(80):
        browser.do("press", key="Tab")
        focus = browser.do("focus")
        if focus["name"].startswith(name):
            return bool(focus["isSeen"])
    return False


def test_no_page_is_forgotten(site: Site) -> None:
    assert missing(site.server.config.app) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["de", "en"])
def test_it_fits_and_nobody_is_shut_out(site: Site, browser: Browser, language: str, page: str) -> None:
    browser.do("open", url=site.url + PAGES[page], language=language)
    if page in WITH_CURVE:
        browser.do("find", selector=".plot canvas")
    fits_and_shuts_nobody_out(browser, page, language, product((False, True), (360, 1280)))


@pytest.mark.parametrize("page", BARE)
@pytest.mark.parametrize("language", ["de", "en"])
def test_where_nothing_is_to_be_seen_it_fits_too(
    bare: Site, browser: Browser, language: str, page: str
) -> None:
    browser.do("open", url=bare.url + BARE[page], language=language, headers=HEADERS.get(page, {}))
    fits_and_shuts_nobody_out(browser, page, language, [(False, 1280), (True, 360)])


def fits_and_shuts_nobody_out(
    browser: Browser, page: str, language: str, looks: Iterable[tuple[bool, int]]
) -> None:
    """By axe-core's rules and a finger's size; each of `looks` is dark or not, and a width."""
    browser.do("look", dark=False, width=360)
    assert browser.do("touch") == []
    for dark, width in looks:
        browser.do("look", dark=dark, width=width)
        judged = browser.do("judge", coloursOnly=dark)
        assert judged["found"] == [] and (dark or judged["passed"] > 5)
        assert browser.do("evaluate", script="document.documentElement.scrollWidth") <= width
        keep_picture(browser, f"{page}-{language}-{'dark' if dark else 'light'}-{width}")
    is_quiet(browser, console(page))


def keep_picture(browser: Browser, name: str) -> None:
    """For `make screenshots`."""
    if SCREENSHOTS:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        browser.do("picture", path=str(SCREENSHOTS / f"{name}.png"))


INKS = """["body", "h1", ".figure", ".notice"].flatMap((each) => [...document.querySelectorAll(each)])
  .map((each) => getComputedStyle(each).color).flatMap((each) => each.match(/\\d+/g).map(Number))"""
SHOWN = "[...document.querySelectorAll('nav, form, button')].filter((each) => each.checkVisibility()).length"


@pytest.mark.parametrize("page", ["overview", "site", "alarms", "nodes"])
def test_on_paper_it_is_dark_on_white_and_says_when(site: Site, browser: Browser, page: str) -> None:
    """Whatever the screen is like."""
    browser.do("open", url=site.url + PAGES[page], dark=True)
    if page in WITH_CURVE:
        browser.do("find", selector=".plot canvas")
    browser.do("look", dark=True, width=720, medium="print")
    assert max(browser.do("evaluate", script=INKS)) < 150
    assert browser.do("evaluate", script=SHOWN) == 0
    assert browser.do("texts", selector="footer")[0].startswith("Stand 22. November 2026, ")
    assert browser.do("judge")["found"] == []
    keep_picture(browser, f"{page}-de-print")


def test_the_curve_is_drawn_anew_for_paper(site: Site, browser: Browser) -> None:
    """Before it is laid out: a canvas keeps its colours."""
    browser.do("open", url=site.url + PAGES["site"], dark=True)
    browser.do("find", selector=".plot canvas")
    look = f"({{ matches }}) => {{ if (matches) window.onPaper = {DRAWN}; }}"
    browser.do("evaluate", script=f'matchMedia("print").addEventListener("change", {look})')
    browser.do("print")
    assert browser.do("evaluate", script="window.onPaper") is True
    browser.do("until", script=DRAWN, value=True)


# Whether the curve has the colour of the present theme.
DRAWN = """(() => {
  const canvas = document.querySelector(".plot canvas");
  const told = getComputedStyle(document.documentElement).getPropertyValue("--accent");
  const accent = told.match(/\\w\\w/g).map((each) => parseInt(each, 16));
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const isAccent = (at) => [...accent, 255].every((part, i) => data[at + i] === part);
  return [...Array(data.length / 4).keys()].some((pixel) => isAccent(4 * pixel));
})()"""
