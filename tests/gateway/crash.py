"""kill -9, or the power cut, at random moments under load.

`python -m tests.gateway.crash KILLS sqlite|postgres kill|power [SEED]`. `power` throws away what was written
after the last fsync; PostgreSQL goes down with the gateway. Every acknowledged uplink is in the store once,
at the sink by its id; no downlink counter stands on two frames, no DevNonce gets two accepts. What is left
says which stage was hit.
"""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from random import Random

from gateway import devices
from gateway.devices import Provisioning
from gateway.store.database import Connection, Postgres, Where, opened
from gateway.store.ledger import Store
from tests.gateway import forgetful, postgres
from tests.gateway.desk import START_MS
from tests.gateway.forgetful import Disk
from tests.gateway.lives import Life, Lives
from tests.gateway.postgres import Server
from tests.gateway.traffic import Load, Shelf

_COMES_THROUGH_S = 300
_STILL_S = 60
_NETWORK = "dedup_ms = 20\n"  # answers go out in lives that are short, too


class Campaign:
    """One ledger, one shelf, many lives of the gateway; with a disk each ends in a power cut."""

    def __init__(
        self, where: Where, folder: Path, seed: int, disk: Disk | None = None, server: Server | None = None
    ):
        self._chance = Random(seed)
        self.load, self.shelf = Load(self._chance), Shelf()
        self._disk, self._server, self._where = disk, server, where
        self._register()
        url = f'url = "{where.url}"' if isinstance(where, Postgres) else ""
        path = where if isinstance(where, Path) else folder / "beside.db"
        self._config = folder / "messfunk.toml"
        self._config.write_text(
            f'[store]\npath = "{path}"\n{url}\n[network]\n{_NETWORK}'
            '[http]\nbind = "127.0.0.1:0"\n[[source]]\nbind = "127.0.0.1:0"\n'
            f'[[sink]]\ntype = "webhook"\nname = "shelf"\nurl = "http://127.0.0.1:{self.shelf.server_port}/"\n'
        )
        if disk and server:
            server.stop("fast")
            self._power_on(disk, server)
        self._lives = Lives(folder / "log", disk.environment if disk and not server else {})

    def kill(self) -> str:
        """The stage that it hit."""
        life = self._life()
        self.load.send(life.udp, self._chance.uniform(0.05, 0.9), then=life.kill)
        assert life.ended() == -9
        if self._disk:
            self._lose(self._disk)
        with opened(self._where) as db:
            self._check(db)
            return self._stage(db)

    def end(self) -> int:
        """What is open comes through, and all of it reaches the shelf; how many uplinks came there twice."""
        life = self._life()
        self.load.drain(life.udp, _COMES_THROUGH_S)
        self._await_shelf()
        life.stop()
        assert life.ended() == 0
        assert self.load.open == {}
        with opened(self._where) as db:
            ids = self._check(db)
            assert len(ids) == len(self.load.acknowledged)
            assert db.execute("SELECT count(*) FROM uplink WHERE decoded IS NULL").fetchone()[0] == 0
            assert db.execute("SELECT count(*) FROM reading").fetchone()[0] == 3 * len(ids)
            assert db.execute("SELECT sum(readings) FROM daily").fetchone()[0] == 3 * len(ids)
        assert set(self.shelf.came) == ids
        return sum(times > 1 for times in self.shelf.came.values())

    def _await_shelf(self) -> None:
        """One request an uplink takes its time: it is waited for while they come."""
        came, at = -1, time.monotonic()
        while len(self.shelf.came) < len(self.load.acknowledged) and time.monotonic() < at + _STILL_S:
            if came != (came := len(self.shelf.came)):
                at = time.monotonic()
            time.sleep(0.05)

    def close(self) -> None:
        self._lives.close()
        self.shelf.shutdown()
        self.shelf.server_close()

    def _register(self) -> None:
        joiner = self.load.joiner
        with closing(Store(self._where)) as store:
            devices.add(store, Provisioning(joiner.dev_eui, "", joiner.otaa), START_MS)
            for node in self.load.nodes:
                assert node.keys
                devices.add(store, Provisioning(node.dev_eui, "", node.keys), START_MS)

    def _life(self) -> Life:
        if self._disk and not self._server:
            self._disk.begin()
        return self._lives.begin(self._config)

    def _lose(self, disk: Disk) -> None:
        if self._server:
            self._server.kill()
        disk.lose()
        if self._server:
            (disk.folder / "postmaster.pid").unlink(missing_ok=True)
            self._power_on(disk, self._server)

    def _power_on(self, disk: Disk, server: Server) -> None:
        disk.begin()
        server.environment = disk.environment
        server.start()

    def _check(self, db: Connection) -> set[str]:
        rows = [(row["id"], bytes(row["phy"])) for row in db.execute("SELECT id, phy FROM uplink")]
        stored = {phy for _, phy in rows}
        assert len(stored) == len(rows), "an uplink is stored once"
        assert self.load.acknowledged <= stored, "what is acknowledged is stored"
        assert all(len(phys) == 1 for phys in self.load.answers.values()), "a downlink counter is used once"
        self._check_joins(db)
        return {id_ for id_, _ in rows}

    def _check_joins(self, db: Connection) -> None:
        wanted = (self.load.joiner.dev_eui,)
        nonces = db.execute("SELECT count(*) FROM dev_nonce WHERE dev_eui = ?", wanted).fetchone()[0]
        sessions = [
            row["dev_addr"] for row in db.execute("SELECT dev_addr FROM session WHERE dev_eui = ?", wanted)
        ]
        heard = self.load.accepts.values()
        assert len(sessions) == nonces <= len(self.load.requests), "a DevNonce is accepted once"
        assert {f"{each.dev_addr:08x}" for each in heard} <= set(sessions), "who heard an accept is known"
        assert len({each.join_nonce for each in heard}) == len(heard), "a JoinNonce is used once"

    def _stage(self, db: Connection) -> str:
        stored = {bytes(row["phy"]) for row in db.execute("SELECT phy FROM uplink")}
        if db.execute("SELECT 1 FROM uplink WHERE decoded IS NULL").fetchone():
            return "between ledger and readings"
        if stored - self.load.acknowledged:
            return "between commit and acknowledgement"
        if db.execute("SELECT 1 FROM outbox").fetchone():
            return "between readings and sink"
        return "between datagram and ledger" if self.load.open else "idle"


