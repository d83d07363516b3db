"""Each one-page guide, followed literally in a clean folder; only addresses are those of this test.

Commands are the deeper indented lines. The line that installs is checked, not run: tested is this tree.
`messfunk gateway` stays in its terminal; what follows is typed in another.
"""

import asyncio
import base64
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from codec.desk.words import FPORTS
from gateway.config import load, parse_address
from tests.gateway import postgres
from tests.gateway.broker import Mosquitto, mosquitto, other
from tests.gateway.desk import Node
from tests.gateway.forwarder import PULL_RESP, Forwarder, head, push, rxpk
from tests.gateway.sources.samples import CHIRPSTACK_TOPIC, CHIRPSTACK_UP

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "gateway" / "guides"
NAMES = ("single-box", "behind-lns", "bridges")
PAYLOAD = bytes.fromhex("8325173901a3")  # of README.md
DISTANCE_MM = 1234


def commands(name: str, language: str) -> list[str]:
    text = (GUIDES / f"{name}.md").read_text("utf-8")
    part = re.split("^## ", text, flags=re.MULTILINE)
    (mine,) = [each for each in part if each.startswith(language)]
    return [line.strip() for line in mine.splitlines() if line.startswith("       ") and line.strip()]


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_give_the_same_commands(name: str) -> None:
    assert commands(name, "English") == commands(name, "Deutsch") != []


@pytest.mark.parametrize("name", NAMES)
def test_a_guide_is_one_page(name: str) -> None:
    text = (GUIDES / f"{name}.md").read_text("utf-8")
    for part in text.split("## ")[1:]:
        assert len(part.splitlines()) <= 45


def test_what_udp_cannot_protect_stands_in_the_guide() -> None:
    text = (GUIDES / "single-box.md").read_text("utf-8")
    assert "What UDP cannot protect" in text and "UDP kennt kein Passwort" in text


def test_the_example_for_the_things_stack_is_good_once_it_is_no_comment(tmp_path: Path) -> None:
    text = (GUIDES / "behind-lns.toml").read_text("utf-8")
    (tmp_path / "messfunk.toml").write_text(re.sub(r"^# (?=\[\[|\w+ = )", "", text, flags=re.MULTILINE))
    for name in ("broker", "ttn"):
        (tmp_path / f"{name}.password").write_text("secret")
    (tmp_path / "backup").mkdir()
    sources = load(tmp_path / "messfunk.toml").source
    assert [each.type for each in sources] == ["chirpstack", "tts"]


