"""From rain to an acknowledged alarm: simulated nodes, the real gateway, a real browser and nothing else."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import Browser
from tests.e2e.test_demo import Demo

FORM = 'form[action="/do/mark.set"]'
LONG_S = 60


@pytest.fixture
def demo() -> Iterator[Demo]:
    running = Demo()
    yield running
    running.process.kill()
    running.process.communicate()
    for left in running.database.parent.glob(running.database.name + "*"):
        left.unlink()


def test_a_flood_is_seen_told_and_acknowledged(demo: Demo, browser: Browser) -> None:
    browser.do("open", url=f"{demo.url}settings")
    browser.do("click", name="Schulwiese", role="link")
    for name, text in (("name", "Meldestufe I"), ("value", "45,5"), ("source", "Wehrführer <b>Nord</b>")):
        browser.do("fill", selector=f'{FORM} input[name="{name}"]', text=text)
    browser.do("push", selector=f"{FORM} button")
    browser.do(
        "find", selector='.line:has-text("Meldestufe I"):has-text("46 cm"):has-text("Wehrführer <b>Nord</b>")'
    )
    browser.do("click", name="Messstellen", role="link")
    browser.do(
        "find", selector='.place.alarmed:has-text("Schulwiese"):has-text("Meldestufe I")', seconds=LONG_S
    )
    browser.do("click", name="Schulwiese: Meldestufe I erreicht", role="link")
    browser.do("find", selector=".plot canvas")
    browser.do("click", name="Alarme", role="link")
    browser.do("click", name="Quittieren")
    browser.do("find", selector='li.open:has-text("Schulwiese"):has-text("Quittiert")')
    heard = browser.do("heard")
    assert heard["console"] == []
    assert {urlsplit(url).hostname for url in heard["requests"]} == {"127.0.0.1"}
    [alarm] = [each for each in demo.get("api/v1/alarms")["alarms"] if each["mark_name"] == "Meldestufe I"]  # type: ignore[attr-defined]
    assert alarm["acknowledged_by"] == "loopback" and alarm["value"] >= 455
