"""The command line changes things through the running gateway, or alone; never beside another."""

import asyncio
import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway import local
from gateway.app import App
from gateway.clock import WallClock
from gateway.config import Config, SourceConfig, StoreConfig, parse_address
from gateway.model import GatewayError
from tests.gateway.test_cli import ABP, DEV_EUI

ROOT = Path(__file__).parent.parent.parent
LONG = (
    "a-folder-whose-name-alone-is-longer-than-what-fits-into-the-address-of-a-socket-of-this-kind-of-system"
)


def settings(path: Path) -> Config:
    return Config(
        store=StoreConfig(path=path), http=None, source=(SourceConfig(bind=parse_address("127.0.0.1:0")),)
    )


@pytest.fixture(params=["x.db", f"{LONG}/x.db"])
async def app(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[App]:
    path = tmp_path / request.param
    path.parent.mkdir(exist_ok=True)
    async with App(settings(path), WallClock()) as running:
        yield running


def place(app: App) -> Path:
    assert isinstance(app.store.where, Path)
    return app.store.where


async def typed(app: App, *words: str, given: str = "") -> str:
    """What a command prints, in a process of its own."""
    command = (sys.executable, str(ROOT / "messfunk.py"), *words, "--db", str(place(app)))
    process = await asyncio.create_subprocess_exec(
        *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    told, _ = await process.communicate(given.encode())
    return told.decode()


async def asked(app: App, *lines: bytes) -> list[dict[str, Any]]:
    with local._short(local._beside(place(app), ".sock")) as name:
        reader, writer = await asyncio.open_unix_connection(name)
    answers = []
    for line in lines:
        writer.write(line + b"\n")
        answers.append(json.loads(await reader.readline()))
    writer.close()
    return answers


async def test_a_command_is_run_by_the_gateway_that_runs(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it refuses is told in the language of whoever typed, written down in English."""
    told = await typed(app, "device", "add", DEV_EUI, "--name", "Aue", "--keys-file", "-", given=ABP)
    assert "registered (abp)" in told
    device = app.store.device(DEV_EUI)
    assert device and device.name == "Aue"
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert "ist schon eingetragen" in await typed(app, "device", "add", DEV_EUI, "--lns")
    rows = app.store.connection.execute("SELECT actor, error FROM audit ORDER BY id").fetchall()
    assert [(row["actor"], bool(row["error"])) for row in rows] == [
        (local.user_name(os.getuid()), False),
        (local.user_name(os.getuid()), True),
    ]


async def test_what_is_no_request_is_answered_and_harms_nothing(app: App) -> None:
    hostile = (
        b"",
        b"{",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"command": "x"}',
        b'{"command": 1, "arguments": {}}',
    )
    answers = await asked(app, *hostile, b'{"command": "token.create", "arguments": {"role": "viewer"}}')
    assert all("error" in answer for answer in answers[:-1])
    assert answers[-1]["answer"]["role"] == "viewer"


async def test_only_its_user_may_ask(app: App) -> None:
    for suffix in (".sock", ".lock"):
        assert stat.S_IMODE(local._beside(place(app), suffix).stat().st_mode) == 0o600


async def test_a_second_gateway_is_refused(app: App) -> None:
    with pytest.raises(GatewayError, match="another messfunk works with it"):
        await App(settings(place(app)), WallClock()).start()
    assert (await asked(app, b"{}"))[0]["error"], "and the first one goes on"


async def test_nothing_is_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    async with App(settings(path), WallClock()) as app:
        with local._short(local._beside(place(app), ".sock")) as name:
            _, writer = await asyncio.open_unix_connection(name)
        await asyncio.sleep(0.01)  # who says nothing keeps nobody from ending
    writer.close()
    assert sorted(os.listdir(tmp_path)) == ["x.db", "x.db.key"]


def test_what_a_killed_gateway_left_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "x.db.lock").write_text("1")
    with socket.socket(socket.AF_UNIX) as dead, local._short(tmp_path / "x.db.sock") as name:
        dead.bind(name)
    with local.reaching(tmp_path / "x.db") as reached:
        assert isinstance(reached, local.Lock)
    asyncio.run(_starts(tmp_path / "x.db"))


async def _starts(path: Path) -> None:
    async with App(settings(path), WallClock()):
        pass


def test_who_holds_it_and_does_not_answer_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "_PATIENCE_S", 0.1)
    with (
        local.holding(tmp_path / "x.db"),
        pytest.raises(GatewayError, match="does not answer"),
        local.reaching(tmp_path / "x.db"),
    ):
        pass
