"""Says who the node is without its key: DevEUI in its flash, region, and its modem's own DevEUI."""

import json


def _read(name: str) -> "dict[str, object]":
    try:
        with open(name) as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def _modem_dev_eui() -> "str | None":
    """What RUI3 answers to AT+DEVEUI=? (RAK's RUI3 AT command manual)."""
    try:
        import time

        import board
        import machine
    except ImportError:  # not flashed yet
        return None
    row = board.RADIO
    if row["chip"] != "rui3":
        return None
    modem = machine.UART(row["uart"], row["baudrate"], tx=row["tx"], rx=row["rx"])
    modem.read()
    modem.write(b"AT+DEVEUI=?\r\n")
    said = b""
    for _ in range(20):
        time.sleep(0.1)
        said += modem.read() or b""
        at = said.find(b"AT+DEVEUI=")
        if at >= 0 and len(said) >= at + 26:
            return said[at + 10 : at + 26].decode().lower()
    return None


print(
    json.dumps(
        {
            "dev_eui": _read("secrets.json").get("dev_eui"),
            "region": _read("config.json").get("region", "EU868"),
            "modem": _modem_dev_eui(),
        }
    )
)
