"""The judge itself: a published frame, a flipped bit, a counter beyond 16 bits, a join."""

from codec.lorawan import crypto, frames, join, join_server
from tests.judges import lora_packet

# The example of lora-packet's own documentation, made by a Semtech stack.
PUBLISHED = {
    "phy": "40f17dbe4900020001954378762b11ff0d",
    "nwk_s_key": "44024241ed4ce9a68c6a8bc055233fd3",
    "app_s_key": "ec925802ae430ca77fd3dd73cb2cc588",
}
APP_KEY = bytes(range(16))


def test_a_published_frame_opens_and_a_flipped_bit_does_not() -> None:
    flipped = {**PUBLISHED, "phy": "40f17dbe4900020001954378772b11ff0d"}
    good, bad = lora_packet([PUBLISHED, flipped])
    assert (good["mtype"], good["mic_ok"], good["dev_addr"], good["fcnt"], good["fport"]) == (
        "Unconfirmed Data Up", True, "49be7df1", 2, 1,
    )  # fmt: skip
    assert bytes.fromhex(good["payload"]) == b"test"
    assert bad["mic_ok"] is False


def test_the_upper_half_of_the_counter_goes_into_mic_and_cipher() -> None:
    nwk_s_key, app_s_key = APP_KEY, APP_KEY[8:] + APP_KEY[:8]
    plain = frames.Plain(frames.CONFIRMED_UP, 0x26011BDA, frames.ADR, 0x0002_FFFF, b"\x02", 1, b"level")
    ask = {
        "phy": frames.build(plain, nwk_s_key, app_s_key).hex(),
        "nwk_s_key": nwk_s_key.hex(),
        "app_s_key": app_s_key.hex(),
    }
    right, wrong = lora_packet([{**ask, "fcnt_msb": 2}, {**ask, "fcnt_msb": 1}])
    assert (right["mic_ok"], right["fcnt"], right["fopts"], right["payload"]) == (
        True,
        0xFFFF,
        "02",
        b"level".hex(),
    )
    assert (wrong["mic_ok"], wrong["payload"] == b"level".hex()) == (False, False)


def test_a_join_and_its_session_keys() -> None:
    request = join.JoinRequest(bytes(range(8)), bytes(range(8, 16)), 0x0102)
    accept = join.JoinAccept(0x030201, 0x13, 0x26011BDA, 0, 3, 1, b"")
    asked, accepted = lora_packet(
        [
            {"phy": join.build_request(request, APP_KEY).hex(), "app_key": APP_KEY.hex()},
            {
                "phy": join_server.build_accept(accept, APP_KEY).hex(),
                "app_key": APP_KEY.hex(),
                "dev_nonce": 0x0102,
            },
        ]
    )
    assert (asked["mic_ok"], asked["join_eui"], asked["dev_eui"], asked["dev_nonce"]) == (
        True, request.join_eui.hex(), request.dev_eui.hex(), 0x0102,
    )  # fmt: skip
    keys = crypto.session_keys(APP_KEY, accept.join_nonce, accept.net_id, request.dev_nonce)
    assert (accepted["mic_ok"], accepted["join_nonce"], accepted["net_id"]) == (True, 0x030201, 0x13)
    assert (accepted["nwk_s_key"], accepted["app_s_key"]) == (keys[0].hex(), keys[1].hex())


def test_what_is_no_frame_is_an_error() -> None:
    (answer,) = lora_packet([{"phy": "40"}])
    assert answer.keys() == {"error"}
