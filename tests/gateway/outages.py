"""Broker away, database away, disk full, while nodes keep sending: what is kept, who sees it, what follows.

`python -m tests.gateway.outages SECONDS [broker|database|disk ...]`: all three at once if none is named.
Nodes come by an LNS, whose broker keeps what we do not take, and by a forwarder, which repeats nothing.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM, socket
from typing import Any, NamedTuple

import httpx

from gateway import devices
from gateway.config import Address
from gateway.devices import Provisioning
from gateway.store.database import Postgres, Where, opened
from gateway.store.ledger import Store
from tests.gateway import library, postgres
from tests.gateway.broker import Mosquitto, Other, mosquitto, other
from tests.gateway.desk import START_MS, Node, abp
from tests.gateway.forwarder import PUSH_ACK, push, rxpk
from tests.gateway.lns import REPORT, dev_eui, event, topic

KINDS = ("broker", "database", "disk")
_LNS_NODES = 10  # each once a half second
_NODES = 5  # by the forwarder, each once a second
_TURN_S = 0.05
_PATIENCE_S = 600
_EVE_S = 2.0
_SEEN_S = 10
_TIMES_REAL = 5

Frame = tuple[str, int]  # DevEUI and counter


class Result(NamedTuple):
    """What is not in it has been asserted."""

    kind: str
    outage_s: float
    stored: int
    acknowledged: int
    unacknowledged: int
    page_s: float  # from the outage to /readyz
    log_s: float
    ready_s: float  # from its end
    owed: int
    catch_up_s: float
    repeated: int

    @property
    def times_real(self) -> float:
        return self.outage_s / self.catch_up_s


class Stream:
    """Nodes that send on time, whatever becomes of it, until it is closed."""

    def __init__(self, lns: Other, nodes: list[Node], udp: Address):
        self.published: set[Frame] = set()
        self.acknowledged: set[Frame] = set()
        self.sent: dict[int, Frame] = {}
        self._lns, self._nodes, self._udp = lns, nodes, udp
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        began, turn = time.monotonic(), 0
        with socket(AF_INET, SOCK_DGRAM) as air:
            air.settimeout(_TURN_S)
            air.connect(self._udp)
            while not self._is_over.is_set():
                self._publish(turn)
                if turn % 4 == 0:
                    self._push(air, turn // 4)
                turn += 1
                while (left_s := began + turn * _TURN_S - time.monotonic()) > 0:
                    air.settimeout(left_s)
                    self._listen(air)

    def _publish(self, turn: int) -> None:
        number, fcnt = turn % _LNS_NODES, turn // _LNS_NODES
        self._lns.send(topic(number), event(number, fcnt))
        self.published.add((dev_eui(number), fcnt))

    def _push(self, air: socket, number: int) -> None:
        node, token = self._nodes[number % len(self._nodes)], number & 0xFFFF
        phy = node.uplink(REPORT)
        self.sent[token] = (node.dev_eui, node.fcnt)
        air.send(push(rxpk(phy, tmst=time.monotonic_ns() // 1000 & 0xFFFF_FFFF), token=token))

    def _listen(self, air: socket) -> None:
        try:
            answer = air.recv(64)
        except TimeoutError:
            return
        if answer[3] == PUSH_ACK:
            self.acknowledged.add(self.sent[int.from_bytes(answer[1:3], "big")])


class Listener:
    """What has come to the sink's broker, in the order in which it came first."""

    def __init__(self, ear: Other):
        self._ear = ear
        self._read = 0
        self.came: dict[str, Frame] = {}  # by id
        self.repeated = 0

    def frames(self) -> set[Frame]:
        for message in self._ear.heard[self._read :]:
            self._read += 1
            said = json.loads(message.payload)
            self.repeated += said["id"] in self.came
            self.came.setdefault(said["id"], (said["dev_eui"], said["fcnt"]))
        return set(self.came.values())


