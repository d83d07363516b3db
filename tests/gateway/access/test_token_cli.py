"""`messfunk token`: printed once, listed without it, revoked at once."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import app


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["token", *arguments, "--db", "x.db"])
    assert done.exit_code == code, done.output
    return done.output


def test_a_token_is_printed_once_listed_and_revoked() -> None:
    token = run("create", "--role", "admin", "--name", "Amt").strip()
    assert token.startswith("messfunk_") and len(token) > 50
    listed = run("list")
    assert "admin" in listed and "Amt" in listed and token not in listed
    (known,) = json.loads(run("list", "--json"))["tokens"]
    assert "revoked" in run("revoke", known["id"])
    assert "revoked" in run("list")
    assert "no token" in run("revoke", known["id"], code=1)


def test_a_role_that_is_none_is_told() -> None:
    assert "expected one of viewer, operator, admin" in run("create", "--role", "root", code=1)


def test_a_token_of_limited_life() -> None:
    assert json.loads(run("create", "--role", "viewer", "--days", "30", "--json"))["expires_at"].endswith("Z")
