"""A backup is a whole ledger; taken back, no counter goes back and no DevNonce is forgotten."""

import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.access.seal import KeyFile
from gateway.cli import app
from gateway.model import Device, GaugeZero, Installation, Reading, Site
from gateway.network.ledger import Leases
from gateway.nightly import BackupConfig, Nightly
from gateway.store import backup, gauge_zeros, outbox, retention, rollups, sites
from gateway.store.backup import BackupError
from gateway.store.ledger import Store
from gateway.store.retention import RetentionConfig
from tests.gateway.desk import START_MS, Desk, ManualClock, Node

DAY_MS = 86_400_000


@pytest.fixture
def where(tmp_path: Path) -> Path:
    """Backups are SQLite's: pg_dump is PostgreSQL's."""
    return tmp_path / "ledger.db"


def nonces(store: Store) -> set[int]:
    return {row[0] for row in store.connection.execute("SELECT dev_nonce FROM dev_nonce")}


def test_the_way_there_and_back(desk: Desk, node: Node, joiner: Node, tmp_path: Path) -> None:
    desk.hear(desk.reception(joiner.join_request()), desk.reception(node.uplink()))
    leases = Leases()
    used = [leases.take(desk.store.connection, 1) for _ in range(3)]
    made = backup.create(tmp_path / "ledger.db", tmp_path / "copies", START_MS)
    assert (made.name, stat.S_IMODE(made.stat().st_mode)) == ("messfunk-20231114T221320Z.db", 0o600)
    seen = backup.verify(made, None)
    assert (seen.devices, seen.uplinks, seen.newest_ms, seen.opens) == (2, 1, START_MS, None)
    desk.hear(desk.reception(joiner.join_request()), desk.reception(node.uplink()))
    used += [leases.take(desk.store.connection, 1) for _ in range(3)]
    joins = desk.store.device(joiner.dev_eui)
    desk.store.close()
    former = backup.restore(made, tmp_path / "ledger.db")
    assert former and Store(former).close() is None
    back = Store(tmp_path / "ledger.db")
    assert [row[0] for row in back.connection.execute("SELECT fcnt FROM uplink")] == [0]
    assert nonces(back) == {1, 2}, "the second join is refused when it is replayed"
    assert Leases().take(back.connection, 1) > max(used)
    after = back.device(joiner.dev_eui)
    assert joins and after and after.join_nonce > joins.join_nonce
    assert stat.S_IMODE((tmp_path / "ledger.db").stat().st_mode) == 0o600
    back.close()


def test_who_restores_twice_has_what_was_there_first(desk: Desk, node: Node, tmp_path: Path) -> None:
    where, empty = tmp_path / "ledger.db", tmp_path / "empty.db"
    desk.hear(desk.reception(node.uplink()))
    desk.store.close()
    Store(empty).close()
    made = backup.create(empty, tmp_path / "copies", START_MS)
    formers = [backup.restore(made, where) for _ in range(3)]
    assert all(formers) and len(set(formers)) == 3
    counts = []
    for former in filter(None, formers):
        store = Store(former)
        counts.append(store.connection.execute("SELECT count(*) FROM uplink").fetchone()[0])
        store.close()
    assert counts == [1, 0, 0]


def test_the_heights_of_a_place_come_back(desk: Desk, node: Node, tmp_path: Path) -> None:
    """Those of its sensor and of its gauge zero, each with its date: without them levels are only numbers."""
    db = desk.store.connection
    zeros = [GaugeZero(0, 271_300), GaugeZero(START_MS, 271_200)]
    with desk.store.transaction():
        sites.add(db, Site("steg", "Steg"))
        sites.install(db, Installation("steg", node.dev_eui, from_ms=0, mount_mm=3000))
        for zero in zeros:
            gauge_zeros.put(db, "steg", zero)
    hung = sites.installations(db, node.dev_eui)
    made = backup.create(tmp_path / "ledger.db", tmp_path / "copies", START_MS)
    with desk.store.transaction():
        gauge_zeros.put(db, "steg", GaugeZero(START_MS, 1))
    desk.store.close()
    backup.restore(made, tmp_path / "ledger.db")
    back = Store(tmp_path / "ledger.db")
    assert gauge_zeros.of_site(back.connection, "steg") == zeros
    assert sites.installations(back.connection, node.dev_eui) == hung != []
    back.close()


def test_without_the_former_counters_jump_all_the_same(desk: Desk, node: Node, tmp_path: Path) -> None:
    made = backup.create(tmp_path / "ledger.db", tmp_path / "copies", START_MS)
    desk.store.close()
    (tmp_path / "ledger.db").write_bytes(b"torn" * 4096)
    backup.restore(made, tmp_path / "ledger.db")
    back = Store(tmp_path / "ledger.db")
    assert Leases().take(back.connection, 1) == 8192
    back.close()


def test_the_present_key_opens_it_or_does_not(tmp_path: Path) -> None:
    key, other = KeyFile(tmp_path / "key", {}), KeyFile(tmp_path / "other", {})
    store = Store(tmp_path / "ledger.db", key)
    store.add_device(Device("70b3d57ed0000001", "Aue", "otaa", "00" * 8, bytes(range(16))))
    store.close()
    made = backup.create(tmp_path / "ledger.db", tmp_path / "copies", START_MS)
    assert backup.verify(made, key).opens is True
    assert backup.verify(made, other).opens is False
    other.make()
    assert backup.verify(made, other).opens is False
    assert bytes(range(16)) not in made.read_bytes()
    assert (tmp_path / "key").read_text().strip().encode() not in made.read_bytes()