class Gateway:
    """The real command in a process, its page asked and its log read as an operator does."""

    def __init__(self, folder: Path, environment: dict[str, str]):
        self._log = folder / "log"
        command = [sys.executable, "-m", "messfunk", "gateway", "--json", "--config"]
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [*command, str(folder / "messfunk.toml")],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, **environment},
            )
        assert self._process.stdout
        said = json.loads(self._process.stdout.readline())
        host, port = said["udp"].rsplit(":", 1)
        self.udp, self._page = Address(host, int(port)), said["page"]
        self._read = 0

    def close(self) -> None:
        self._process.terminate()
        self._process.communicate(timeout=30)
        assert self._process.returncode == 0, self._log.read_text()[-2000:]

    def causes(self) -> list[str]:
        answer = httpx.get(f"{self._page}readyz", timeout=30)
        causes: list[str] = answer.json()["causes"]
        assert (answer.status_code == 503) == bool(causes)
        return causes

    def logged(self, text: str) -> bool:
        """Since it was asked last."""
        news = self._log.read_bytes()[self._read :]
        if text.encode() not in news:
            return False
        self._read += len(news)
        return True


@contextmanager
def _disk(folder: Path) -> Iterator["Scene"]:
    flag = folder / "is-full"
    where = folder / "ledger" / "ledger.db"
    where.parent.mkdir()
    loaded = {
        "LD_PRELOAD": str(library.build(folder, "full.c")),
        "FULL": str(flag),
        "FULL_IN": str(where.parent),
    }
    with mosquitto(folder / "out") as out:
        yield Scene(where, out, loaded, "database", flag.touch, flag.unlink)


@contextmanager
def _database(folder: Path) -> Iterator["Scene"]:
    with postgres.server() as server, mosquitto(folder / "out") as out:
        yield Scene(server.database(), out, {}, "database", server.stop, server.start)


@contextmanager
def _broker(folder: Path) -> Iterator["Scene"]:
    with mosquitto(folder / "out") as out:
        yield Scene(folder / "ledger.db", out, {}, "sink", out.stop, out.start)


class Scene(NamedTuple):
    """The ledger, the sink's broker, and how what `cause` names begins and ends."""

    where: Where
    out: Mosquitto
    environment: dict[str, str]
    cause: str
    begin: Callable[[], Any]
    end: Callable[[], Any]


_SCENES = {"broker": _broker, "database": _database, "disk": _disk}


def run(kind: str, outage_s: float, folder: Path) -> Result:
    for name in ("lns", "out"):
        (folder / name).mkdir()
    nodes = [abp(number) for number in range(1, _NODES + 1)]
    with (
        _SCENES[kind](folder) as scene,
        mosquitto(folder / "lns") as broker,
        other(broker) as lns,
        other(scene.out, "messfunk/+/up") as ear,
    ):
        _set_up(folder, scene, broker, nodes)
        listener = Listener(ear)
        with closing(Gateway(folder, scene.environment)) as gateway:
            _await(lambda: gateway.causes() == [])
            with closing(Stream(lns, nodes, gateway.udp)) as stream:
                time.sleep(_EVE_S)
                seen = _outage(scene, gateway, outage_s)
                times = _return(scene, gateway, stream, listener)
            _await(lambda: stream.published | stream.acknowledged <= listener.frames())
        stored = _check(scene.where, stream, listener)
    lost = len(stream.sent) - len(stream.acknowledged)
    return Result(kind, seen[0], stored, len(stream.acknowledged), lost, *seen[1:], *times, listener.repeated)