class Followed:
    """A folder in which a guide is followed. `swapped`: addresses of the guide and those of this test."""

    def __init__(self, folder: Path, swapped: dict[str, str], **environment: str):
        self.folder = folder
        self._swapped = swapped
        self._terminals: list[subprocess.Popen[str]] = []
        self.where: list[dict[str, str]] = []
        path = f"{folder}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        self._environment = {"PATH": path, "HOME": str(folder), "COLUMNS": "100", **environment}
        (folder / "messfunk").write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT}/messfunk.py "$@"\n')
        (folder / "messfunk").chmod(0o755)

    def type(self, line: str) -> str:
        if line.startswith("python3 -m venv"):
            version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
            assert f"messfunk-{version}-py3-none-any.whl" in line
            return ""
        if re.match("messfunk gateway", line):
            return self._open(line)
        done = subprocess.run(
            self._here(line),
            shell=True,
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        if line.startswith("messfunk config example"):
            self._swap(self.folder / line.rpartition("> ")[2])
        return done.stdout

    def _open(self, line: str) -> str:
        log = (self.folder / f"log-{len(self.where)}").open("w")
        terminal = subprocess.Popen(
            f"exec {line} --json", shell=True, cwd=self.folder, env=self._environment,
            stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
        log.close()
        self._terminals.append(terminal)
        assert terminal.stdout
        said = terminal.stdout.readline()
        assert said, (self.folder / f"log-{len(self.where)}").read_text()
        self.where.append(json.loads(said))
        return said

    def _here(self, line: str) -> str:
        """The pages of the gateways in the order in which they were started."""
        ports = (8080,) if "8080" in line else (8081, 8082)
        for port, where in zip(ports, self.where, strict=False):
            line = line.replace(f"http://127.0.0.1:{port}/", where["page"])
        return line

    def _swap(self, file: Path) -> None:
        text = file.read_text()
        for theirs, ours in self._swapped.items():
            assert theirs in text, theirs
            text = text.replace(theirs, ours)
        file.write_text(text)

    def kill_first(self) -> None:
        terminal = self._terminals.pop(0)
        terminal.kill()
        terminal.communicate()

    def close(self) -> str:
        """What was logged."""
        codes = []
        for terminal in self._terminals:
            terminal.send_signal(signal.SIGINT)
            terminal.communicate(timeout=60)
            codes.append(terminal.returncode)
        self._terminals.clear()
        assert set(codes) == {0}
        return "".join(file.read_text() for file in sorted(self.folder.glob("log-*")))


@pytest.fixture
def follow(tmp_path: Path) -> Iterator[Callable[..., Followed]]:
    """Nothing goes on when a test has failed."""
    made: list[Followed] = []

    def begin(swapped: dict[str, str], **environment: str) -> Followed:
        made.append(Followed(tmp_path, swapped, **environment))
        return made[-1]

    yield begin
    for each in made:
        while each._terminals:
            each.kill_first()


def event(fcnt: int = 10) -> tuple[str, bytes]:
    """ChirpStack's published sample, with a payload of ours."""
    said = CHIRPSTACK_UP | {
        "fCnt": fcnt,
        "fPort": FPORTS["report"],
        "data": base64.b64encode(PAYLOAD).decode(),
    }
    said |= {"time": f"2026-11-22T10:{fcnt:02}:00+00:00", "deduplicationId": f"id-{fcnt}"}
    return CHIRPSTACK_TOPIC, json.dumps(said).encode()


def ready(said: str) -> bool:
    return bool(json.loads(said)["ready"])


async def joined(forwarder: Forwarder, node: Node) -> str:
    """The join-accept. On a busy machine an answer may come too late to be sent: a node asks again."""
    for _ in range(5):
        forwarder.send(push(rxpk(node.join_request())))
        with contextlib.suppress(TimeoutError):
            while True:
                told = await forwarder.receive(8)
                if told[3] == PULL_RESP:
                    return str(json.loads(told[4:])["txpk"]["data"])
    raise TimeoutError


async def reading(page: str, token: str, dev_eui: str, quantity: str = "level") -> dict[str, Any]:
    """The newest, once it is there."""
    header = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=page, headers=header) as client, asyncio.timeout(90):
        while True:
            answer = await client.get(f"/api/v1/devices/{dev_eui}/readings", params={"quantity": quantity})
            if answer.status_code == 200 and answer.json()["readings"]:
                found: dict[str, Any] = answer.json()["readings"][-1]
                return found
            await asyncio.sleep(0.1)


def token_in(said: str) -> str:
    found = re.search(r"messfunk_[\w-]+", said)
    assert found
    return found[0]


async def test_the_single_box(tmp_path: Path, follow: Callable[..., Followed]) -> None:
    free = {"127.0.0.1:8080": "127.0.0.1:0", "0.0.0.0:1700": "127.0.0.1:0"}
    followed = follow(free)
    said = {line: followed.type(line) for line in commands("single-box", "English")}
    token = token_in(said["messfunk token create --role admin --name me"])
    assert ready(said["curl --silent http://127.0.0.1:8080/readyz"])
    assert "good   database lock" in said["messfunk doctor || true"]
    assert list((tmp_path / "backup").glob("messfunk-*.db"))
    node = Node("70b3d57ed0000001", bytes(range(16)))
    forwarder = Forwarder(parse_address(followed.where[0]["udp"]))
    forwarder.send(head(2))
    await forwarder.receive(60)
    answer = await joined(forwarder, node)
    node.hear_accept(base64.b64decode(answer))
    forwarder.send(push(rxpk(node.uplink(PAYLOAD, fport=FPORTS["report"]), tmst=9_000_000)))
    found = await reading(followed.where[0]["page"], token, node.dev_eui)
    assert found["value"] == 4200 - DISTANCE_MM
    forwarder.close()
    assert "Traceback" not in followed.close()


@pytest.fixture
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path_factory.mktemp("broker")) as running:
        yield running


