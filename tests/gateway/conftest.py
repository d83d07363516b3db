"""A desk per test."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import devices
from tests.gateway.desk import START_MS, Desk, Node, abp, otaa


@pytest.fixture(autouse=True, scope="session")
def _quiet() -> None:
    """What is refused on purpose would fill the report of a failure."""
    logging.getLogger("gateway").setLevel(logging.ERROR)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "ledger.db")
    yield made
    made.store.close()


@pytest.fixture
def node(desk: Desk) -> Node:
    """A registered ABP node."""
    made = abp(1)
    assert made.keys
    devices.add(desk.store, devices.Provisioning(made.dev_eui, "Aue", made.keys), START_MS)
    return made


@pytest.fixture
def joiner(desk: Desk) -> Node:
    """A registered OTAA node."""
    made = otaa(1)
    devices.add(desk.store, devices.Provisioning(made.dev_eui, "Wehr", made.otaa), START_MS)
    return made
