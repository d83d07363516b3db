"""The repository as a whole: installs anywhere, names no machine, keeps its files short."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

import messfunk
from codec.desk.generate import FILES as GENERATED

ROOT = Path(__file__).parent.parent
TRACKED = subprocess.run(
    ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.split("\0")[:-1]
PIP_LOCKS = ("requirements.txt", "requirements-build.txt", "requirements-dev.txt")
ROOMS = ("codec/", "firmware/", "boards/", "gateway/", "simulator/")
PRODUCT = [
    path
    for path in TRACKED
    if path.startswith(ROOMS) or path in ("messfunk.py", "hatch_build.py", "Makefile", ".ci/run")
]

# One character of each stands in brackets, so that this file does not name it.
HOSTS = (r"pypi[.]org", r"python[h]osted", r"npm[j]s[.]", r"index[-]url", r"find[-]links")
MACHINE_PATHS = (r"/wor[k]/", r"/roo[t]/", r"/hom[e]/\w", r"/opt/whee[l]s", r"[.]pyen[v]", r"/User[s]/\w")
FORBIDDEN = re.compile("|".join((*HOSTS, *MACHINE_PATHS)))
# The options that keep the addresses out of the locks carry their names.
ALLOWED = re.compile(r"--no-emit-(index[-]url|find[-]links)")


def text_of(path: str) -> str:
    """What a text file holds; nothing for a binary or a file deleted but not yet committed."""
    file = ROOT / path
    data = file.read_bytes() if file.is_file() else b""
    return "" if b"\0" in data else data.decode("utf-8")


def test_no_file_names_a_registry_or_a_machine() -> None:
    found = [
        f"{path}: {line.strip()[:100]}"
        for path in TRACKED
        for line in text_of(path).splitlines()
        if FORBIDDEN.search(ALLOWED.sub("", line))
    ]
    assert found == []


@pytest.mark.parametrize("lock", PIP_LOCKS)
def test_every_pinned_package_carries_hashes(lock: str) -> None:
    logical_lines = re.sub(r"\\\n", " ", text_of(lock)).splitlines()
    requirements = [line for line in logical_lines if line and not line.lstrip().startswith("#")]
    assert requirements
    assert [
        line for line in requirements if not re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)
    ] == []


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", text_of(lock), re.MULTILINE))


def test_the_locks_agree_and_cover_pyproject() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    runtime, build, dev = map(pins, PIP_LOCKS)
    assert dev.items() >= runtime.items() | build.items()
    assert runtime.keys() >= set(project["dependencies"])
    assert dev.keys() >= set(project["optional-dependencies"]["dev"])


def test_npm_packages_are_pinned_and_carry_hashes() -> None:
    wanted = json.loads(text_of("package.json"))
    locked = json.loads(text_of("package-lock.json"))["packages"]
    assert locked.pop("")["dependencies"] == wanted["dependencies"]
    assert [name for name, entry in locked.items() if "integrity" not in entry or "resolved" in entry] == []
    versions = {name.removeprefix("node_modules/"): entry["version"] for name, entry in locked.items()}
    assert versions.items() >= {**wanted["dependencies"], **wanted["devDependencies"]}.items()


def test_vendored_assets_are_the_pinned_packages() -> None:
    assets = tomllib.loads(text_of("gateway/web/vendor.toml"))["asset"]
    pinned = json.loads(text_of("package.json"))["dependencies"]
    assert {asset["package"]: asset["version"] for asset in assets}.items() <= pinned.items()


def test_no_product_file_is_over_400_lines() -> None:
    written = set(PRODUCT) - set(GENERATED)
    assert {path: n for path in written if (n := text_of(path).count("\n")) > 400} == {}


def commands(group: TyperGroup, prefix: str) -> list[str]:
    """Every command line that does something, as a person types it."""
    lines: list[str] = []
    for name, command in group.commands.items():
        line = f"{prefix} {name}"
        lines += commands(command, line) if isinstance(command, TyperGroup) else [line]
    return lines


def test_every_command_is_in_the_readme() -> None:
    whole = typer.main.get_group(messfunk.main)
    assert [line for line in commands(whole, "messfunk") if line not in text_of("README.md")] == []
