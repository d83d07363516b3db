"""The page in a real browser, against the real server and a store filled by the gateway's own writer."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e import village
from tests.e2e.conftest import SCREENSHOTS, Browser, FastClock, Site, serving

AUE = 'a.card:has-text("Aue, Brücke Mühlweg")'
CONTRAST = (Path(__file__).parent / "contrast.js").read_text()


def is_quiet(browser: Browser) -> None:
    """Nothing on the console, nobody asked but the gateway."""
    heard = browser.do("heard")
    assert heard["console"] == []
    assert {urlsplit(url).hostname for url in heard["requests"]} == {"127.0.0.1"}


def card(browser: Browser, name: str) -> str:
    [text] = browser.do("texts", selector=f'a.card:has-text("{name}")')
    return " ".join(str(text).split())


def test_each_node_shows_its_last_value_with_age_and_trend(site: Site, browser: Browser) -> None:
    browser.do("open", url=site.url)
    browser.do("find", selector=".plot canvas")
    last = site.ledger.store.connection.execute(
        "SELECT value FROM reading WHERE dev_eui = ? AND quantity = 'level' ORDER BY time DESC LIMIT 1",
        (village.CREEK,),
    )
    level_cm = round(last.fetchone()[0] / 10)
    assert card(browser, "Aue,").startswith(
        f"Aue, Brücke Mühlweg Wasserstand vor 5 Min. {level_cm} cm steigt"
    )
    assert "fällt" in card(browser, "Haune,")
    assert card(browser, "Grundschule").endswith("gleichbleibend")
    assert browser.do("texts", selector=".summary") == ["12 Messstellen. 4 ohne aktuellen Wert."]
    assert browser.do("texts", selector="h2#site") == ["Aue, Brücke Mühlweg"]  # where most is on the rise
    assert browser.do("evaluate", script="document.documentElement.lang") == "de"
    is_quiet(browser)


def test_what_cannot_be_known_is_not_shown_as_a_value(site: Site, browser: Browser) -> None:
    browser.do("open", url=site.url)
    browser.do("see", text="noch nie gehört")
    browser.do("see", text="meldet sich nicht, zuletzt 108 cm")
    for name, why in (("Sportplatz", "kein Echo"), ("Alter Wasserzähler", "sendet, aber nicht lesbar")):
        assert "unbekannt" in card(browser, name) and card(browser, name).endswith(why)
    browser.do("open", url=f"{site.url}#{village.FOREIGN}")
    browser.do("find", selector=".uplinks .notice")
    payload = site.ledger.store.connection.execute(
        "SELECT hex(payload) FROM uplink WHERE dev_eui = ? ORDER BY received_at DESC LIMIT 1",
        (village.FOREIGN,),
    ).fetchone()[0]
    assert browser.do("texts", selector=".uplinks .content")[0] == f"nicht lesbar {payload.lower()}"
    is_quiet(browser)


def test_names_are_text_whatever_they_hold(site: Site, browser: Browser) -> None:
    browser.do("open", url=f"{site.url}#{village.SILENT}")
    browser.do("find", selector=".site")
    assert browser.do("texts", selector="h2#site bdi") == [village.HOSTILE]
    assert browser.do("evaluate", script="document.querySelectorAll('img').length") == 1  # our own sign
    is_quiet(browser)


def test_the_browser_decides_the_language_and_the_reader_may_change_it(site: Site, browser: Browser) -> None:
    browser.do("open", url=site.url, language="en-GB")
    browser.do("see", text="rising")
    assert browser.do("evaluate", script="document.documentElement.lang") == "en"
    browser.do("click", name="Deutsch")
    browser.do("see", text="steigt")
    browser.do("evaluate", script="location.reload()")
    browser.do("see", text="Letzte Funkmeldungen")
    assert browser.do("evaluate", script="document.documentElement.lang") == "de"
    is_quiet(browser)


def test_a_new_reading_appears_by_itself(tmp_path: Path, browser: Browser) -> None:
    ledger = village.build(tmp_path / "village.db")
    with serving(ledger, FastClock()) as site:
        see_a_new_reading(site, browser)
    ledger.store.close()


def see_a_new_reading(site: Site, browser: Browser) -> None:
    browser.do("open", url=f"{site.url}#{village.CREEK}")
    browser.do("find", selector=".uplinks li")
    browser.do("evaluate", script="window.sameDocument = true")
    site.hear(village.CREEK, {"level": 4321.0, "battery": 2.5}, rssi_dbm=[-77.0], payload=b"\x12\x34")
    browser.do("find", selector=f'{AUE}:has-text("432 cm")')
    browser.do("find", selector='.present:has-text("432 cm")')
    browser.do("find", selector='.values:has-text("2,50 V")')
    browser.do("find", selector='.uplinks li:has-text("77 dBm"):has-text("1234")')
    site.hear(village.CREEK, {"level": 9999.0}, flag=3)
    browser.do("find", selector=f'{AUE}:has-text("1.000 cm"):has-text("verdächtig")')
    assert "höchster 999,9 cm" in browser.do("evaluate", script="document.querySelector('.plot').ariaLabel")
    assert browser.do("evaluate", script="window.sameDocument")
    is_quiet(browser)


def test_ages_follow_the_servers_clock_and_silence_shows(tmp_path: Path, browser: Browser) -> None:
    ledger = village.build(tmp_path / "village.db")
    with serving(ledger, FastClock(speed=600)) as site:
        browser.do("open", url=f"{site.url}#{village.CREEK}")
        browser.do("find", selector=".site")
        browser.do("see", text="Zeitraffer")
        [speed] = browser.do("texts", selector=".speed")
        assert 400 <= int(speed.split()[1].removesuffix("-fach")) <= 800  # measured; this machine may be busy
        browser.do("find", selector=f'{AUE}:has-text("unbekannt"):has-text("meldet sich nicht, zuletzt")')
        browser.do("find", selector=".present.silent")
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


def test_a_phone_shows_the_overview_or_one_node(site: Site, browser: Browser) -> None:
    parts = "[...document.querySelectorAll('.overview, .site')]"
    shown = f"{parts}.filter((part) => part.offsetParent).map((part) => part.className)"
    browser.do("open", url=site.url, width=360, height=740)
    browser.do("find", selector=AUE)
    assert browser.do("evaluate", script=shown) == ["overview"]
    browser.do("click", name="Marktplatz", role="link")
    browser.do("find", selector=".site .plot canvas")
    assert browser.do("evaluate", script=shown) == ["site"]
    assert browser.do("evaluate", script="document.activeElement.innerText") == "Marktplatz"
    browser.do("click", name="Alle Messstellen", role="link")
    browser.do("find", selector=AUE)
    assert browser.do("evaluate", script=shown) == ["overview"]


def test_everything_is_reached_by_keyboard(site: Site, browser: Browser) -> None:
    browser.do("open", url=site.url)
    browser.do("find", selector=".plot canvas")
    reached = []
    for _ in range(40):
        browser.do("press", key="Tab")
        reached.append(
            browser.do("evaluate", script="document.activeElement.innerText.split('\\n')[0].trim()")
        )
        if reached[-1] == "Werte als Tabelle":
            break
    for name in ("Zu den Messstellen", "Aue, Brücke Mühlweg", "Kläranlage", "Temperatur", "3 Tage"):
        assert name in reached
    browser.do("press", key="Enter")
    browser.do("find", selector=".numbers[open] tbody tr")
    assert len(browser.do("texts", selector=".numbers tbody tr")) == points(site, village.CREEK, hours=6)


def test_range_and_quantity_of_the_curve_are_chosen(site: Site, browser: Browser) -> None:
    browser.do("open", url=f"{site.url}#{village.CREEK}")
    for name, hours in (("3 Tage", 72), ("24 Stunden", 24), ("6 Stunden", 6)):
        browser.do("click", name=name)
        browser.do("find", selector=f'.plot[aria-label*="{hours} Stunden"]')
        browser.do("evaluate", script="document.querySelector('.numbers').open = true")
        count = points(site, village.CREEK, hours)
        if count > 200:
            browser.do("see", text=f"Die neuesten 200 von {count} Werten.")
        else:
            assert len(browser.do("texts", selector=".numbers tbody tr")) == count
    browser.do("click", name="Batterie")
    browser.do("find", selector='.plot[aria-label^="Batterie"]')
    browser.do("find", selector='.present.live:has-text("3,71")')
    browser.do("click", name="Fulda", role="link")
    browser.do("find", selector='.plot[aria-label^="Wasserstand"]')
    is_quiet(browser)


def points(site: Site, dev_eui: str, hours: int) -> int:
    found = site.ledger.store.connection.execute(
        "SELECT count(*) FROM reading WHERE dev_eui = ? AND quantity = 'level' AND time >= ?",
        (dev_eui, site.clock.now_ms() - hours * 3_600_000),
    )
    return int(found.fetchone()[0])


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("language", ["de", "en"])
def test_it_fits_and_can_be_read(site: Site, browser: Browser, language: str, dark: bool, width: int) -> None:
    """Leaves the pictures in build/screenshots/."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    views = {"overview": ("", AUE), "site": (f"#{village.CREEK}", ".site .uplinks li")}
    for view in ("overview", "site") if width < 960 else ("site",):  # a wide page shows both
        address, settled = views[view]
        browser.do("open", url=site.url + address, language=language, dark=dark, width=width, height=800)
        browser.do("find", selector=settled)
        browser.do(
            "evaluate", script="new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))"
        )
        picture = SCREENSHOTS / f"{view}-{language}-{'dark' if dark else 'light'}-{width}.png"
        browser.do("picture", path=str(picture))
        assert picture.stat().st_size > 20_000
        assert browser.do("evaluate", script="document.documentElement.scrollWidth") <= width
        assert browser.do("evaluate", script=CONTRAST) == []
        is_quiet(browser)
