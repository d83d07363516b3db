"""schemathesis asks every operation of the description, as an admin and as nobody: what it promises holds."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.access.roles import Principal, Role
from gateway.addresses import Address
from gateway.app import App
from gateway.clock import WallClock
from gateway.config import Config, HttpConfig, SourceConfig, StoreConfig

EXAMPLES = 100 if settings().max_examples > 1000 else 2  # of each operation; `make fuzz-gateway` takes more
STREAMS = ("/api/v1/events", "/api/v1/news")  # never end
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
FREE = Address("127.0.0.1", 0)


class Served(threading.Thread):
    """A gateway in a thread of its own, for those who ask and wait."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self._config = Config(
            store=StoreConfig(path=folder / "ledger.db"),
            http=HttpConfig(bind=FREE),
            source=(SourceConfig(bind=FREE),),
        )
        self._is_up = threading.Event()

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._is_over = asyncio.get_running_loop(), asyncio.Event()
        async with App(self._config, WallClock()) as app:
            founder = Principal("founder", Role.ADMIN)
            self.token = app.writer.run(founder, "token.create", {"role": "admin"})["token"]
            self.url = app.http_url
            self._is_up.set()
            await self._is_over.wait()

    def __enter__(self) -> "Served":
        self.start()
        assert self._is_up.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._is_over.set)
        self.join(20)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("served")) as running:
        yield running


def operations(url: str) -> Iterator[Any]:
    schema = schemathesis.openapi.from_url(f"{url}openapi.json", config=SchemathesisConfig())
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        if found.ok().path not in STREAMS:
            yield found.ok()


@pytest.mark.parametrize("is_admin", [True, False], ids=["admin", "nobody"])
def test_every_operation_answers_as_it_is_described(served: Served, is_admin: bool) -> None:
    headers = {"Authorization": f"Bearer {served.token}"} if is_admin else {}
    asked = 0
    failures: list[str] = []
    for operation in operations(served.url):

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE) | operation.as_strategy())
        def ask(case: Any) -> None:
            nonlocal asked, failures
            asked += 1
            try:
                case.call_and_validate(headers=headers, checks=CHECKS, timeout=120)
            except schemathesis.errors.SchemathesisError as error:
                raise error
            except BaseExceptionGroup as found:
                failures += [f"{case.method} {case.path}: {each}" for each in found.exceptions]

        ask()
    assert failures == [], "\n".join(failures)
    assert asked > 40
