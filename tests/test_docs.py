"""What the documents say is so: commands run, commands and options exist, links lead somewhere."""

import json
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

import messfunk

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("[a-z]*/README.md"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands(text: str) -> list[str]:
    """Indented lines that call messfunk, without their comments and pipes into it."""
    lines = [re.sub(r"\s+#.*", "", line.strip()) for line in text.splitlines() if line.startswith("    ")]
    return [line for line in lines if re.match(r"(echo .*> |(\.venv/bin/)?messfunk )", line)]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the README's examples name."""
    monkeypatch.chdir(tmp_path)
    ring = [[9.6, 50.5], [9.7, 50.5], [9.7, 50.6], [9.6, 50.5]]
    commune = {"properties": {"AGS": "06631009"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    (tmp_path / "vg250_gem.geojson").write_text(json.dumps({"features": [commune]}), encoding="utf-8")
    (tmp_path / "stage.csv").write_text("time_utc,stage_m\n2026-08-29T00:00:00Z,0.4\n", encoding="utf-8")
    rxpk = {"tmst": 1, "freq": 868.1, "modu": "LORA", "datr": "SF9BW125", "lsnr": 5, "rssi": -90}
    rxpk["data"] = "QPF9vkkAAgABlUN4disR/w0="  # npm lora-packet's "test"
    (tmp_path / "gateway_log.jsonl").write_text(json.dumps({"rxpk": [rxpk]}) + "\n", encoding="utf-8")
    csv = f"dev_eui,name,join_eui,app_key\n70b3d57ed0000002,Wehr,0000000000000000,{'0f' * 16}\n"
    (tmp_path / "devices.csv").write_text(csv, encoding="utf-8")
    keys = {"dev_addr": "49be7df1", "nwk_s_key": "44024241ed4ce9a68c6a8bc055233fd3"}
    keys |= {"app_s_key": "ec925802ae430ca77fd3dd73cb2cc588", "dev_eui": "0200006d66000901"}
    (tmp_path / "devices.json").write_text(json.dumps({"devices": [keys]}), encoding="utf-8")
    return tmp_path


def test_the_first_twenty_lines_carry_someone_there() -> None:
    head = "\n".join(README.splitlines()[:20])
    assert "make demo" in head and "make test" in head and "page: http://127.0.0.1:8080/" in head


def test_the_readmes_commands_run_one_after_another(desk: Path) -> None:
    ran = 0
    for line in commands(README):
        if line.startswith("echo"):
            subprocess.run(line, shell=True, check=True)
            continue
        words = shlex.split(line)[1:]
        if words[0] == "gateway":
            _serve_once(desk, words)
        else:
            result = CliRunner().invoke(messfunk.main, words)
            assert result.exit_code == 0, (line, result.output)
        ran += 1
    assert ran >= 9


def _serve_once(desk: Path, words: list[str]) -> None:
    """Start the gateway, on free ports so that tests can run beside each other, and end it by Ctrl-C."""
    config = desk / "gateway.toml"
    config.write_text(
        re.sub(r'(bind = "127\.0\.0\.1:)\d+"', r'\g<1>0"', config.read_text()), encoding="utf-8"
    )
    command = [sys.executable, str(ROOT / "messfunk.py"), *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    assert "http://127.0.0.1:" in process.stdout.readline()
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_and_option_named_exists(document: Path) -> None:
    group: Any = typer.main.get_command(messfunk.main)
    assert group.list_commands(None)  # from here on it holds those of all rooms
    text = document.read_text(encoding="utf-8")
    lines = commands(text) + re.findall(r"`(messfunk [^`]+)`", text)
    for line in lines:
        if line.startswith("echo"):
            continue
        _check(group, shlex.split(line)[1:], line)


def _check(group: Any, words: list[str], line: str) -> None:
    command = group
    while words and hasattr(command, "commands") and not words[0].startswith("-"):
        assert words[0] in command.commands, f"no such command: {line}"
        command = command.commands[words.pop(0)]
    known = {
        option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
    }
    for word in words:
        if word.startswith("--"):
            assert word.split("=")[0] in known | {"--help"}, f"no such option: {word} in {line}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert "://" in target or (document.parent / target).exists(), target
