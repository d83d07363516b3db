"""Scenarios: TOML files of gateways, nodes, a world and faults, with includes and precise errors."""

import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway import complaints
from simulator import fleet
from simulator.rows import BROKER, CreekRow, FaultRow, GatewayRow, NodeRow, Scenario, duration_s

__all__ = [
    "BROKER", "CreekRow", "FaultRow", "GatewayRow", "NodeRow", "Scenario", "ScenarioError", "duration_s",
    "load",
]  # fmt: skip

_SHIPPED = Path(__file__).parent / "scenarios"
_DEEPEST = 5


class ScenarioError(Exception):
    """A scenario that cannot be played; the text names file, key and what is expected."""


def load(name_or_path: str) -> Scenario:
    """A shipped scenario by name, or a TOML file."""
    path = Path(name_or_path)
    if not path.suffix:
        path = _SHIPPED / f"{name_or_path}.toml"
        if not path.exists():
            known = ", ".join(sorted(file.stem for file in _SHIPPED.glob("*.toml")))
            raise ScenarioError(f"no scenario {name_or_path!r}: shipped are {known}; a file ends in .toml")
    table = _table(path, 0)
    try:
        scenario = Scenario.model_validate(table, context={"folder": path.parent})
    except ValidationError as error:
        raise ScenarioError("\n".join(complaints.lines(path, error, _expected))) from None
    scenario = fleet.expand(scenario)
    if not scenario.node:
        raise ScenarioError(f"{path}: node: Field required, at least one [[node]] or [[fleet]]")
    _refuse_twins(path, scenario)
    _refuse_strangers(path, scenario)
    return scenario


def _table(path: Path, depth: int) -> dict[str, Any]:
    """The file over what it includes: tables merge, lists of rows add up, anything else is replaced."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: {error}") from None
    names = table.pop("include", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ScenarioError(f"{path}: include: expected a list of file names, found {names!r}")
    if names and depth == _DEEPEST:
        raise ScenarioError(f"{path}: include: deeper than {_DEEPEST} files, or in a circle")
    merged: dict[str, Any] = {}
    for name in names:
        merged = _merge(merged, _table(path.parent / name, depth + 1))
    return _merge(merged, table)


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            merged[key] = _merge(old, value)
        elif (
            isinstance(old, list) and isinstance(value, list) and all(isinstance(row, dict) for row in value)
        ):
            merged[key] = old + value
        else:
            merged[key] = value
    return merged


def _expected(error: ErrorDetails) -> str:
    """The models say what they expect; found is what stands in the file."""
    if error["type"] == "extra_forbidden":
        return f"unknown key, expected one of {', '.join(_keys_beside(error['loc']))}"
    return f"{error['msg']}, found {error['input']!r}"


def _keys_beside(loc: complaints.Loc) -> list[str]:
    """The keys that the table of this key may have."""
    model: type[BaseModel] = Scenario
    for part in loc[:-1]:
        if isinstance(part, str) and part in model.model_fields:
            model = next(_models(model.model_fields[part].annotation), model)
    return list(model.model_fields)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The model in a type such as list[NodeRow] or StormRow | None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _refuse_twins(path: Path, scenario: Scenario) -> None:
    for what, values in (
        ("node.dev_eui", [row.dev_eui for row in scenario.node]),
        ("gateway.eui", [row.eui for row in scenario.gateway]),
        ("name", [row.name for row in scenario.node] + [row.name for row in scenario.gateway]),
    ):
        twins = [value for value, count in Counter(values).items() if count > 1]
        if twins:
            raise ScenarioError(f"{path}: {what}: {min(twins)} appears twice, each needs its own")


def _refuse_strangers(path: Path, scenario: Scenario) -> None:
    """A fault must hit something that exists."""
    nodes = {row.name for row in scenario.node}
    gateways = {row.name for row in scenario.gateway}
    brokers = {BROKER} if scenario.lns else set()
    for number, fault in enumerate(scenario.fault, 1):
        kind, known = "gateway" if fault.hits_gateway else "node", gateways if fault.hits_gateway else nodes
        if fault.what == "broker_off":
            kind, known = "broker of an [lns]", brokers
        if fault.target not in known | {"*"} or not known:
            raise ScenarioError(
                f"{path}: fault.{number}.target: no {kind} is called {fault.target!r}; "
                f"known are {', '.join(sorted(known)[:8])}, or * for all"
            )
