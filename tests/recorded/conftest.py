"""Where the recordings are: MESSFUNK_DATA, else beside the repository."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def recordings() -> Path:
    return ROOT / os.environ.get("MESSFUNK_DATA", "../shared/data")
