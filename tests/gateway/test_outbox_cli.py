"""`messfunk outbox`, on a file as a running gateway leaves it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.store import outbox
from gateway.store.ledger import Store
from tests.gateway.sinks.conftest import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Three uplinks owed to `hook`, which has refused the first."""
    made = Ledger(tmp_path / "ledger.db")
    ids = [made.add("hook", fcnt=fcnt) for fcnt in range(3)]
    with made.store.transaction():
        outbox.note(made.store.connection, "hook", 1_700_000_000_000, "HTTP 503")
        (oldest,) = outbox.due(made.store.connection, "hook", 1)
        outbox.bury(made.store.connection, "hook", oldest, "HTTP 422: no")
    assert made.owed("hook") == ids[1:]
    made.store.close()
    return made


def run(ledger: Ledger, *arguments: str) -> str:
    done = CliRunner().invoke(app, ["outbox", *arguments, "--db", str(ledger.store.where)])
    assert done.exit_code == 0, done.output
    return done.output


def test_the_list_says_who_is_behind_and_why(ledger: Ledger) -> None:
    line = run(ledger, "list")
    assert line.startswith("hook: 2 owed, the oldest for ")
    assert line.endswith("s, 1 refused for good; since 2023-11-14T22:13:20.000Z: HTTP 503\n")
    (sink,) = json.loads(run(ledger, "list", "--json"))["sinks"]
    assert (sink["name"], sink["depth"], sink["dead"], sink["error"]) == ("hook", 2, 1, "HTTP 503")


def test_dead_letters_are_shown_and_retried(ledger: Ledger) -> None:
    assert "FCnt 0" in run(ledger, "dead")
    assert run(ledger, "dead").endswith("HTTP 422: no\n")
    assert run(ledger, "dead", "--sink", "other") == "none\n"
    assert json.loads(run(ledger, "retry", "--sink", "other", "--json")) == {"retried": 0}
    assert json.loads(run(ledger, "retry", "--json")) == {"retried": 1}
    assert run(ledger, "dead") == "none\n"
    store = Store(ledger.store.where)
    assert [each.fcnt for each in outbox.due(store.connection, "hook", 9)] == [0, 1, 2], "in its old place"
    store.close()


def test_a_sink_is_let_go_and_its_uplinks_stay(ledger: Ledger) -> None:
    assert run(ledger, "drop", "hook") == "hook: 3 uplinks are owed no more\n"
    assert run(ledger, "list") == "no sink has ever run\n"
    store = Store(ledger.store.where)
    assert store.connection.execute("SELECT count(*) FROM uplink").fetchone()[0] == 3
    store.close()


def test_a_node_behind_an_lns_is_registered_without_keys(tmp_path: Path) -> None:
    db = ["--db", str(tmp_path / "new.db")]
    done = CliRunner().invoke(app, ["device", "add", "70b3d57ed0020001", "--lns", "--json", *db])
    assert json.loads(done.output)["device"]["activation"] == "lns"
    for wrong in ([], ["--lns", "--keys-file", "-"]):
        done = CliRunner().invoke(app, ["device", "add", "70b3d57ed0020002", *wrong, *db])
        assert done.exit_code == 2
        assert "give one" in done.output
