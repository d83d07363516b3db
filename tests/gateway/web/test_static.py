"""The files of the page: nobody else asked, nothing too long."""

import re
from pathlib import Path

import pytest

from gateway.web.api import STATIC
from gateway.web.page import TEMPLATES
from gateway.web.sheet import SHEETS

OURS = sorted(
    path
    for path in [*STATIC.rglob("*"), *TEMPLATES.iterdir(), *SHEETS.iterdir()]
    if path.is_file() and "vendor" not in path.parts
)


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_a_file_names_no_other_server_and_stays_short(path: Path) -> None:
    text = path.read_text()
    assert set(re.findall(r"https?://[^\s\"'`)]+", text)) <= {"http://www.w3.org/2000/svg"}
    assert len(text.splitlines()) <= 300
    assert "innerHTML" not in text
