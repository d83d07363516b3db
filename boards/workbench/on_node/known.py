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
    for _ in range(3):  # the first bytes after its sleep are lost
        modem.read()
        modem.write(b"AT+DEVEUI=?\r\n")
        said = b""
        for _ in range(10):
            time.sleep(0.1)
            said += modem.read() or b""
            digits = said[said.rfind(b"AT+DEVEUI=") + 10 :][:16]  # behind an echo, where there is one
            if len(digits) == 16 and b"AT+DEVEUI=" in said and _is_hex(digits):
                return digits.decode().lower()
    return None


def _is_hex(digits: bytes) -> bool:
    return all(digit in b"0123456789abcdefABCDEF" for digit in digits)


print(
    json.dumps(
        {
            "dev_eui": _read("secrets.json").get("dev_eui"),
            "region": _read("config.json").get("region", "EU868"),
            "modem": _modem_dev_eui(),
        }
    )
)
