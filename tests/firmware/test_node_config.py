"""A config that is partly wrong: refused with words at build time, and on the node run as far as it goes."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from codec import report
from firmware import config as node_config
from firmware import limits, main
from tests.bench.node import Bench

SECRETS = {"dev_eui": "0200006d66000001", "join_eui": "0" * 16, "app_key": "00" * 16}
GOOD = {"part": "sht3x", "port": 0}


class Here(Bench):
    """A board with an I2C bus that nobody answers on."""

    def __init__(self) -> None:
        self._rng = random.Random(1)
        self._stores: dict[str, dict[str, bytes]] = {"flash": {}, "rtc": {}}
        self.at_ms = 0
        self.air_us = 0
        self.sent = []

    def i2c(self, port: int) -> "Here":
        return self

    def writeto(self, addr: int, buf: bytes) -> int:
        raise OSError(19)


def files_of(given: dict[str, object]) -> Callable[[str], Any]:
    return {"config.json": given, "secrets.json": SECRETS}.__getitem__


def status_of(given: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> object:
    """The status in the first report of a node with this config."""
    here = Here()
    monkeypatch.setattr(main, "open_link", lambda *_: here)
    while not here.sent:
        here.at_ms += main.run(main.assemble(here, files_of(given)).wake())  # type: ignore[arg-type]
    return report.decode(here.sent[0][2]).get("status")


def test_what_is_wrong_is_named_and_the_rest_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert status_of({"sensors": [GOOD]}, monkeypatch) is None
    for wrong in (
        {"sensors": [GOOD], "interval_s": "often"},
        {"sensors": [GOOD], "colour": "blue"},
        {"sensors": [GOOD, {"part": "a03", "port": 1}]},
        {"sensors": [GOOD, "a02yyuw"]},
        {"sensors": [GOOD], "marks_mm": [-1]},
        {"sensors": [GOOD], "region": "EU866"},
        {"sensors": [GOOD], "certification": "yes"},
    ):
        assert status_of(wrong, monkeypatch) == 4


def test_without_a_single_sensor_there_is_no_node() -> None:
    with pytest.raises(limits.ConfigError, match="unknown sensor part 'a03'"):
        main.assemble(Here(), files_of({"sensors": [{"part": "a03", "port": 1}]}))  # type: ignore[arg-type]


def test_an_error_never_shows_a_key() -> None:
    for secrets in ({**SECRETS, "app_key": "c0ffee"}, {**SECRETS, "app_key": "zz" * 16}):
        with pytest.raises(limits.ConfigError) as error:
            node_config.check_secrets(secrets)
        assert "c0ffee" not in str(error.value) and "zz" not in str(error.value)
