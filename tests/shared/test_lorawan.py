"""Frames, MIC, cipher and join against published vectors; the same on both Pythons."""

from codec.lorawan import airtime, crypto, frames, join, join_server, regions
from codec.wire import WireError

# npm lora-packet, __tests__/mic_test.ts and decrypt_test.ts
NWK_S_KEY = bytes.fromhex("44024241ed4ce9a68c6a8bc055233fd3")
APP_S_KEY = bytes.fromhex("ec925802ae430ca77fd3dd73cb2cc588")
FOX = bytes.fromhex(
    "40f17dbe490004000155332de41a11adc072553544429ce7787707d1c316e027e7e5e334263376affb8aa17ad30075293f28dea8a20af3c5e7"
)
UPLINKS = (
    (bytes.fromhex("40F17DBE4900020001954378762B11FF0D"), 2, 1, b"test"),
    (FOX, 4, 1, b"The quick brown fox jumps over the lazy dog."),
    (bytes.fromhex("40F17DBE49000300012A3518AF"), 3, 1, b""),
)
APP_KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")


def refused(action, *given):
    try:
        action(*given)
    except WireError:
        return True
    return False


def test_cmac_gives_the_vectors_of_rfc_4493():
    message = bytes.fromhex(
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
        "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
    )
    wanted = {
        0: "bb1d6929e95937287fa37d129b756746",
        16: "070a16b46b4d4144f79bdd9dd04a287c",
        40: "dfa66747de9ae63030ca32611497c827",
        64: "51f0bebf7e3b9d92fc49741779363cfe",
    }
    for size, mac in wanted.items():
        assert crypto.cmac(APP_KEY, message[:size]).hex() == mac


def test_published_uplinks_open_and_are_built_again_byte_for_byte():
    for phy, fcnt, fport, text in UPLINKS:
        frame = frames.parse(phy)
        assert (frame.dev_addr, frame.fcnt, frame.fport) == (0x49BE7DF1, fcnt, fport)
        assert frames.mic_fits(phy, NWK_S_KEY, fcnt)
        assert frames.open_payload(frame, NWK_S_KEY, APP_S_KEY, fcnt) == text
        plain = frames.Plain(frame.mtype, frame.dev_addr, frame.fctrl, fcnt, b"", fport, text)
        assert frames.build(plain, NWK_S_KEY, APP_S_KEY) == phy


def test_a_downlink_without_port_is_an_acknowledgement():
    phy = bytes.fromhex("60f17dbe4920020001f9d65d27")
    frame = frames.parse(phy)
    assert not frames.is_up(frame.mtype) and frame.fctrl == frames.ACK
    assert frames.mic_fits(phy, NWK_S_KEY, 2)


def test_the_mic_counts_all_32_bits_of_the_counter():
    phy = UPLINKS[0][0]
    assert not frames.mic_fits(phy, NWK_S_KEY, 0x10002)
    assert not frames.mic_fits(phy, NWK_S_KEY, 3)


def test_every_cut_short_frame_is_refused():
    for size in range(12):
        assert refused(frames.parse, FOX[:size])


def test_what_is_no_data_frame_is_refused():
    assert refused(frames.parse, b"\x41" + FOX[1:])  # major version 1
    assert refused(frames.parse, b"\x00" + FOX[1:])  # a join-request
    assert refused(frames.parse, b"\xe0" + FOX[1:])  # proprietary
    assert refused(frames.parse, bytes.fromhex("40f17dbe49010400020001020304"))  # FOpts and FPort 0


def test_what_cannot_be_sent_is_not_built():
    for plain in (
        frames.Plain(0, 1, 0, 0, b"", 1, b""),
        frames.Plain(2, 1, 0, 1 << 32, b"", 1, b""),
        frames.Plain(2, 1, 0, 0, bytes(16), 1, b""),
        frames.Plain(2, 1, 0, 0, b"", None, b"x"),
        frames.Plain(2, 1, 0, 0, b"\x02", 0, b"x"),
    ):
        assert refused(frames.build, plain, NWK_S_KEY, APP_S_KEY)


def test_the_counter_is_the_next_one_with_these_16_bits():
    for last, low, whole in (
        (-1, 0, 0),
        (-1, 7, 7),
        (0, 1, 1),
        (5, 5, 0x10005),
        (0xFFFF, 0, 0x10000),
        (0x1FFFE, 0xFFFF, 0x1FFFF),
    ):
        assert frames.full_fcnt(last, low) == whole


def test_a_join_request_says_who_and_which_nonce():
    request = join.JoinRequest(bytes.fromhex("70b3d57ed0000001"), bytes.fromhex("0200006d66000001"), 0x1234)
    phy = join.build_request(request, APP_KEY)
    assert len(phy) == 23 and phy[1] == 0x01 and phy[8] == 0x70  # EUIs travel least significant byte first
    assert join_server.parse_request(phy) == request
    assert join_server.request_mic_fits(phy, APP_KEY)
    assert not join_server.request_mic_fits(phy[:-1] + b"\x00", APP_KEY)
    for size in range(23):
        assert refused(join_server.parse_request, phy[:size])
    assert refused(join_server.parse_request, phy + b"\x00")


def test_a_join_accept_opens_with_the_app_key_alone():
    accept = join.JoinAccept(9, 0x13, 0x26011BDA, 2, 3, 5, b"")
    phy = join_server.build_accept(accept, APP_KEY)
    assert join.open_accept(phy, APP_KEY) == accept
    assert refused(join.open_accept, phy, NWK_S_KEY)
    for size in range(len(phy)):
        assert refused(join.open_accept, phy[:size], APP_KEY)
    assert refused(join.open_accept, phy + bytes(12), APP_KEY)  # 29 bytes, seen in the field


def test_time_on_air_in_microseconds():
    # TTS pkg/toa toa_test: 10 bytes at SF7 to SF12; brocaar/lorawan: 13 bytes at SF12
    for sf, us in ((7, 41216), (8, 72192), (9, 144384), (10, 288768), (11, 577536), (12, 991232)):
        assert airtime.airtime_us(10, sf, 125000) == us
    assert airtime.airtime_us(13, 12, 125000) == 1155072
    assert airtime.airtime_us(51, 7, 250000) == 51328


def test_the_region_knows_its_frequencies_and_rates():
    eu868 = regions.EU868
    assert regions.sub_band(eu868, 868100000)[2] == 10
    assert regions.sub_band(eu868, 869525000)[2] == 100
    assert regions.rx1_data_rate(eu868, 1, 3) == 0
    for index, row in enumerate(eu868.data_rates):
        assert regions.data_rate_of(eu868, row[0], row[1]) == index
        assert regions.parse_datr(regions.datr(row[0], row[1])) == row[:2]


def transcript():
    lines = []
    for size in range(0, 60, 7):
        payload = bytes([(size * 31 + i * 7) & 0xFF for i in range(size)])
        plain = frames.Plain(4, 0x26011BDA, frames.ADR, 0x12340 + size, b"\x02", 1, payload)
        lines.append(frames.build(plain, NWK_S_KEY, APP_S_KEY).hex())
    nwk, app = crypto.session_keys(APP_KEY, 0x010203, 0x13, 0xBEEF)
    lines += [nwk.hex(), app.hex()]
    lines.append(join.build_request(join.JoinRequest(bytes(8), bytes([2] * 8), 7), APP_KEY).hex())
    return lines
