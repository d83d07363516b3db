"""How fast an alarm is told, how often chance tells one: `python -m tests.bench.alarms latency|silence`."""

import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from statistics import median
from threading import Thread

from gateway import devices
from gateway.access.roles import Principal, Role
from gateway.app import App
from gateway.clock import WallClock
from gateway.config import Address, Config, SourceConfig, StoreConfig
from gateway.devices import AbpKeys, Provisioning
from tests.gateway.alarms.district import MINUTE, District, report
from tests.gateway.desk import Node
from tests.gateway.forwarder import Forwarder, push, rxpk

SECONDS, PER_SECOND = 30, 200
CALM, FLOODED = report(distance=2500), report(distance=1500)
MOUNT_MM, MARK_MM = 3000, 1000
ALARM_EVERY = 20  # uplinks
CALM_NODES = 200
FOUNDER = Principal("founder", Role.ADMIN)

QUARTER, DAY = 15 * MINUTE, 24 * 60 * MINUTE
NODES, DAYS, LEARNING_DAYS, LOSS = 180, 30, 7, 0.05


class Receiver(BaseHTTPRequestHandler):
    """The service at the other end of apprise: notes when it is told of which site."""

    told: dict[str, float]

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"])).decode("unicode_escape")
        name = text.partition("Pegel ")[2].partition(":")[0]
        self.told.setdefault(name, time.monotonic())
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Not each of them."""


@contextlib.contextmanager
def receiving() -> Iterator[str]:
    Receiver.told = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"json://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


async def latency(folder: Path) -> None:
    """One uplink in twenty is the first of its node, above the mark: a jump would wait for a second one."""
    config = Config(
        store=StoreConfig(path=folder / "ledger.db"),
        http=None,
        source=(SourceConfig(bind=Address("127.0.0.1", 0)),),
    )
    with receiving() as url:
        async with App(config, WallClock()) as app:
            nodes = _install(app, url)
            sent = await _send(app, nodes)
            for _ in range(100):
                if len(Receiver.told) >= len(sent):
                    break
                await asyncio.sleep(0.1)
    late = sorted(Receiver.told[name] - at for name, at in sent.items() if name in Receiver.told)
    p99 = late[int(0.99 * len(late))]
    print(
        f"| {SECONDS} s of {PER_SECOND} uplinks/s, {len(sent)} alarms | told {len(late)} | "
        f"median {median(late):.3f} s | p99 {p99:.3f} s | max {late[-1]:.3f} s | 5 s at p99 |"
    )


def _install(app: App, url: str) -> list[Node]:
    """A node for each alarm and some that stay calm, each at a site with a mark."""
    alarms = SECONDS * PER_SECOND // ALARM_EVERY
    nodes = [_node(number) for number in range(1, alarms + CALM_NODES + 1)]
    run = app.writer.run
    for number, node in enumerate(nodes, 1):
        assert node.keys
        devices.add(app.store, Provisioning(node.dev_eui, f"Pegel {number}", node.keys, mount_mm=MOUNT_MM), 0)
        mark = {"site_id": f"pegel-{number}", "quantity": "level", "name": "I", "value": MARK_MM}
        run(FOUNDER, "mark.set", {**mark, "source": "bench"})
    run(FOUNDER, "notification.set", {"name": "chief", "secret_url": url})
    return nodes


def _node(number: int) -> Node:
    key = number.to_bytes(16, "big")
    return Node(dev_eui=f"70b3d57ed000{number:04x}", keys=AbpKeys(f"{number:08x}", key, key))


async def _send(app: App, nodes: list[Node]) -> dict[str, float]:
    """When the datagram of each alarm left, by the number of its site."""
    forwarder = Forwarder(app.udp_address)
    await forwarder.pull()
    sent = {}
    begun = time.monotonic()
    for number in range(SECONDS * PER_SECOND):
        await asyncio.sleep(max(0.0, begun + number / PER_SECOND - time.monotonic()))
        alarmed, is_alarm = divmod(number, ALARM_EVERY)
        node = nodes[alarmed] if is_alarm == 0 else nodes[-1 - number % CALM_NODES]
        if is_alarm == 0:
            sent[str(alarmed + 1)] = time.monotonic()
        forwarder.send(push(rxpk(node.uplink(FLOODED if is_alarm == 0 else CALM), tmst=number)))
    forwarder.close()
    return sent


def silence(folder: Path) -> None:
    """Every uplink and every look of 37 days through the store; nobody is really silent."""
    rng = Random(1)
    district = District(folder / "ledger.db", nodes=NODES)
    offsets = [rng.randrange(QUARTER) for _ in range(NODES)]
    start_ms = district.clock.now_ms()
    due = sorted((offset, at) for at, offset in enumerate(offsets))
    for quarter in range((LEARNING_DAYS + DAYS) * DAY // QUARTER):
        for offset, at in due:
            district.clock.turn_to(start_ms + quarter * QUARTER + offset)
            if rng.random() < LOSS:
                district.lose(at)
            else:
                district.level(500, at=at)
        for minute in range(15):
            district.clock.turn_to(start_ms + (quarter + 1) * QUARTER + minute)
            district.look()
    rows = [row for row in district.all() if row["raised_at"] >= start_ms + LEARNING_DAYS * DAY]
    patience = district.store.connection.execute("SELECT min(patience), max(patience) FROM rhythm").fetchone()
    kinds = [row["kind"] for row in rows]
    print(
        f"| {NODES} nodes, 15 min, {LOSS:.0%} loss, {DAYS} days "
        f"| false: {kinds.count('silence')} of nodes, {kinds.count('gateway_silence')} of gateways "
        f"| patience {patience[0]} to {patience[1]} | at most 1 |"
    )


def main() -> None:
    benches: dict[str, Callable[[Path], object]] = {
        "latency": lambda folder: asyncio.run(latency(folder)),
        "silence": silence,
    }
    for name in sys.argv[1:] or benches:
        with tempfile.TemporaryDirectory() as folder:
            benches[name](Path(folder))


if __name__ == "__main__":
    main()