def _set_up(folder: Path, scene: Scene, broker: Mosquitto, nodes: list[Node]) -> None:
    with closing(Store(scene.where)) as store:
        for node in nodes:
            assert node.keys
            devices.add(store, Provisioning(node.dev_eui, "", node.keys), START_MS)
    url = f'url = "{scene.where.url}"' if isinstance(scene.where, Postgres) else ""
    path = scene.where if isinstance(scene.where, Path) else folder / "beside.db"
    (folder / "messfunk.toml").write_text(
        f'[store]\npath = "{path}"\n{url}\n[http]\nbind = "127.0.0.1:0"\n[[source]]\nbind = "127.0.0.1:0"\n'
        f'[[source]]\ntype = "chirpstack"\nname = "lns"\nurl = "{broker.url}"\nadopt = true\n'
        f'[[sink]]\ntype = "mqtt"\nname = "out"\nurl = "{scene.out.url}"\n'
    )


def _outage(scene: Scene, gateway: Gateway, outage_s: float) -> tuple[float, float, float]:
    """How long it took, and when the operator saw it."""
    began = time.monotonic()
    scene.begin()
    seen: dict[str, float] = {}

    def is_seen() -> bool:
        now_s = time.monotonic() - began
        if "page" not in seen and any(cause.startswith(scene.cause) for cause in gateway.causes()):
            seen["page"] = now_s
        if "log" not in seen and gateway.logged(f"not ready: {scene.cause}"):
            seen["log"] = now_s
        return len(seen) == 2

    _await(is_seen)
    time.sleep(max(0, began + outage_s - time.monotonic()))
    return time.monotonic() - began, seen["page"], seen["log"]


def _return(scene: Scene, gateway: Gateway, stream: Stream, listener: Listener) -> tuple[float, int, float]:
    """When it is ready again; how many were owed, and when the sink has them, while nodes keep sending."""
    owed = stream.published | stream.acknowledged
    before = len(owed - listener.frames())
    scene.end()
    began = time.monotonic()
    _await(lambda: owed <= listener.frames())
    caught_up_s = time.monotonic() - began
    _await(lambda: gateway.causes() == [] and gateway.logged("ready again"))
    return time.monotonic() - began, before, caught_up_s


def _check(where: Where, stream: Stream, listener: Listener) -> int:
    with opened(where) as db:
        rows = db.execute("SELECT id, dev_eui, fcnt FROM uplink").fetchall()
    stored = {row["id"]: (row["dev_eui"], row["fcnt"]) for row in rows}
    assert len(set(stored.values())) == len(rows), "an uplink is stored once"
    assert stream.published | stream.acknowledged <= set(stored.values()), "what was taken is stored"
    assert listener.came == stored, "what is stored has come to the sink"
    counters: dict[str, int] = {}
    for eui, fcnt in listener.came.values():
        assert counters.get(eui, -1) < fcnt, "a device's uplinks come in their order"
        counters[eui] = fcnt
    return len(rows)


def _await(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not is_so():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.1)


def run_all(kinds: Sequence[str], outage_s: float, folder: Path) -> list[Result]:
    """At once: they mostly wait."""
    folders = [folder / kind for kind in kinds]
    for each in folders:
        each.mkdir()
    with ThreadPoolExecutor(len(kinds)) as pool:
        return list(pool.map(run, kinds, [outage_s] * len(kinds), folders))


def main(outage_s: float, kinds: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        results = run_all(kinds, outage_s, Path(folder))
    print("| away | uplinks | by UDP, acknowledged | not | /readyz | log | owed | caught up | ready |")
    print("|---|---|---|---|---|---|---|---|---|")
    for each in results:
        print(
            f"| {each.kind}, {each.outage_s:.0f} s | {each.stored} | {each.acknowledged} "
            f"| {each.unacknowledged} | {each.page_s:.1f} s | {each.log_s:.1f} s | {each.owed} "
            f"| {each.catch_up_s:.1f} s, {each.times_real:.0f} x | {each.ready_s:.1f} s |"
        )
    late = [each.kind for each in results if max(each.page_s, each.log_s) > _SEEN_S]
    slow = [each.kind for each in results if each.times_real < _TIMES_REAL]
    assert not late, f"{late}: the operator saw it too late"
    assert not slow, f"{slow}: it catches up too slowly"


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:] or KINDS)
