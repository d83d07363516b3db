"""Both databases: a test that asks for `where`, `store` or `desk` runs with each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.store.database import Where
from gateway.store.ledger import Store
from tests.gateway import postgres
from tests.gateway.desk import Desk


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres.Server]:
    with postgres.server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Where:
    if request.param == "sqlite":
        return tmp_path / "ledger.db"
    server: postgres.Server = request.getfixturevalue("postgresql")
    return server.database()


@pytest.fixture
def store(where: Where) -> Iterator[Store]:
    made = Store(where)
    yield made
    made.close()


@pytest.fixture
def desk(where: Where) -> Iterator[Desk]:
    made = Desk(where)
    yield made
    made.store.close()
