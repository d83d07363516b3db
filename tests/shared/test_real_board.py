"""main.assemble on firmware/hardware.py: each board joins and reports through its own radio or modem."""

from boards import esp32_rui3, heltec_v3, rak3312, rak11200, rak11310, t3_s3, t_beam, ttgo_lora32
from codec import report
from codec.lorawan import crypto, frames, join, join_server
from firmware import certification, main
from tests.shared.board_twin import Installed, Machine, ResetError
from tests.shared.radio_twin import World
from tests.shared.rui3_modem import Modem

ON_SPI = (heltec_v3, rak11200, rak11310, rak3312, t3_s3, t_beam, ttgo_lora32)
APP_KEY = bytes(range(16))
SECRETS = {"dev_eui": "0200006d66000001", "join_eui": "0000000000000000", "app_key": APP_KEY.hex()}
DEV_ADDR = 0x26011BDA


def config_for(pins):
    return {"sensors": [{"part": "a02yyuw", "port": sorted(pins.UARTS)[0]}], "data_rate": 5}


def reader(config):
    """What is in the board's files."""
    return lambda name: {"config.json": config, "secrets.json": SECRETS}[name]


class Network:
    """Accepts a join in RX1; keeps what else it hears, and answers with the next of `orders` on FPort 224."""

    def __init__(self, chip, orders=()):
        self.keys = None
        self._orders = list(orders)
        self.commands = []  # what the next downlinks carry in FOpts
        self.requests = []
        self.uplinks = []
        self._chip = chip
        chip.on_sent = self._heard

    def _heard(self, phy, end_us):
        if frames.mtype(phy) != frames.JOIN_REQUEST:
            self.uplinks.append(phy)
            if self._orders or self.commands:
                fcnt = len(self.uplinks) - 1
                fopts = self.commands.pop(0) if self.commands else b""
                fport, order = (224, self._orders.pop(0)) if self._orders else (None, b"")
                plain = frames.Plain(frames.UNCONFIRMED_DOWN, DEV_ADDR, 0, fcnt, fopts, fport, order)
                self._answer(end_us + 1000000, frames.build(plain, self.keys[0], self.keys[1]))
            return
        assert join_server.request_mic_fits(phy, APP_KEY)
        request = join_server.parse_request(phy)
        self.requests.append(request)
        accept = join.JoinAccept(len(self.requests), 0, DEV_ADDR, 0, 0, 1, b"")
        self.keys = crypto.session_keys(APP_KEY, accept.join_nonce, 0, request.dev_nonce)
        self._answer(end_us + 5000000, join_server.build_accept(accept, APP_KEY))

    def _answer(self, at_us, phy):
        """In RX1, which listens where the uplink was."""
        sent = self._chip.transmitted[-1]
        how = {"khz": sent["khz"], "sf": sent["sf"], "bw": sent["bw"], "inverted": True, "sync": 0x34}
        self._chip.coming = (at_us, phy, how)

    def open(self, phy, fcnt):
        frame = frames.parse(phy)
        assert frames.mic_fits(phy, self.keys[0], fcnt) and frame.dev_addr == DEV_ADDR
        return frame.fport, frames.open_payload(frame, self.keys[0], self.keys[1], fcnt)


def wake(device, pins):
    """One life; deep sleep ends the program, so each begins with a board of its own."""
    board = device.board(pins)
    pause_ms = main.run(main.assemble(board, reader(config_for(pins))).wake())
    board.sleep(pause_ms)
    return board


def test_each_board_with_a_radio_joins_sends_and_sleeps():
    for pins in ON_SPI:
        machine = Machine(pins, World())
        network = Network(machine.chip)
        with Installed(machine) as device:
            while len(network.uplinks) < 3 and machine.world.us < 7200000000:
                wake(device, pins)
        assert [request.dev_nonce for request in network.requests] == [0], pins.NAME
        assert ("spi", pins.RADIO["spi"]) in machine.opened
        said = [frames.parse(phy) for phy in network.uplinks]
        assert [frame.fcnt for frame in said] == [0, 1, 2]
        opened = [network.open(phy, at) for at, phy in enumerate(network.uplinks)]
        reports = [report.decode(payload) for fport, payload in opened if fport == 1]
        assert reports and all(values["distance"] == 2000 for values in reports)
        assert is_asleep(machine.chip), pins.NAME


def is_asleep(chip):
    return getattr(chip, "mode", None) == 0 or getattr(chip, "registers", {}).get(0x01, 1) & 7 == 0


def test_a_wake_that_only_samples_leaves_the_radio_alone():
    machine = Machine(heltec_v3, World())
    network = Network(machine.chip)
    with Installed(machine) as device:
        while len(network.uplinks) < 3:
            wake(device, heltec_v3)
        spoken = len(machine.chip.transmitted)
        del machine.opened[:]
        wake(device, heltec_v3)
    assert len(machine.chip.transmitted) == spoken and ("spi", 1) not in machine.opened


def test_a_radio_that_is_not_there_is_said_and_loses_nothing():
    machine = Machine(heltec_v3, World())
    lines = []
    with Installed(machine, Dead()) as device:
        board = device.board(heltec_v3)
        board.log = lines.append
        assert main.run(main.assemble(board, reader(config_for(heltec_v3))).wake()) > 0
    assert len(lines) == 1 and lines[0].startswith("not sent: sx1262: ") and "TCXO" in lines[0]
    network = Network(machine.chip)
    with Installed(machine) as repaired:
        repaired.flash = device.flash
        while not network.uplinks and machine.world.us < 7200000000:
            wake(repaired, heltec_v3)
    assert network.uplinks


def test_a_build_for_certification_obeys_the_tester_until_it_is_switched_off():
    machine = Machine(heltec_v3, World())
    network = Network(machine.chip, (b"\x06\x01", b"\x08\x01\x02", b"\x7e"))
    config = config_for(heltec_v3)
    config["certification"] = True
    with Installed(machine) as device:
        program = certification.program(device.board(heltec_v3), reader(config))
        try:
            main.run(program)
        except ResetError:
            pass
        opened = [network.open(phy, at) for at, phy in enumerate(network.uplinks)]
        assert opened == [(1, b"\x00"), (1, b"\x00"), (224, b"\x08\x02\x03")]
        while len(network.uplinks) < 6:  # from now on it measures and reports
            board = device.board(heltec_v3)
            board.sleep(main.run(certification.program(board, reader(config))))
    assert 1 in [network.open(phy, at)[0] for at, phy in enumerate(network.uplinks)][3:]


class Dead:
    """The driver where no chip answers."""

    def SX1262(self, *pins, **options):  # noqa: N802  named as in the driver
        raise RuntimeError("Invalid initial status (0, 0).")


def test_a_board_with_a_modem_speaks_to_it():
    machine = Machine(esp32_rui3, World())
    modem = Modem(ModemClock(machine.world))
    machine._modem = modem
    with Installed(machine) as device:
        while len(modem.sent) < 3 and machine.world.us < 7200000000:
            wake(device, esp32_rui3)
    assert "AT+APPKEY=" + APP_KEY.hex() in modem.commands
    assert len([command for command in modem.commands if command.startswith("AT+JOIN=")]) == 1
    reports = [report.decode(payload) for fport, payload, _ in modem.sent if fport == 1]
    assert reports and reports[0]["distance"] == 2000


class ModemClock:
    """The board's time as the modem in memory wants it; it is told at each look."""

    def __init__(self, world):
        self._world = world
        world.chip = self
        self.modem = None

    @property
    def ms(self):
        return self._world.now_ms()

    def tick(self, now_us):
        self.modem.tick(now_us // 1000)
