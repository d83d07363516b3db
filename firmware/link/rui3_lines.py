"""What a RUI3 modem says, line by line, sans-IO: answers, status words and events of old and new firmware."""

from collections import namedtuple

from codec.compat import const

_LONGEST_LINE = const(1100)  # a downlink of 242 bytes in hex, and room
_STATUS = (
    "OK",
    "AT_ERROR",
    "AT_PARAM_ERROR",
    "AT_BUSY_ERROR",
    "AT_TEST_PARAM_OVERFLOW",
    "AT_NO_CLASSB_ENABLE",
    "AT_NO_NETWORK_JOINED",
    "AT_RX_ERROR",
    "AT_MODE_NO_SUPPORT",
    "AT_COMMAND_NOT_FOUND",
    "AT_UNSUPPORTED_BAND",
)
_BANNERS = ("RAKwireless", "Current Work Mode", "LoRa P2P", "LoRaWAN.")  # printed after a restart

Status = namedtuple("Status", ("word",))
Value = namedtuple("Value", ("key", "text"))  # `AT+DR=3`
Event = namedtuple("Event", ("name", "arguments"))  # `+EVT:LINKCHECK:0:20:1:-70:8`
Received = namedtuple("Received", ("rssi_dbm", "snr_db", "fport", "payload"))
Restarted = namedtuple("Restarted", ())


class Lines:
    """Bytes in, what they say out. What says nothing is counted in `garbage` and dropped."""

    def __init__(self) -> None:
        self._pending = b""
        self._is_overlong = False
        self._signal = None  # type: tuple[int, int] | None  # of an old event, whose payload comes on its own line
        self.garbage = 0

    def feed(self, data: bytes) -> "list[Said]":
        said = []
        self._pending += data
        while b"\n" in self._pending or b"\r" in self._pending:
            end = min(at for at in (self._pending.find(b"\n"), self._pending.find(b"\r")) if at >= 0)
            line, self._pending = self._pending[:end], self._pending[end + 1 :]
            if self._is_overlong:
                self._is_overlong = False
            elif line:
                said += self._read(line)
        if len(self._pending) > _LONGEST_LINE:
            self.garbage += 1
            self._pending = b""
            self._is_overlong = True  # until its end
        return said

    def _read(self, raw: bytes) -> "list[Said]":
        try:
            line = raw.decode().strip()
        except UnicodeError:
            self.garbage += 1
            return []
        if "+EVT:" in line[1:]:  # two outputs ran together: what stands before may be a status
            at = line.index("+EVT:", 1)
            return self._read(line[:at].encode()) + self._read(line[at:].encode())
        found = self._meaning(line)
        if found is None:
            self.garbage += line != ""
            return []
        return found or []

    def _meaning(self, line: str) -> "list[Said] | None":
        """What it says, an empty list for nothing of note, None for garbage."""
        if line in _STATUS:
            return [Status(line)]
        if line.startswith("+EVT:"):
            return self._event(line[5:])
        if any(line.startswith(banner) for banner in _BANNERS):
            return [Restarted()]
        if line[:3].upper() == "AT+" and "=" in line:
            key, _, text = line[3:].partition("=")
            return [Value(key.upper(), text)]
        if line[:2].upper() == "AT":
            return []  # an echo
        return self._old_payload(line)

    def _event(self, text: str) -> "list[Said] | None":
        if text.startswith("RX_") and "," in text:
            return self._old_signal(text)
        if text.startswith("RX_"):
            return _received(text.split(":"))
        if text == "UNICAST":
            return []
        old = self._old_payload(text)
        if old is not None:
            return old
        name, _, rest = text.partition(":")
        if name.startswith("SEND_CONFIRMED_FAILED"):  # with the number of tries in brackets
            name = "SEND_CONFIRMED_FAILED"
        return [Event(name, rest.split(":") if rest else [])]

    def _old_signal(self, text: str) -> "list[Said] | None":
        """`RX_1, RSSI -89, SNR 4`, before 2022; port and payload follow on a line of their own."""
        words = text.replace(",", " ").split()
        try:
            self._signal = (int(words[2]), int(words[4]))
        except (IndexError, ValueError):
            return None
        return []

    def _old_payload(self, line: str) -> "list[Said] | None":
        if self._signal is None:
            return None
        found = _received(["", str(self._signal[0]), str(self._signal[1]), "UNICAST"] + line.split(":"))
        if found:
            self._signal = None
        return found


def _received(fields: "list[str]") -> "list[Said] | None":
    """`RX_1:-70:8:UNICAST:2:48656c6c6f`; None when a field is not what it should be."""
    if len(fields) != 6 or fields[3] not in ("UNICAST", "MULTICAST"):
        return None
    try:
        return [Received(int(fields[1]), int(fields[2]), int(fields[4]), bytes.fromhex(fields[5]))]
    except ValueError:
        return None


TYPE_CHECKING = False
if TYPE_CHECKING:
    Said = Status | Value | Event | Received | Restarted
