"""Nodes whose way to the air is a RUI3 module: AT commands on a wire, frames on the simulator's air."""

import sqlite3
from typing import Any

from codec.lorawan import frames, join_server
from tests.simulator.test_scenario import GOOD

MODEM, RADIO = "0200006d66000001", "0200006d66000002"
BESIDE = """modem = true
marks_mm = [800]

[[node]]
name = "Mühle"
dev_eui = "0200006d66000002"
lat = 50.501
lon = 9.601
marks_mm = [800]
"""
CUT = """
[[fault]]
what = "power_off"
target = "Aue"
at = "70m"
lasts = "10m"
[[fault]]
what = "brown_out"
target = "Aue"
at = "120m"
"""


def counted(outcome: Any, fport: int) -> dict[str, int]:
    """Uplinks on a port, by node."""
    with sqlite3.connect(outcome.database) as db:
        query = "SELECT dev_eui, count(*) FROM uplink WHERE fport = ? GROUP BY dev_eui"
        return dict(db.execute(query, (fport,)).fetchall())


def nonces(outcome: Any) -> list[int]:
    """DevNonces of what the node with the modem asked, in order."""
    asked = [
        bytes.fromhex(row["phy"]) for row in outcome.events if row["event"] == "up" and row["node"] == "Aue"
    ]
    requests = [phy for phy in asked if frames.mtype(phy) == frames.JOIN_REQUEST]
    return [join_server.parse_request(phy).dev_nonce for phy in requests]


def test_a_node_with_a_modem_reports_and_alarms_as_one_with_a_radio(messfunk_sim: Any) -> None:
    outcome = messfunk_sim(GOOD + BESIDE, "5h")
    reports, alarms = counted(outcome, 1), counted(outcome, 3)
    assert reports[MODEM] >= 0.9 * reports[RADIO] > 15 and outcome.gateway["joins"] == 2
    assert alarms[MODEM] >= 1 and alarms[RADIO] >= 1
    true_mm = [sample.stage_mm for sample in outcome.truth if sample.node == "Aue"]
    levels = [value for dev_eui, _, value, _ in outcome.readings("level") if dev_eui == MODEM]
    assert all(min(true_mm) - 30 <= value <= max(true_mm) + 30 for value in levels)


def test_the_firmware_in_the_vm_speaks_to_it_as_well(messfunk_sim: Any) -> None:
    outcome = messfunk_sim(GOOD + 'tier = "micropython"\n' + BESIDE, "50m")
    reports = counted(outcome, 1)
    assert outcome.gateway["joins"] == 2 and reports[MODEM] >= reports[RADIO] - 1 > 2


def test_a_modem_without_power_joins_anew_and_a_brown_out_of_its_host_is_nothing_to_it(
    messfunk_sim: Any,
) -> None:
    outcome = messfunk_sim(GOOD + BESIDE + CUT, "3h")
    assert nonces(outcome) == [0, 1] and outcome.gateway["joins"] == 3  # one is its neighbour's
    assert counted(outcome, 1)[MODEM] > 8
