"""Orders that the gateway queues reach a simulated node, which does what they say."""

import sqlite3
from typing import Any

import pytest

from codec import message
from codec.desk import words
from gateway.app import App
from gateway.network import queue
from simulator import run
from simulator.plugin import Simulate
from simulator.scenario import Scenario
from tests.simulator.test_scenario import GOOD


@pytest.mark.parametrize("tier", ["firmware", "micropython"])
def test_a_node_told_to_reboot_answers_and_begins_anew(
    messfunk_sim: Simulate, monkeypatch: pytest.MonkeyPatch, tier: str
) -> None:
    register = run.register

    def and_order(app: App, scenario: Scenario) -> None:
        register(app, scenario)
        wanted = queue.Wanted(scenario.node[0].dev_eui, 10, b"", [{"order": "reboot"}], False, 0, None)
        with app.store.transaction():
            queue.add(app.store.connection, wanted, "test", app.clock.now_ms())

    monkeypatch.setattr(run, "register", and_order)
    outcome = messfunk_sim(f'loss = 0.0\ninterval_s = 300\n{GOOD}\ntier = "{tier}"\n', "30m")
    with sqlite3.connect(outcome.database) as db:
        said = db.execute("SELECT fport, payload FROM uplink ORDER BY received_at LIMIT 5").fetchall()
    told: list[Any] = [message.decode(payload) for _, payload in said]
    report, _, first, _, hello = told
    # The first report brings the order down, and the page of the journal that it opened is lost in the reset.
    assert [fport for fport, _ in said] == [1, 11, 1, 11, 4]
    assert (report.values["number"], first.values["number"]) == (0, 32)
    assert words.RESET_CAUSES[hello.reset_cause] == "power_on" and outcome.gateway["joins"] == 1
