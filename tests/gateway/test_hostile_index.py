"""The table of hostile input in SECURITY.md names tests that there are."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
ROW = re.compile(r"`(tests/[a-z_/]+\.py)::(test_\w+)`")


def test_every_test_that_the_table_names_exists() -> None:
    named = ROW.findall((ROOT / "SECURITY.md").read_text("utf-8"))
    assert len(named) > 25
    for file, name in named:
        assert re.search(rf"def {name}\(", (ROOT / file).read_text("utf-8")), f"{file}::{name}"
