"""An SX1276 by its registers (datasheet rev 7, chapter 4.4 and 6)."""

from tests.shared.radio_twin import Chip

SLEEP, STANDBY, TX, RX_SINGLE = 0, 1, 3, 6
TX_DONE, RX_DONE, RX_TIMEOUT, VALID_HEADER = 0x08, 0x40, 0x80, 0x10
DEFAULTS = {
    0x01: 0x09,
    0x09: 0x4F,
    0x0C: 0x20,
    0x1D: 0x72,
    0x1E: 0x70,
    0x21: 8,
    0x26: 0x04,
    0x33: 0x27,
    0x39: 0x12,
}
DEFAULTS.update({0x3B: 0x1D, 0x40: 0, 0x42: 0x12, 0x4D: 0x84, 0x31: 0xC3, 0x37: 0x0A})
BANDWIDTH_HZ = {7: 125000, 8: 250000, 9: 500000}


class Twin(Chip):
    def __init__(self, world):
        super().__init__(world)
        self._reset(0)

    def _reset(self, level):
        if level == 0:
            self.registers = dict(DEFAULTS)
            self.fifo = bytearray(256)
            self.size = 0

    def exchange(self, data):
        burst = self._burst
        at = len(burst)
        burst += data
        answer = bytearray(len(data))
        for place in range(at, at + len(data)):
            if place == 0:
                continue
            register = burst[0] & 0x7F
            if register:
                register += place - 1
            if burst[0] & 0x80:
                self._write(register, burst[place])
            else:
                answer[place - at] = self._read(register)
        return bytes(answer)

    def _read(self, register):
        if register == 0:
            pointer = self.registers.get(0x0D, 0)
            self.registers[0x0D] = pointer + 1 & 0xFF
            return self.fifo[pointer]
        if register == 0x1B and self.rx_open_us is not None:  # RegRssiValue
            return 157 + self.rssi_dbm((self.hz() + 500) // 1000, self.world.us)
        return self.registers.get(register, 0)

    def _write(self, register, value):
        if register == 0:
            pointer = self.registers.get(0x0D, 0)
            self.fifo[pointer] = value
            self.registers[0x0D] = pointer + 1 & 0xFF
        elif register == 0x12:  # flags are cleared by writing ones
            self.registers[0x12] = self.registers.get(0x12, 0) & ~value
            self.irq_pin(0)
        elif register == 0x3B and not self.registers[0x01] & 0x80:
            self.registers[0x13B] = value & ~0x40  # in FSK mode this is the image calibration, done at once
        else:
            self.registers[register] = value
            if register == 0x01:
                self._enter(value & 0x07)

    def _enter(self, mode):
        self.end_us = self.rx_open_us = self.locked = None
        if mode == TX:
            size = self.registers[0x22]
            how = self.listening()
            how["inverted"] = not self.registers[0x33] & 1 if self.registers[0x3B] == 0x1D else None
            how.update(
                frame=bytes(self.fifo[:size]), crc=bool(self.registers[0x1E] & 4), preamble=self.preamble()
            )
            how.update(power=self.registers[0x09], start_us=self.world.us)
            self.transmitted.append(how)
            self.end_us = self.world.us + self.air_us(size)
        elif mode == RX_SINGLE:
            symbols = (self.registers[0x1E] & 3) << 8 | self.registers[0x1F]
            self.rx_open_us = self.world.us
            self.rx_close_us = self.world.us + symbols * self.symbol_us()

    def sf(self):
        return self.registers[0x1E] >> 4

    def bw_hz(self):
        return BANDWIDTH_HZ[self.registers[0x1D] >> 4]

    def preamble(self):
        return self.registers.get(0x20, 0) << 8 | self.registers[0x21]

    def hz(self):
        steps = self.registers[0x06] << 16 | self.registers[0x07] << 8 | self.registers[0x08]
        return steps * 15625 // 256

    def listening(self):
        is_inverted = bool(self.registers[0x33] & 0x40)
        fits = self.registers[0x3B] == (0x19 if is_inverted else 0x1D)
        return {
            "khz": (self.hz() + 500) // 1000, "sf": self.sf(), "bw": self.bw_hz(),
            "inverted": is_inverted if fits else None, "sync": self.registers[0x39],
        }  # fmt: skip

    def _raise(self, irq):
        self.registers[0x01] = self.registers[0x01] & 0x80 | STANDBY
        self.registers[0x12] = self.registers.get(0x12, 0) | irq
        self.irq_pin(1)

    def tx_done(self):
        self._raise(TX_DONE)

    def rx_done(self, frame):
        self.fifo[: len(frame)] = frame
        self.registers[0x13] = len(frame)
        self.registers[0x19], self.registers[0x1A] = 0xE4, 87
        self.registers[0x0D] = 0
        self._raise(RX_DONE | VALID_HEADER)

    def rx_timeout(self):
        self._raise(RX_TIMEOUT)
