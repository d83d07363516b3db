"""The files of the page: texts complete in both languages, nobody else asked, nothing too long."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from codec.quantities import UNITS
from codec.registry import FAULTS
from gateway.web.api import STATIC

OURS = sorted(path for path in STATIC.rglob("*") if path.is_file() and "vendor" not in path.parts)
SCRIPTS = [path for path in OURS if path.suffix == ".js"]
CATALOGUES = {
    language: json.loads((STATIC / f"i18n/{language}.json").read_text()) for language in ("de", "en")
}

# Keys that are put together at run time: what stands before the ${ and all that may follow.
FAMILIES = {
    "quantity.": set(UNITS) - {"age_s", "number"},  # never stored as readings
    "fault.": set(FAULTS.split()),
    "flag.": {"1", "2", "3", "4", "9"},
    "trend.": {"rising", "falling", "steady"},
    "standing.": {"silent", "unreadable", "unheard"},
    "range.": {"6", "24", "72"},
    "activation.": {"otaa", "abp"},
}


def used() -> set[str]:
    source = "\n".join(path.read_text() for path in SCRIPTS)
    keys = set(
        re.findall(r'"((?:frame|overview|value|trend|standing|site|chart|table|uplinks|node)\.\w+)"', source)
    )
    families = set(re.findall(r"`(\w+\.)\$\{", source))
    assert families == set(FAMILIES)
    return keys | {prefix + each for prefix in families for each in FAMILIES[prefix]}


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_text_is_there_and_none_is_left_over(language: str) -> None:
    assert set(CATALOGUES[language]) == used()
    assert all(text.strip() for text in CATALOGUES[language].values())


def test_both_languages_fill_in_the_same_values() -> None:
    for key, text in CATALOGUES["de"].items():
        assert sorted(re.findall(r"\{(\w+)\}", text)) == sorted(
            re.findall(r"\{(\w+)\}", CATALOGUES["en"][key])
        ), key


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_a_file_names_no_other_server_and_stays_short(path: Path) -> None:
    text = path.read_text()
    assert set(re.findall(r"https?://[^\s\"'`)]+", text)) <= {"http://www.w3.org/2000/svg"}
    assert len(text.splitlines()) <= 200
    assert "innerHTML" not in text


def test_the_reckoning_of_the_page() -> None:
    found = subprocess.run(
        ["node", "--test", Path(__file__).with_name("page.test.mjs")], capture_output=True, text=True
    )
    assert found.returncode == 0, found.stdout
