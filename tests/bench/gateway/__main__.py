"""`make bench-gateway`: uplinks per CPU-second from datagram to MQTT, beside a Node-RED flow that does less.

Five runs of each, in turns, on the same Mosquitto; medians of the processor time of all threads of a process.
"""

import argparse
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM, socket

from tests.bench.gateway import fleet, node_red
from tests.bench.gateway.packets import PUBACK, PUBLISH, Peer, received
from tests.bench.gateway.process import usage
from tests.gateway.broker import Mosquitto, mosquitto
from tests.gateway.forwarder import PULL_DATA, head

_WINDOW = 512
_COLUMNS = "{:22} {:>12} {:>12} {:>10} {:>10}"


@dataclass(frozen=True)
class Run:
    """One run of one of the two; `lost` is what was sent and never came out."""

    uplinks: int
    lost: int
    processor_s: float
    clock_s: float
    memory_mb: float

    @property
    def per_cpu_s(self) -> float:
        return self.uplinks / self.processor_s


@contextmanager
def gateway(folder: Path, broker: Mosquitto, *prefix: str) -> Iterator[tuple[int, tuple[str, int]]]:
    """The shipped command with its defaults and one sink: its process number and UDP address."""
    config = folder / "messfunk.toml"
    config.write_text(
        '[http]\nbind = "127.0.0.1:0"\n[[source]]\nbind = "127.0.0.1:0"\n'
        f'[[sink]]\ntype = "mqtt"\nname = "out"\nurl = "{broker.url}"\n'
    )
    command = [sys.executable, "-m", *(prefix or ("messfunk",)), "gateway", "--json", "--config", str(config)]
    with (
        (folder / "gateway.log").open("w") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        assert process.stdout
        host, port = json.loads(process.stdout.readline())["udp"].split(":")
        try:
            yield process.pid, (host, int(port))
        finally:
            process.send_signal(signal.SIGINT)
            if process.wait(30):
                raise RuntimeError((folder / "gateway.log").read_text())


def ours(folder: Path, broker: Mosquitto, nodes: int, rounds: int, *prefix: str) -> Run:
    made = fleet.register(folder / "messfunk.db", nodes)
    warm = list(fleet.datagrams(made, 1))
    prepared = list(fleet.datagrams(made, rounds))
    ear = Peer(broker.port, "ear-of-ours")
    ear.subscribe("messfunk/+/up")
    with gateway(folder, broker, *prefix) as (pid, peer):
        pull(peer)
        sender = fleet.Sender(peer, _WINDOW)
        sender.send(warm)
        hear(ear, len(warm))
        if prefix:
            os.kill(pid, signal.SIGUSR1)
        before, began = usage(pid), time.monotonic()
        sender.send(prepared)
        heard = hear(ear, len(prepared))
        after, ended = usage(pid), time.monotonic()
        sender.close()
    ear.close()
    spent_s = after.processor_s - before.processor_s
    return Run(len(prepared), len(prepared) - heard, spent_s, ended - began, after.memory_mb)


def pull(peer: tuple[str, int]) -> None:
    """The forwarders say where downlinks go: an answer that the network owes is sent, and is paid for."""
    with socket(AF_INET, SOCK_DGRAM) as air:
        air.settimeout(10)
        air.connect(peer)
        for eui in fleet.GATEWAYS:
            air.send(head(PULL_DATA, eui=eui))
            air.recv(100)


def theirs(program: Path, folder: Path, broker: Mosquitto, nodes: int, rounds: int) -> Run:
    prepared = node_red.messages(nodes, rounds + 1)
    warm, prepared = prepared[:nodes], prepared[nodes:]
    mouth, ear = Peer(broker.port, "mouth"), Peer(broker.port, "ear-of-theirs")
    ear.subscribe("nodered/+/up")
    with node_red.running(program, folder, broker.port) as pid:
        feed(mouth, ear, warm)
        before, began = usage(pid), time.monotonic()
        heard = feed(mouth, ear, prepared)
        after, ended = usage(pid), time.monotonic()
    mouth.close()
    ear.close()
    kept = (folder / "readings.jsonl").read_text("utf-8").count("\n")
    assert kept == len(warm) + len(prepared), f"{kept} lines in its file"
    spent_s = after.processor_s - before.processor_s
    return Run(len(prepared), len(prepared) - heard, spent_s, ended - began, after.memory_mb)


def feed(mouth: Peer, ear: Peer, messages: list[tuple[str, bytes]]) -> int:
    """Never more than a window on the way; how many came out."""
    heard = 0
    for at in range(0, len(messages), _WINDOW // 4):
        part = messages[at : at + _WINDOW // 4]
        mouth.publish([(topic, body, number + 1) for number, (topic, body) in enumerate(part)])
        confirmed = 0
        while confirmed < len(part):
            confirmed += sum(first >> 4 == PUBACK for first, _ in mouth.read())
        while heard < at + len(part) - _WINDOW:
            heard += listen(ear)
    while heard < len(messages):
        heard += listen(ear)
    return heard


def listen(ear: Peer) -> int:
    """How many messages one reading brings; they are acknowledged."""
    numbers = [received(body)[1] for first, body in ear.read() if first >> 4 == PUBLISH]
    ear.acknowledge(numbers)
    return len(numbers)


def hear(ear: Peer, expected: int) -> int:
    heard = 0
    while heard < expected:
        try:
            heard += listen(ear)
        except TimeoutError:
            break
    return heard


def where_time_goes(broker: Mosquitto, nodes: int, rounds: int) -> dict[str, float]:
    """Shares of one further run whose stack is looked at; the looking costs a few per cent itself."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "stages.json"
        ours(Path(name), broker, nodes, rounds, "tests.bench.gateway.sampling", str(file))
        shares: dict[str, float] = json.loads(file.read_text())
    return shares


def main(nodes: int, rounds: int, runs: int, out: Path) -> None:
    results: dict[str, list[Run]] = {"messfunk gateway": [], "Node-RED": []}
    program = node_red.install(out / "node-red")
    with tempfile.TemporaryDirectory() as home, mosquitto(Path(home), "allow_anonymous true") as broker:
        for _ in range(runs):
            with tempfile.TemporaryDirectory() as folder:
                results["messfunk gateway"].append(ours(Path(folder), broker, nodes, rounds))
            with tempfile.TemporaryDirectory() as folder:
                results["Node-RED"].append(theirs(program, Path(folder), broker, nodes, rounds))
        stages = where_time_goes(broker, nodes, rounds)
    tell(results, stages)
    said = {
        "date": time.strftime("%Y-%m-%d"),
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}",
        "load": os.getloadavg(),
        "runs": {
            name: [asdict(run) | {"per_cpu_s": run.per_cpu_s} for run in each]
            for name, each in results.items()
        },
        "stages": stages,
    }
    (out / "gateway.json").write_text(json.dumps(said, indent=1))


def tell(results: dict[str, list[Run]], stages: dict[str, float]) -> None:
    print(_COLUMNS.format("", "uplinks/CPU-s", "least, most", "lost", "MB"))
    for name, runs in results.items():
        rates = sorted(run.per_cpu_s for run in runs)
        median, span = f"{statistics.median(rates):.0f}", f"{rates[0]:.0f}, {rates[-1]:.0f}"
        lost, memory = sum(run.lost for run in runs), max(run.memory_mb for run in runs)
        print(_COLUMNS.format(name, median, span, lost, f"{memory:.0f}"))
    each_us = 1e6 / statistics.median(run.per_cpu_s for run in results["messfunk gateway"])
    print(f"\nof {each_us:.0f} us an uplink:")
    for stage, share in stages.items():
        print(f"{stage:34} {share:6.1%} {share * each_us:8.1f} us")
    print(f"\nload of the machine: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    given = parser.parse_args()
    main(given.nodes, given.rounds, given.runs, given.out)
