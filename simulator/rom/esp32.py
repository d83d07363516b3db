"""`esp32`, of which a virtual board needs no more than to be told that its pins are held in deep sleep."""


def gpio_deep_sleep_hold(enable: bool) -> None:
    """Its radio sleeps on in any case."""
