"""A pin is used once: every board with every part, told when a node is built and again when it starts."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.workbench import WorkbenchError, building, catalogue
from firmware import sensors, wiring
from firmware.sensors import rules
from simulator import parts

BOARDS = list(catalogue.boards().values())
HELTEC, RP2040, T_BEAM = (catalogue.find(name) for name in ("heltec_v3", "rak11310", "t_beam"))
PIN = st.integers(0, 48)
BUCKET = 'part = "tipping_bucket"\ntip_um = 200\nport = '


def row_on(board: catalogue.Board, part: str, pins: list[int]) -> dict[str, Any]:
    """A row that names a part, on the board's own port where its bus has one, else on `pins`."""
    bus = sensors.module_of(part).BUS
    row: dict[str, Any] = {**parts.ROWS[part], "port": pins[0]}
    if bus in ("uart", "i2c"):
        row["port"] = {"uart": board.uarts, "i2c": board.i2cs}[bus][0]
    elif bus in wiring.PINS:
        row["pins"] = pins[: len(wiring.PINS[bus])]
    return row


@st.composite
def configs(draw: st.DrawFn) -> tuple[catalogue.Board, list[dict[str, Any]]]:
    board = draw(st.sampled_from(BOARDS))
    names = draw(st.lists(st.sampled_from(rules.PARTS), min_size=1, max_size=4))
    rows = [row_on(board, name, draw(st.lists(PIN, min_size=3, max_size=3, unique=True))) for name in names]
    for row in rows:
        if draw(st.booleans()):
            row["power"] = draw(PIN)
    return board, rows


def uses(row: dict[str, Any], board: catalogue.Board) -> set[tuple[int, str]]:
    """(pin, kind of use) of one row, counted without firmware.wiring; I2C and a supply may be shared."""
    bus, port = sensors.module_of(row["part"]).BUS, row["port"]
    found = {(row["power"], "supply")} if "power" in row else set()
    if isinstance(row.get("climate"), dict):
        found |= uses(row["climate"], board)
    if bus in ("uart", "i2c"):
        pair = {"uart": board.pins.UARTS, "i2c": board.pins.I2CS}[bus][port]
        return found | {(pin, "i2c" if bus == "i2c" else row["part"]) for pin in pair}
    if bus == "counter" and board.deep_sleep:
        found.add((-1, f"{row['part']} on {port}"))
    return found | {(pin, row["part"]) for pin in row.get("pins", [port])}


@given(configs())
def test_what_is_kept_shares_no_pin_and_what_is_refused_names_pin_and_both_owners(
    drawn: tuple[catalogue.Board, list[dict[str, Any]]],
) -> None:
    board, rows = drawn
    rows = rules.judge(rows)[0]
    good, complaints = wiring.judge(rows, board.pins)
    assert len(good) + len(complaints) == len(rows)
    owners: dict[int, str] = {
        pin: "the board" for pin, who in wiring.own(board.pins).items() if "i2c" not in who
    }
    for row in good:
        for pin, kind in uses(row, board):
            assert owners.setdefault(pin, kind) == kind, (board.name, row, owners)
    for complaint in complaints:
        assert "pin " in complaint and (" is taken by " in complaint or " cannot wake " in complaint)


@given(configs())
def test_what_the_board_itself_uses_is_never_given_away(
    drawn: tuple[catalogue.Board, list[dict[str, Any]]],
) -> None:
    board, rows = drawn
    own = {pin for pin, who in wiring.own(board.pins).items() if "i2c" not in who}
    for row in wiring.judge(rules.judge(rows)[0], board.pins)[0]:
        assert not own & {pin for pin, _ in uses(row, board)}


@pytest.mark.parametrize(
    ("board", "rows", "told"),
    [
        (HELTEC, 'part = "battery"\nport = 14\nupper_kohm = 1\nlower_kohm = 1', "taken by the radio's dio1"),
        (HELTEC, 'part = "sen0232"\nport = 1', "sen0232: pin 1 (sen0232) is taken by the battery's divider"),
        (HELTEC, 'part = "sen0232"\nport = 48', "pin 48 (sen0232) is taken by uart 1 of a02yyuw"),
        (HELTEC, 'part = "sht3x"\nport = 0\npower = 36', "supply) is taken by the sensors' supply"),
        (HELTEC, 'part = "inmp441"\nport = 0\npins = [4, 5, 0]', "of inmp441) is taken by the BOOT button"),
        (HELTEC, 'part = "inmp441"\nport = 0', "inmp441: pins = [sck, ws, sd] must name 3 pins, not None"),
        (HELTEC, 'part = "inmp441"\nport = 0\npins = [4, 4, 5]', "must name 3 pins, not [4, 4, 5]"),
        (HELTEC, 'part = "sen0232"\nport = 30', "pin 30 of heltec_v3 cannot be wired as sen0232"),
        (HELTEC, f"{BUCKET}45", "pin 45 cannot wake heltec_v3 from deep sleep, only (0, 1, 2,"),
        (T_BEAM, f"{BUCKET}34", "pin 34 cannot wake t_beam from deep sleep, only (0, 2, 4,"),
        (HELTEC, f"{BUCKET}4\n[[sensors]]\n{BUCKET}5", "ext0 (tipping_bucket on 5) is taken by tipping"),
        (T_BEAM, 'part = "sht3x"\nport = 0\npower = 34', "34 of t_beam cannot be wired as a switched"),
    ],
)  # fmt: skip
def test_the_build_names_the_pin_and_who_has_it(
    tmp_path: Path, board: catalogue.Board, rows: str, told: str
) -> None:
    config = tmp_path / "node.toml"
    config.write_text(f'[[sensors]]\npart = "a02yyuw"\nport = {board.uarts[0]}\n[[sensors]]\n{rows}\n')
    with pytest.raises(WorkbenchError) as error:
        building.read_config(config, board)
    assert told in str(error.value)


@pytest.mark.parametrize(("board", "pin"), [(RP2040, 6), (HELTEC, 4), (T_BEAM, 13)])
def test_a_contact_is_counted_awake_or_wakes_the_board(
    tmp_path: Path, board: catalogue.Board, pin: int
) -> None:
    config = tmp_path / "node.toml"
    config.write_text(f"[[sensors]]\n{BUCKET}{pin}\n")
    assert building.read_config(config, board)["sensors"]
    assert "firmware/contact.py" in building.sources(board, building.read_config(config, board))
