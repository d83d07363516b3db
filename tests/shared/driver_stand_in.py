"""firmware.link.driver as we know it, on the twins: what the real driver does for us, defects included.

`make test-driver DRIVER=...` puts the real driver in its place.
"""

import struct


class RxPacket(bytearray):
    snr = 0


class Modem:
    """Send and receive by polling; the chip classes below speak to the chip."""

    def __init__(self, spi, ticks):
        self.spi = spi
        self.ticks = ticks
        self.crc_errors = 0
        self.settings = {"preamble_len": 12, "coding_rate": 5}
        self.deadline = None
        self.is_sending = False
        self.stamp = None
        spi.irq_pin.irq(self._stamp)

    def _stamp(self, pin):
        self.stamp = self.ticks.ticks_ms()

    def configure(self, lora_cfg):
        self.settings.update(lora_cfg)
        self.apply(lora_cfg)

    def get_time_on_air_us(self, payload_len):
        return self.spi.air_us(payload_len)

    def prepare_send(self, packet):
        self.standby()
        self.load(packet)

    def start_send(self):
        self.stamp = None
        self.is_sending = True
        self.go_send()

    def poll_send(self):
        if not self.is_sending:
            return False
        if not self.flags() & self.TX_DONE:
            return True
        self.is_sending = False
        stamp = self.ticks.ticks_ms() if self.stamp is None else self.stamp
        self.clear()
        return stamp

    def start_recv(self, timeout_ms):
        self.standby()
        self.deadline = self.ticks.ticks_ms() + timeout_ms
        self.go_receive(timeout_ms)

    def poll_recv(self):
        if self.deadline is None:
            return False
        flags = self.flags()
        if flags & self.RX_DONE:
            self.deadline = None
            self.clear()
            return self.read_packet()
        if flags & self.RX_TIMEOUT:
            self.clear()
            self.crc_errors += 1
            self.deadline = None
            return False
        return True