@contextmanager
def prepared(folder: Path, database: str, end: str, seed: int) -> Iterator[Campaign]:
    """`end` is kill or power."""
    settings = postgres.DURABLE if end == "power" else ""
    with postgres.server(settings) if database == "postgres" else nullcontext() as server:
        (folder / "ledger").mkdir()
        where: Where = server.database() if server else folder / "ledger" / "ledger.db"
        lost = Path(server.data) if server else folder / "ledger"
        # PostgreSQL's user could not read it in a folder of ours
        disk = Disk(lost, forgetful.build(server.folder if server else folder)) if end == "power" else None
        with closing(Campaign(where, folder, seed, disk, server)) as campaign:
            yield campaign


def main(kills: int, database: str, end: str, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder, prepared(Path(folder), database, end, seed) as campaign:
        stages: Counter[str] = Counter()
        for number in range(1, kills + 1):
            stage = campaign.kill()
            stages[stage] += 1
            print(f"{number:4} {stage}", flush=True)
        again = campaign.end()
    print(f"{kills} lives, {database}, {end}, seed {seed}:")
    for stage, count in stages.most_common():
        print(f"{count:4} {stage}")
    load = campaign.load
    print(f"{len(load.acknowledged)} uplinks acknowledged, each once in {database} and at the sink;")
    print(f"{again} came to the sink more than once, by the same id;")
    joins = f"{len(load.accepts)} accepts heard for {len(load.requests)} joins"
    print(f"{len(load.answers)} downlink counters, {joins}, none twice")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int((sys.argv[4:] or ["1"])[0]))
