"""No sample leaves RAM: not by what a reading returns, by files or sockets, nor by what stays in memory."""

import ast
import sys
from array import array
from pathlib import Path
from typing import Any

import pytest

from firmware.sensors.a_weighting import Weighting
from firmware.sensors.i2s_microphone import ICS43434
from tests.shared.sensor_bench import Clock, run
from tests.shared.sounds import sine

SENSORS = Path(__file__).parents[3] / "firmware/sensors"
CHAIN = ("i2s_microphone.py", "a_weighting.py", "a_weighting_viper.py", "sound_levels.py")
OUTWARD = {"open", "print", "exec", "eval", "write", "send", "put", "socket", "os", "io", "json", "pickle"}


class Watch:
    """Hears of every file, socket and process, by CPython's audit events, while it is watching."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._watching = False
        sys.addaudithook(self._hear)  # cannot be taken out again

    def _hear(self, event: str, _: tuple[Any, ...]) -> None:
        if self._watching and event.partition(".")[0] in (
            "open",
            "socket",
            "os",
            "subprocess",
            "mmap",
            "ctypes",
        ):
            self.seen.append(event)

    def __enter__(self) -> None:
        self.seen.clear()
        self._watching = True

    def __exit__(self, *_: object) -> None:
        self._watching = False


@pytest.fixture(scope="module")
def watch() -> Watch:
    return Watch()


class Speech:
    """A microphone that remembers the buffers it was handed."""

    def __init__(self, samples: "array[int]"):
        self._samples = samples
        self.buffers: list[array[int]] = []
        self.fails_at = -1  # so many chunks from now the wire breaks

    def readinto(self, buffer: "array[int]") -> int:
        if not any(buffer is known for known in self.buffers):
            self.buffers.append(buffer)
        buffer[:] = self._samples[: len(buffer)]
        self.fails_at -= 1
        if self.fails_at == 0:
            raise OSError(5)
        return 4 * len(buffer)


def test_a_reading_touches_no_file_and_no_socket_and_returns_four_levels(watch: Watch) -> None:
    microphone = Speech(sine(24000, 150, 440, 70))
    sensor = ICS43434(microphone, Clock(), 24000, 1, 0, Weighting)
    with watch:
        values = run(sensor.read())
    assert watch.seen == []
    assert sorted(values) == ["l10", "l90", "laeq", "lafmax"]
    assert all(isinstance(value, int) and 200 <= value <= 1300 for value in values.values())


def test_the_watch_sees_a_file(watch: Watch) -> None:
    with watch, open(__file__, encoding="utf-8"):
        pass
    assert watch.seen


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_of_the_sound_stays_behind(fails: bool) -> None:
    microphone = Speech(sine(24000, 150, 440, 70))
    if fails:
        microphone.fails_at = 5
    sensor = ICS43434(microphone, Clock(), 24000, 1, 0, Weighting)
    run(sensor.read())
    assert [set(buffer) for buffer in microphone.buffers] == [{0}]
    assert vars(sensor._weighting) == vars(Weighting(24000))  # the filter has forgotten it too
    kept = [value for value in vars(sensor).values() if value is not microphone]
    assert not any(isinstance(value, array | list | bytes | bytearray) for value in kept)


def test_the_chain_knows_no_way_out() -> None:
    for name in CHAIN:
        nodes = list(ast.walk(ast.parse((SENSORS / name).read_text(encoding="utf-8"))))
        names = {node.id for node in nodes if isinstance(node, ast.Name)}
        names |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        names |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        assert not names & OUTWARD, name


def test_nobody_else_listens() -> None:
    """Samples come in by I2S's `readinto` only, and one module calls it."""
    sources = {path.name: path.read_text(encoding="utf-8") for path in SENSORS.parent.rglob("*.py")}
    assert [name for name, source in sources.items() if ".readinto(" in source] == ["i2s_microphone.py"]
