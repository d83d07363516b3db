"""What MicroPython has built in and CPython lacks."""


def const(value: int) -> int:
    """Mark a constant: mpy-cross folds calls of this name away, CPython just gets the value."""
    return value
