"""The simulator's README does what it says: its scenario, its commands and its test run."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

import messfunk
from simulator import plugin, scenario

README = (Path(plugin.__file__).parent / "README.md").read_text(encoding="utf-8")


def test_the_commands_run_on_the_scenario_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text, more = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    Path("lns.toml").write_text('include = ["mine.toml"]\n' + more, encoding="utf-8")
    Path("mine.toml").write_text(text, encoding="utf-8")
    lines = [
        re.sub(r"\s+#.*", "", line).strip()
        for line in README.splitlines()
        if line.startswith("    messfunk ")
    ]
    assert len(lines) == 5
    for line in lines:
        result = CliRunner().invoke(messfunk.main, shlex.split(line)[1:])
        assert result.exit_code == 0, (line, result.output)
    assert "alarm: mark 1000 mm at Mühle told after" in result.output
    assert "gateway off" in result.output
    assert scenario.load("lns.toml").lns
    assert Path("mine.html").stat().st_size > 5000


def test_the_python_example_passes(messfunk_sim: plugin.Simulate) -> None:
    [code] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, object] = {}
    exec(code, names)
    names["test_a_flood_is_told"](messfunk_sim)  # type: ignore[operator]


def test_every_shipped_scenario_is_named_and_every_named_one_ships() -> None:
    shipped = {path.stem for path in Path(scenario.__file__).parent.glob("scenarios/*.toml")}
    section = README.split("Shipped scenarios:")[1].split("`messfunk demo`")[0]
    assert set(re.findall(r"`([a-z0-9-]+)`", section)) == shipped


def test_every_fault_is_named() -> None:
    from typing import get_args

    from simulator.rows import FaultRow

    known = get_args(FaultRow.model_fields["what"].annotation)
    assert len(known) == 13
    for what in known:
        assert f"`{what}`" in README
