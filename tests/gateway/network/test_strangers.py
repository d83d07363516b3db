"""Who asks to join without being registered is shown for a day, by EUI only, and cannot fill the store."""

from typer.testing import CliRunner

from gateway.cli import app
from gateway.network import strangers
from tests.gateway.desk import EUIS, START_MS, Desk, Node, otaa

DAY_MS = 24 * 3_600_000


def told(desk: Desk) -> list[tuple[str, int, str]]:
    found = strangers.told(desk.store.connection, desk.clock.now_ms())
    return [(each["dev_eui"], each["requests"], each["gateway_id"]) for each in found]


async def test_an_unknown_node_is_shown_for_a_day(desk: Desk, joiner: Node) -> None:
    stranger = otaa(77)
    desk.hear(desk.reception(joiner.join_request()))
    desk.hear(desk.reception(stranger.join_request()))
    await desk.clock.advance(60_000)
    desk.hear(desk.reception(stranger.join_request(), EUIS[1]))
    assert told(desk) == [(stranger.dev_eui, 2, EUIS[1])], "a node that may join is none"
    assert desk.counters.refused["unknown_device"] == 2
    assert desk.store.connection.execute("SELECT count(*) FROM uplink").fetchone()[0] == 0
    await desk.clock.advance(DAY_MS - 1000)
    assert len(told(desk)) == 1
    await desk.clock.advance(2000)
    assert told(desk) == []


def test_a_flood_pushes_out_its_own(desk: Desk) -> None:
    db = desk.store.connection
    with desk.store.transaction():
        for at in range(3):
            strangers.note(db, "70b3d57ed0000099", "00" * 8, EUIS[0], START_MS + at)
        for number in range(1200):
            strangers.note(db, f"{number:016x}", "00" * 8, EUIS[0], START_MS + 10 + number)
    shown = strangers.told(db, START_MS + 2000)
    assert len(shown) == 500
    assert shown[0]["dev_eui"] == f"{1199:016x}"
    assert shown[-1]["dev_eui"] == "70b3d57ed0000099"


def test_the_command_line_says_so_when_there_is_none(desk: Desk) -> None:
    desk.store.close()
    done = CliRunner().invoke(app, ["device", "unknown", "--db", str(desk.store.where)])
    assert (done.exit_code, done.output) == (0, "none\n")
