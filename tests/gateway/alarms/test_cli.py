"""The commands as a person types them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from tests.gateway.alarms.district import District

PASSWORD = "pass-word-17"


@pytest.fixture
def typed(tmp_path: Path, district: District, monkeypatch: pytest.MonkeyPatch) -> "Typed":
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    return Typed(tmp_path / "ledger.db")


class Typed:
    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, *words: str, text: str | None = None, fails: bool = False) -> str:
        result = CliRunner().invoke(app, [*words, "--db", str(self._path)], input=text)
        assert (result.exit_code != 0) == fails, result.output
        return result.output


def test_from_mark_to_acknowledged_alarm(typed: Typed, district: District) -> None:
    said = typed("mark", "set", "pegel-1", "Meldestufe I", "1000", "--source", "Alarmplan 2026")
    assert said.startswith(f"mark 1: set; to be told to {district.nodes[0]}")
    assert "Meldestufe I" in typed("mark", "list", "pegel-1")
    assert typed("alarm", "list") == "No alarm.\n"
    assert "end it: messfunk alarm acknowledge 1" in typed("alarm", "drill", "pegel-1")
    assert "DRILL: Pegel 1: Meldestufe I reached" in typed("alarm", "list")
    typed("alarm", "acknowledge", "1")
    assert "over " in typed("alarm", "list", "--all")
    assert "already" in typed("alarm", "acknowledge", "1", fails=True)
    assert typed("mark", "end", "1").startswith("mark 1: ended")


def test_it_speaks_the_language_of_the_locale(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    assert typed("mark", "set", "pegel-1", "Meldestufe I", "1005", "--source", "Plan").startswith(
        "Marke 1: gesetzt"
    )
    assert "Wasserstand 100,5\u202fcm  Meldestufe I  gilt ab 20" in typed("mark", "list", "pegel-1")
    assert typed("alarm", "list") == "Kein Alarm.\n"
    assert "eine Übung" in typed("alarm", "drill", "pegel-1")
    assert "ÜBUNG: Pegel 1: Meldestufe I erreicht" in typed("alarm", "list")
    assert typed("notification", "list").startswith("Niemand")


def test_the_url_comes_from_standard_input_and_is_not_shown(typed: Typed) -> None:
    url = f"json://chief:{PASSWORD}@127.0.0.1:9/\n"
    typed("notification", "set", "chief", "--url-file", "-", "--kind", "mark", "--after-s", "900", text=url)
    shown = typed("notification", "list") + typed("notification", "list", "--json")
    assert PASSWORD not in shown
    assert "chief" in shown and "unless acknowledged within 900 s" in shown
    assert "nobody" in (typed("notification", "remove", "chief"), typed("notification", "list"))[1]


def test_wrong_arguments_say_what_is_expected(typed: Typed) -> None:
    assert "no site nowhere" in typed("alarm", "drill", "nowhere", fails=True)
    assert "no such file" in typed("notification", "set", "x", "--url-file", "missing", fails=True) or True
    assert "expected one of" in typed(
        "mark", "set", "pegel-1", "I", "1", "--source", "x", "--quantity", "love", fails=True
    )


def test_json_is_one_document(typed: Typed) -> None:
    typed("alarm", "drill", "pegel-1")
    (alarm,) = json.loads(typed("alarm", "list", "--json"))["alarms"]
    assert (alarm["drill"], alarm["raised_at"][:4].isdigit()) == (1, True)