async def test_behind_chirpstack(follow: Callable[..., Followed], broker: Mosquitto) -> None:
    """ChirpStack is its published sample event, with a payload of ours."""
    swapped = {"mqtt://127.0.0.1:1883": broker.url, "[backup]": '[http]\nbind = "127.0.0.1:0"\n[backup]'}
    followed = follow(swapped)
    said = {line: followed.type(line) for line in commands("behind-lns", "English")}
    assert "mosquitto version" in said["messfunk doctor || true"]
    assert ready(said["curl --silent http://127.0.0.1:8080/readyz"])
    with other(broker) as lns:
        lns.say(*event())
        token = token_in(said["messfunk token create --role admin --name me"])
        found = await reading(followed.where[0]["page"], token, "0101010101010101")
    assert found["value"] == 4200 - DISTANCE_MM
    assert "Traceback" not in followed.close()


@pytest.fixture
def postgresql() -> Iterator[postgres.Server]:
    with postgres.server() as server:
        yield server


async def test_two_bridges(
    tmp_path: Path, follow: Callable[..., Followed], broker: Mosquitto, postgresql: postgres.Server
) -> None:
    """Each message is stored once; what a bridge that was killed missed waits for it at the broker."""
    swapped = {
        "mqtt://127.0.0.1:1883": broker.url,
        "postgresql://messfunk@127.0.0.1:5432/messfunk": postgresql.url("messfunk"),
    }
    server = {"PGHOST": str(postgresql.folder), "PGUSER": "messfunk"}
    followed = follow(swapped | {"127.0.0.1:8081": "127.0.0.1:0"}, **server)
    said = {}
    for line in commands("bridges", "English"):
        said[line] = followed.type(line)
    for number in (1, 2):
        assert ready(said[f"curl --silent http://127.0.0.1:808{number}/readyz"])
        assert load(tmp_path / f"bridge-{number}.toml").source[0].client_id == f"bridge-{number}"  # type: ignore[union-attr]
    token = token_in(said["messfunk token create --role admin --name me --config bridge-1.toml"])
    with other(broker) as lns:
        for fcnt in range(1, 21):
            lns.say(*event(fcnt))
        assert await stored(followed.where[0]["page"], token, 20) == list(range(1, 21))
        followed.kill_first()
        for fcnt in range(21, 31):
            lns.say(*event(fcnt))
        followed.type("messfunk gateway --config bridge-1.toml")
        assert await stored(followed.where[1]["page"], token, 30) == list(range(1, 31))
    assert "Traceback" not in followed.close()


async def stored(page: str, token: str, count: int) -> list[int]:
    """Counters of all uplinks, once there are so many."""
    header = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=page, headers=header) as client, asyncio.timeout(120):
        while True:
            uplinks = (await client.get("/api/v1/uplinks", params={"limit": 100})).json()["uplinks"]
            if len(uplinks) >= count:
                return sorted(each["fcnt"] for each in uplinks)
            await asyncio.sleep(0.1)


def test_the_dockerfile_names_what_there_is_and_says_that_it_was_not_run() -> None:
    text = (ROOT / "gateway" / "service" / "Dockerfile").read_text("utf-8")
    assert text.startswith("# Not run yet")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    steps = re.sub(r"\\\n", " ", text).splitlines()
    verbs = [line.split()[0] for line in steps if line and not line.startswith("#")]
    assert verbs[0] == "FROM" and set(verbs) <= {
        *("FROM", "COPY", "RUN", "USER", "WORKDIR", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT")
    }
    copied = next(line.split()[1:-1] for line in steps if line.startswith("COPY"))
    assert copied == [f"dist/messfunk-{version}-py3-none-any.whl", "requirements.txt"]
    assert (ROOT / "requirements.txt").exists()
    (entry,) = [json.loads(line.partition(" ")[2]) for line in steps if line.startswith("ENTRYPOINT")]
    assert entry[:2] == ["messfunk", "gateway"]
    assert (
        entry[2]
        in subprocess.run(
            [sys.executable, str(ROOT / "messfunk.py"), "gateway", "--help"], capture_output=True, text=True
        ).stdout
    )
    assert "Not run" in (ROOT / "gateway/store/schema/postgres/timescale.sql").read_text()