def test_a_damaged_one_is_refused(desk: Desk, node: Node, tmp_path: Path) -> None:
    for _ in range(60):
        desk.hear(desk.reception(node.uplink()))
    made = backup.create(tmp_path / "ledger.db", tmp_path / "copies", START_MS)
    whole = made.read_bytes()
    made.write_bytes(whole[:8192] + bytes(4096) + whole[12288:])
    with pytest.raises(BackupError, match=r"take an older one|cannot be read|not a backup"):
        backup.verify(made, None)
    with pytest.raises(BackupError, match="no backup could be made"):
        backup.create(tmp_path / "nowhere.db", tmp_path / "copies", START_MS)


def test_a_backup_writes_each_page_once(tmp_path: Path) -> None:
    """Row by row, an index in the order of its table's rows is written over and over once it is large."""
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE told (what BLOB CHECK (length(what) = 32))")
        db.execute("CREATE INDEX told_what ON told (what)")
        db.execute(
            "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
            " INSERT INTO told SELECT randomblob(32) FROM n"
        )
    before = written()
    made = backup.create(path, tmp_path / "copies", START_MS)
    assert written() - before < 1.5 * made.stat().st_size


def written() -> int:
    """Bytes this process has handed to the kernel: proc(5)."""
    return int(Path("/proc/self/io").read_text().split("wchar: ")[1].split()[0])


async def test_each_night_one_is_made_and_old_ones_go(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    clock = ManualClock()
    nightly = Nightly(BackupConfig(folder=folder, keep=3), RetentionConfig(), desk.store, clock)
    nightly.start()
    for _ in range(5):
        await clock.advance(DAY_MS)
    assert [path.name[9:17] for path in backup.found(folder)] == ["20231117", "20231118", "20231119"]
    age = nightly.backup_age_ms()
    assert age is not None and age < DAY_MS and nightly.error is None


async def test_a_backup_that_fails_is_told(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "copies").write_text("a file where a folder should be")
    clock = ManualClock()
    nightly = Nightly(BackupConfig(folder=tmp_path / "copies"), RetentionConfig(), desk.store, clock)
    nightly.start()
    await clock.advance(DAY_MS)
    assert nightly.error and "no backup could be made" in nightly.error


def test_only_what_is_old_goes(desk: Desk, node: Node) -> None:
    for _ in range(2):
        desk.hear(desk.reception(node.uplink()))
        desk.clock.turn_to(START_MS + 300 * DAY_MS)
    kept = RetentionConfig()
    with desk.store.transaction():
        assert retention.trim(desk.store.connection, START_MS + 399 * DAY_MS, kept) == 0
        assert retention.trim(desk.store.connection, START_MS + 401 * DAY_MS, kept) == 1
    assert len(desk.fcnts(node.dev_eui)) == 2, "uplinks stay"


def test_uplinks_go_when_it_is_wanted_but_not_what_a_sink_is_owed(desk: Desk, node: Node) -> None:
    db = desk.store.connection
    uplinks = [desk.hear(desk.reception(node.uplink()))[0] for _ in range(3)]
    reading = Reading(node.dev_eui, "distance", START_MS, 1.0, None, 1, uplinks[0].id)
    with desk.store.transaction():
        desk.store.set_decoded([(uplinks[0].id, [reading], None)])
        outbox.put(db, ["town"], [uplinks[1].id], START_MS)
        rollups.add(db, [(node.dev_eui, "distance", START_MS, 1.0)])
        kept = RetentionConfig(uplink_days=40)
        assert retention.trim(db, START_MS + 39 * DAY_MS, kept) == 0
        assert retention.trim(db, START_MS + 41 * DAY_MS, kept) == 2
    assert desk.fcnts(node.dev_eui) == [(1, 1)]
    assert db.execute("SELECT count(*) FROM reading").fetchone()[0] == 0
    assert db.execute("SELECT count(*) FROM daily").fetchone()[0] == 1, "days stay"
    with pytest.raises(ValueError, match="at least 32"):
        RetentionConfig(uplink_days=2)


def test_downlinks_that_wait_do_not_go(desk: Desk, node: Node) -> None:
    db = desk.store.connection
    with desk.store.transaction():
        for state in ("queued", "pending", "sent", "failed"):
            db.execute(
                "INSERT INTO downlink"
                " (dev_eui, fport, payload, confirmed, priority, actor, created_at, state)"
                " VALUES (?, 10, ?, 0, 0, 'me', ?, ?)",
                (node.dev_eui, b"", START_MS, state),
            )
        assert retention.trim(db, START_MS + 401 * DAY_MS, RetentionConfig()) == 2
    left = [row["state"] for row in db.execute("SELECT state FROM downlink ORDER BY id")]
    assert left == ["queued", "pending"]


def test_as_the_operator_does(desk: Desk, node: Node, tmp_path: Path) -> None:
    def run(*arguments: str) -> dict[str, object]:
        done = CliRunner().invoke(app, ["backup", *arguments, "--db", str(tmp_path / "ledger.db"), "--json"])
        assert done.exit_code == 0, done.output
        told: dict[str, object] = json.loads(done.stdout)
        return told

    made = str(run("create", "--to", str(tmp_path / "copies"))["backup"])
    assert run("verify", made)["devices"] == 1
    desk.store.close()
    assert run("restore", made)["former"]


def test_who_restores_hears_that_the_key_is_another_one(tmp_path: Path) -> None:
    """The gateway would not start, and the doctor was content."""
    where, key = tmp_path / "ledger.db", tmp_path / "ledger.db.key"
    Store(where, KeyFile(key)).close()
    made = backup.create(where, tmp_path / "copies", START_MS)
    for text, is_told in ((key.read_text(), False), ("00" * 64, True)):
        key.write_text(text)
        done = CliRunner().invoke(app, ["backup", "restore", str(made), "--db", str(where)])
        assert done.exit_code == 0 and ("does NOT open it" in done.stdout) is is_told
