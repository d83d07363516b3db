"""`esp32`, as far as a virtual board needs it: its radio sleeps on, and no contact on it ever closes."""

WAKEUP_ALL_LOW, WAKEUP_ANY_HIGH = False, True


def gpio_deep_sleep_hold(enable: bool) -> None:
    """Nothing falls here."""


def wake_on_ext0(pin: object, level: bool) -> None:
    """The pin stays at its pull-up: only the timer wakes."""
