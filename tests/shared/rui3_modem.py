"""A RUI3 module in memory: commands and events as the firmware prints them, and the troubles of a wire."""

VALUES = {
    "DEVEUI": "AC1F09FFFE000001",
    "NJS": "0",
    "DR": "3",
    "LTIME": "02h25m37s on 11/13/2018",
    "BAT": "3.301",
}


class Clock:
    """Sleeping makes time pass for the module."""

    def __init__(self):
        self.ms = 0
        self.modem = None

    def now_ms(self):
        return self.ms

    async def sleep_ms(self, duration_ms):
        self.ms += duration_ms
        self.modem.tick(self.ms)


class Modem:
    """`old`: the event format before 2022. `script` decides what an uplink is answered with."""

    def __init__(self, clock, old=False, echo=False, chunk=0):
        clock.modem = self
        self._clock = clock
        self._old = old
        self._echo = echo
        self._chunk = chunk  # bytes a read gets at most
        self._line = b""
        self._out = b""
        self._later = []  # (ms, text)
        self.values = dict(VALUES)
        self.commands = []
        self.sent = []  # (fport, payload, confirmed)
        self.downlinks = []  # (fport, payload hex) for the next uplinks
        self.asleep = 0  # bytes that are lost in waking up
        self.mute = 0  # commands that get no answer
        self.busy = 0  # uplinks that are refused for now
        self.accepts = True
        self.acks = True
        self.dies_in_cycle = False
        self.noise = b""

    # The wire

    def any(self):
        return min(len(self._out), self._chunk) if self._chunk else len(self._out)

    def read(self, nbytes=-1):
        size = self.any() if nbytes < 0 else min(nbytes, len(self._out))
        taken, self._out = self._out[:size], self._out[size:]
        return taken or None

    def write(self, buf):
        lost = min(self.asleep, len(buf))
        self.asleep -= lost
        self._line += buf[lost:]
        while b"\r\n" in self._line:
            line, _, self._line = self._line.partition(b"\r\n")
            self._take(line.decode())
        return len(buf)

    def tick(self, now_ms):
        for at_ms, text in [one for one in self._later if one[0] <= now_ms]:
            self._later.remove((at_ms, text))
            self._print(text)

    def _print(self, text):
        self._out += self.noise + text.encode() + b"\r\n"

    def _event(self, after_ms, text):
        self._later.append((self._clock.ms + after_ms, text))

    # The firmware

    def _take(self, line):
        self.commands.append(line)
        if self._echo:
            self._out += line.encode() + b"\n\r"
        if self.mute:
            self.mute -= 1
            return
        name, _, value = line[3:].partition("=")
        if line == "AT":
            self._print("OK")
        elif value == "?" and name not in self.values:
            self._print("AT_ERROR")
        elif value == "?":
            self._print("AT+" + name + "=" + self.values[name])
            self._print("")
            self._print("OK")
        elif name == "JOIN":
            self._print("OK")
            self.values["NJS"] = "1" if self.accepts else "0"
            self._event(6000, "+EVT:JOINED" if self.accepts else "+EVT:JOIN_FAILED_RX_TIMEOUT")
        elif name == "SEND":
            self._send(value)
        elif name == "SLEEP":
            self.asleep = 3
        else:
            self.values[name] = value
            self._print("OK")

    def _send(self, value):
        if self.values["NJS"] == "0":
            self._print("AT_NO_NETWORK_JOINED")
        elif self.busy:
            self.busy -= 1
            self._print("AT_BUSY_ERROR")
        else:
            self._print("OK")
            fport, _, payload = value.partition(":")
            confirmed = self.values.get("CFM") == "1"
            self.sent.append((int(fport), bytes.fromhex(payload), confirmed))
            self._cycle(confirmed)

    def _cycle(self, confirmed):
        if self.dies_in_cycle:
            self.values["NJS"] = "0"
            self._event(1000, "RAKwireless RAK3172-E Example\r\nCurrent Work Mode: LoRaWAN.")
            return
        end = "+EVT:TX_DONE"
        if confirmed:
            end = "+EVT:SEND_CONFIRMED_OK" if self.acks else "+EVT:SEND_CONFIRMED_FAILED(4)"
        self._event(2100, end)
        if self.values.pop("LINKCHECK", None):
            self._event(2150, "+EVT:LINKCHECK:0:21:2:-70:8")
        if self.values.pop("TIMEREQ", None):
            self._event(2150, "+EVT:TIMEREQ_OK")
        if self.downlinks:
            fport, payload = self.downlinks.pop(0)
            if self._old:
                self._event(
                    2200, "+EVT:RX_1, RSSI -89, SNR 4\r\n+EVT:UNICAST\r\n+EVT:" + str(fport) + ":" + payload
                )
            else:
                self._event(2200, "+EVT:RX_1:-70:8:UNICAST:" + str(fport) + ":" + payload)
