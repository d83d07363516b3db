"""An SX1262 by its commands (datasheet rev 2.1, chapters 11, 13 and 15)."""

from tests.shared.radio_twin import Chip, Pin

SLEEP, STANDBY_RC, STANDBY_XOSC, RX, TX = 0, 2, 3, 5, 6
TX_DONE, RX_DONE, TIMEOUT = 1, 2, 0x200
RETAINED = (0x08AC, 0x0889, 0x0740, 0x0741)
DEFAULTS = {0x0736: 0x0D, 0x0740: 0x14, 0x0741: 0x24, 0x08AC: 0x94, 0x0889: 0x00, 0x08D8: 0x00, 0x0944: 0x00}
BANDWIDTH_HZ = {4: 125000, 5: 250000, 6: 500000}


class Twin(Chip):
    def __init__(self, world):
        self.busy = Pin()
        super().__init__(world)
        self.commands = []
        self._reset(0)

    def _reset(self, level):
        if level == 0:
            self.mode = STANDBY_RC
            self.registers = dict(DEFAULTS)
            self.settings = {}
            self.buffer = bytearray(256)
            self.irq = self.errors = 0
            self.dio1_mask = 0
            self.regulator = 0
            self.calibrated_after_tcxo = False
            self.tcxo = False
            self.rx_size = 0

    def _select(self, level):
        """A falling edge wakes it (9.3); registers that are not retained start anew."""
        super()._select(level)
        if level == 0 and self.mode == SLEEP:
            self.mode = STANDBY_RC
            for address, value in DEFAULTS.items():
                if address not in RETAINED:
                    self.registers[address] = value

    def exchange(self, data):
        burst = self._burst
        at = len(burst)
        burst += data
        answer = bytes([self.answer(burst, place) for place in range(at, at + len(data))])
        if at == 0:
            self.commands.append(bytes(data))
        self.take(burst, at)
        return answer

    def status(self):
        return self.mode << 4

    def answer(self, burst, place):
        """The byte on MISO while byte `place` of the burst goes out."""
        opcode = burst[0]
        if place == 0 or opcode not in (0x12, 0x15, 0x17, 0x13, 0x14, 0x1D, 0x1E):
            return self.status()
        if opcode == 0x1D:
            address = burst[1] << 8 | burst[2] if place >= 4 else 0
            return self.registers.get(address + place - 4, 0) if place >= 4 else self.status()
        if opcode == 0x1E:
            return self.buffer[burst[1] + place - 3] if place >= 3 else self.status()
        fields = {
            0x15: (self.status(), self.rssi()),
            0x12: (self.status(), self.irq >> 8, self.irq & 0xFF),
            0x17: (self.status(), self.errors >> 8, self.errors & 0xFF),
            0x13: (self.status(), self.rx_size, 0),
            0x14: (self.status(), 140, 0xE4, 140),  # -70 dBm, -7 dB
        }[opcode]
        return fields[place - 1] if place <= len(fields) else 0

    def take(self, burst, at):
        """What a command does, once all its bytes are there; buffers come in a second part."""
        opcode, body = burst[0], bytes(burst[1:])
        if opcode in (0x86, 0x8B, 0x8C, 0x8E, 0x95, 0x98):
            self.settings[opcode] = body
        elif opcode in _COMMANDS:
            _COMMANDS[opcode](self, body)

    def _write_buffer(self, body):
        self.buffer[body[0] : len(body) - 1 + body[0]] = body[1:]

    def _write_registers(self, body):
        for place, value in enumerate(body[2:]):
            self.registers[(body[0] << 8 | body[1]) + place] = value

    def _standby(self, body):
        self.mode = STANDBY_XOSC if body[0] else STANDBY_RC
        self.end_us = self.rx_open_us = self.locked = None

    def _sleep(self, body):
        self.mode = SLEEP

    def _clear_irq(self, body):
        self.irq &= ~(body[0] << 8 | body[1])
        self.irq_pin(1 if self.irq & self.dio1_mask else 0)

    def _clear_errors(self, body):
        self.errors = 0

    def _configure_irq(self, body):
        self.dio1_mask = body[2] << 8 | body[3]

    def _start_tcxo(self, body):
        self.tcxo, self.errors = True, 0x20

    def _calibrate(self, body):
        self.calibrated_after_tcxo = self.tcxo

    def _regulate(self, body):
        self.regulator = body[0]

    def rssi(self):
        """GetRssiInst (13.5.4): half dBm below zero, while it receives."""
        return -2 * self.rssi_dbm((self.hz() + 500) // 1000, self.world.us) if self.mode == RX else 0

    def sf(self):
        return self.settings[0x8B][0]

    def bw_hz(self):
        return BANDWIDTH_HZ[self.settings[0x8B][1]]

    def preamble(self):
        return self.settings[0x8C][0] << 8 | self.settings[0x8C][1]

    def hz(self):
        return (int.from_bytes(self.settings[0x86], "big") * 32000000 + (1 << 24)) >> 25

    def is_inverted(self):
        """A chip whose register does not match its packet parameters hears and says nothing useful (15.4)."""
        wanted = bool(self.settings[0x8C][5])
        return wanted if bool(self.registers[0x0736] & 4) != wanted else None

    def listening(self):
        sync = self.registers[0x0740] << 8 | self.registers[0x0741]
        return {
            "khz": (self.hz() + 500) // 1000, "sf": self.sf(), "bw": self.bw_hz(),
            "inverted": self.is_inverted(), "sync": {0x3444: 0x34}.get(sync),
        }  # fmt: skip

    def _transmit(self, body):
        self.mode = TX
        size = self.settings[0x8C][3]
        how = self.listening()
        how.update(
            frame=bytes(self.buffer[:size]), crc=bool(self.settings[0x8C][4]), preamble=self.preamble()
        )
        how.update(power=(self.settings[0x95], self.settings[0x8E]), start_us=self.world.us)
        self.transmitted.append(how)
        self.end_us = self.world.us + self.air_us(size)

    def _receive(self, body):
        self.mode = RX
        self.rx_open_us = self.world.us
        self.rx_close_us = self.world.us + int.from_bytes(body[:3], "big") * 1000 // 64

    def _raise(self, irq):
        self.mode = STANDBY_XOSC
        self.irq |= irq
        self.irq_pin(1 if self.irq & self.dio1_mask else 0)

    def tx_done(self):
        self._raise(TX_DONE)

    def rx_done(self, frame):
        self.buffer[: len(frame)] = frame
        self.rx_size = len(frame)
        self._raise(RX_DONE)

    def rx_timeout(self):
        self._raise(TIMEOUT)


_COMMANDS = {
    0x02: Twin._clear_irq,
    0x07: Twin._clear_errors,
    0x08: Twin._configure_irq,
    0x0D: Twin._write_registers,
    0x0E: Twin._write_buffer,
    0x80: Twin._standby,
    0x82: Twin._receive,
    0x83: Twin._transmit,
    0x84: Twin._sleep,
    0x89: Twin._calibrate,
    0x96: Twin._regulate,
    0x97: Twin._start_tcxo,
}
