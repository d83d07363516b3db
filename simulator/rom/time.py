"""`time` by the simulator's clock."""

from outside import ask

_TICKS = 1 << 30


def time_ns() -> int:
    return int(ask("now")) * 1000


def time() -> int:
    return time_ns() // 1000000000


def ticks_us() -> int:
    return int(ask("now")) % _TICKS


def ticks_ms() -> int:
    return int(ask("now")) // 1000 % _TICKS


def ticks_add(ticks: int, delta: int) -> int:
    return (ticks + delta) % _TICKS


def ticks_diff(ticks1: int, ticks2: int) -> int:
    return (ticks1 - ticks2 + _TICKS // 2) % _TICKS - _TICKS // 2


def sleep_us(duration_us: int) -> None:
    ask("sleep", duration_us)


def sleep_ms(duration_ms: int) -> None:
    sleep_us(duration_ms * 1000)


def sleep(duration_s: float) -> None:
    sleep_us(int(duration_s * 1000000))
