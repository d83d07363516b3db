"""A district per test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.alarms.district import District


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path / "ledger.db", nodes=3)
    yield made
    made.store.close()