class SX1262(Modem):
    TX_DONE, RX_DONE, RX_TIMEOUT = 0x01, 0x02, 0x200

    def __init__(self, spi, ticks):
        super().__init__(spi, ticks)
        self.inverted = False
        self._cmd(">BI", 0x97, 0x02000000)  # TCXO
        self._cmd("BBB", 0x07, 0, 0)
        self._cmd(">BHHHH", 0x08, 0x0243, 0x0203, 0, 0)

    def _cmd(self, fmt, *write_args, n_read=0):
        data = bytearray(struct.pack(fmt, *write_args) + bytes(n_read))
        self.spi.cs(0)
        self.spi.write_readinto(data, data)
        self.spi.cs(1)
        return data[len(data) - n_read :]

    def _reg_read(self, addr):
        return self._cmd(">BHB", 0x1D, addr, 0, n_read=1)[0]

    def _reg_write(self, addr, val):
        self._cmd(">BHB", 0x0D, addr, val & 0xFF)

    def _invert_workaround(self, enable):
        """As the driver has it: the wrong way round, and only when it thinks that something changed."""
        if self.inverted != enable:
            value = self._reg_read(0x0736)
            self._reg_write(0x0736, value & ~4 | (4 if enable else 0))
            self.inverted = enable

    def apply(self, given):
        s = self.settings
        if "freq_khz" in given:
            self._cmd(">BI", 0x86, (int(s["freq_khz"] * 1000) << 25) // 32000000)
        if "syncword" in given:
            self._reg_write(0x0740, s["syncword"] & 0xF0 | 4)
            self._reg_write(0x0741, (s["syncword"] & 0x0F) << 4 | 4)
        if "output_power" in given:
            self._cmd("BBBBB", 0x95, 4, 7, 0, 1)
            self._cmd("BBB", 0x8E, s["output_power"], 2)
        if "sf" in given:
            self._cmd("BBBBB", 0x8B, s["sf"], {"125": 4, "250": 5, "500": 6}[s["bw"]], 1, s["sf"] > 10)
        if "rx_boost" in given:
            self._reg_write(0x08AC, 0x96)
        self._packet(0xFF, False)

    def _packet(self, size, inverted):
        s = self.settings
        self._cmd(">BHBBBB", 0x8C, s["preamble_len"], False, size, bool(s.get("crc_en", True)), inverted)

    def calibrate(self):
        self._cmd("BB", 0x89, 0xFE)

    def calibrate_image(self):
        self._cmd(">BH", 0x98, 0xD7DB)

    def standby(self):
        self._cmd("BB", 0x80, 1)
        self.clear()

    def sleep(self):
        self.standby()
        self._cmd("BB", 0x84, 4)

    def flags(self):
        return int.from_bytes(self._cmd("B", 0x12, n_read=3)[1:], "big")

    def clear(self):
        self._cmd(">BH", 0x02, 0xFFFF)

    def load(self, packet):
        self._packet(len(packet), False)
        self._invert_workaround(False)
        self.spi.cs(0)
        self.spi.write(b"\x0e\x00")
        self.spi.write(packet)
        self.spi.cs(1)

    def go_send(self):
        self._cmd("BBBB", 0x83, 0, 0, 0)

    def go_receive(self, timeout_ms):
        self._packet(0xFF, True)
        self._invert_workaround(True)
        units = timeout_ms * 64
        self._cmd(">BBH", 0x82, units >> 16, units & 0xFFFF)

    def read_packet(self):
        size = self._cmd("B", 0x13, n_read=3)[1]
        packet = RxPacket(size)
        self.spi.cs(0)
        self.spi.write(b"\x1e\x00\x00")
        self.spi.readinto(packet)
        self.spi.cs(1)
        snr = self._cmd("B", 0x14, n_read=4)[2]
        packet.snr = snr - 256 if snr > 127 else snr
        return packet


class SX1276(Modem):
    TX_DONE, RX_DONE, RX_TIMEOUT = 0x08, 0x40, 0x80

    def __init__(self, spi, ticks):
        super().__init__(spi, ticks)
        self._write(0x01, 0x80)
        self._write(0x01, 0x81)

    def _write(self, register, *values):
        self.spi.cs(0)
        self.spi.write(bytes([register | 0x80]) + bytes(values))
        self.spi.cs(1)

    def _read(self, register):
        data = bytearray([register, 0])
        self.spi.cs(0)
        self.spi.write_readinto(data, data)
        self.spi.cs(1)
        return data[1]

    def _reg_read(self, reg):
        return self._read(reg)

    def _reg_update(self, reg, update_mask, new_value):
        old = self._read(reg)
        self._write(reg, old & ~update_mask | new_value & update_mask)
        return old

    def apply(self, given):
        s = self.settings
        if "freq_khz" in given:
            steps = int(s["freq_khz"] * 1000) * 16384 // 1000000
            self._write(0x06, steps >> 16, steps >> 8 & 0xFF, steps & 0xFF)
        if "rx_boost" in given:
            raise KeyError("lna_boost_hf")
        if "output_power" in given:
            power = s["output_power"]
            self._reg_update(0x09, 0xFF, 0x95 if power >= 20 else 0x80 | max(power - 2, 0))
        if "sf" in given:
            self._write(0x1D, {"125": 7, "250": 8, "500": 9}[s["bw"]] << 4 | 2)
            self._reg_update(0x1E, 0xF4, s["sf"] << 4 | 4)
        if "invert_iq_rx" in given:
            self._reg_update(0x33, 0x41, 0x41)
        if "preamble_len" in given:
            self._write(0x20, 0, s["preamble_len"])
        if "syncword" in given:
            self._write(0x39, s["syncword"])

    def calibrate_image(self):
        """Nothing that the twin would notice."""

    def standby(self):
        self._reg_update(0x01, 7, 1)
        self.clear()

    def sleep(self):
        self.standby()
        self._reg_update(0x01, 7, 0)

    def flags(self):
        return self._read(0x12)

    def clear(self):
        self._write(0x12, 0xFF)

    def load(self, packet):
        self._write(0x3B, 0x1D)
        self._write(0x0D, 0)
        self._write(0x22, len(packet))
        self._write(0x00, *packet)

    def go_send(self):
        self._reg_update(0x01, 7, 3)

    def go_receive(self, timeout_ms):
        self._write(0x3B, 0x19)
        symbol_us = (1000000 << self.settings["sf"]) // (int(self.settings["bw"]) * 1000)
        symbols = min(max(-(-timeout_ms * 1000 // symbol_us), 4), 1023)
        self._reg_update(0x1E, 3, symbols >> 8)
        self._write(0x1F, symbols & 0xFF)
        self._write(0x0D, 0)
        self._reg_update(0x01, 7, 6)

    def read_packet(self):
        packet = RxPacket(self._read(0x13))
        self.spi.cs(0)
        self.spi.write(b"\x00")
        self.spi.readinto(packet)
        self.spi.cs(1)
        snr = self._read(0x19)
        packet.snr = snr - 256 if snr > 127 else snr
        return packet
