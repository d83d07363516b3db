"""A minimal LNS for Basics Stations, written from the protocol's description alone: it lets nodes join.

Nothing here is shared with gateway/sources: frames are put together by hand, and xtime is kept as it came.
"""

import json
import struct
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve

from codec.lorawan import crypto, frames, join, join_server

CONFIG: dict[str, Any] = {
    "msgtype": "router_config",
    "NetID": None,
    "JoinEui": None,
    "region": "EU868",
    "hwspec": "sx1301/1",
    "freq_range": [863000000, 870000000],
    "DRs": [[12, 125, 0], [11, 125, 0], [10, 125, 0], [9, 125, 0], [8, 125, 0], [7, 125, 0], [7, 250, 0]]
    + [[0, 0, 0]]
    + [[-1, 0, 0]] * 8,
    "upchannels": [[868100000, 0, 5], [868300000, 0, 5], [868500000, 0, 5]],
    "max_eirp": 27.0,
    "bcning": None,
    "sx1301_conf": [{}],
}
RATES = {5: (7, 125), 4: (8, 125), 3: (9, 125), 2: (10, 125), 1: (11, 125), 0: (12, 125)}


class StationLns:
    """`window` 1 answers joins in RX1 and RX2, 2 in RX2 alone. Everything said is in `said`, in order."""

    def __init__(self, app_keys: dict[str, bytes], windows: tuple[int, ...] = (1, 2)):
        self.said: list[dict[str, Any]] = []
        self.payloads: list[tuple[str, int, bytes]] = []  # (DevEUI, FCnt, in the clear)
        self.xtime_offset = 0  # what an order's xtime is wrong by
        self._app_keys = app_keys
        self._windows = windows
        self._sessions: dict[int, tuple[str, bytes, bytes]] = {}
        self._open: list[ServerConnection] = []
        self._server: Server | None = None

    async def start(self) -> str:
        self._server = await serve(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return f"ws://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    async def hang_up(self) -> None:
        """End every connection; stations come back by themselves."""
        for connection in self._open:
            await connection.close()

    def kinds(self) -> list[str]:
        return [said["msgtype"] for said in self.said]

    async def _serve(self, connection: ServerConnection) -> None:
        assert connection.request
        if connection.request.path == "/router-info":
            router = json.loads(await connection.recv())["router"]
            eui = router.replace(":", "")
            await connection.send(
                json.dumps({"router": router, "muxs": "::0", "uri": f"ws://127.0.0.1:{self.port}/r/{eui}"})
            )
            return
        self._open.append(connection)
        async for text in connection:
            said = json.loads(text)
            self.said.append(said)
            for answer in self._answers(said):
                await connection.send(json.dumps(answer))

    def _answers(self, said: dict[str, Any]) -> list[dict[str, Any]]:
        if said["msgtype"] == "version":
            return [CONFIG]
        if said["msgtype"] == "timesync":
            return [{"msgtype": "timesync", "txtime": said["txtime"], "gpstime": 1}]
        if said["msgtype"] == "jreq":
            return self._accept(said)
        if said["msgtype"] == "updf":
            self._take(said)
        return []

    def _accept(self, said: dict[str, Any]) -> list[dict[str, Any]]:
        join_eui, dev_eui = (bytes.fromhex(said[name].replace("-", "")) for name in ("JoinEui", "DevEui"))
        phy = struct.pack(
            "<B8s8sHi", said["MHdr"], join_eui[::-1], dev_eui[::-1], said["DevNonce"], said["MIC"]
        )
        app_key = self._app_keys[dev_eui.hex()]
        if not join_server.request_mic_fits(phy, app_key):
            return []
        addr = 0x01000000 + len(self._sessions)
        accept = join.JoinAccept(len(self._sessions) + 1, 0, addr, 0, 0, 1, b"")
        keys = crypto.session_keys(app_key, accept.join_nonce, 0, said["DevNonce"])
        self._sessions[addr] = (dev_eui.hex(), *keys)
        order = self._order(said, join_server.build_accept(accept, app_key), 5)
        return [order]

    def _order(self, said: dict[str, Any], phy: bytes, delay_s: int) -> dict[str, Any]:
        order = {
            "msgtype": "dnmsg", "dC": 0, "diid": len(self.said), "priority": 1, "RxDelay": delay_s,
            "DevEui": said.get("DevEui", "00-00-00-00-00-00-00-00"), "pdu": phy.hex().upper(),
            "rctx": said["upinfo"]["rctx"], "xtime": said["upinfo"]["xtime"] + self.xtime_offset,
            "MuxTime": 1.0,
        }  # fmt: skip
        if 1 in self._windows:
            order |= {"RX1DR": said["DR"], "RX1Freq": said["Freq"]}
        if 2 in self._windows:
            order |= {"RX2DR": 0, "RX2Freq": 869525000}
        return order

    def _take(self, said: dict[str, Any]) -> None:
        options, payload = bytes.fromhex(said["FOpts"]), bytes.fromhex(said["FRMPayload"])
        port = b"" if said["FPort"] == -1 else bytes([said["FPort"]])
        phy = struct.pack("<BiBH", said["MHdr"], said["DevAddr"], said["FCtrl"], said["FCnt"])
        phy += options + port + payload + struct.pack("<i", said["MIC"])
        dev_eui, nwk_s_key, app_s_key = self._sessions[said["DevAddr"] & 0xFFFFFFFF]
        if frames.mic_fits(phy, nwk_s_key, said["FCnt"]):
            frame = frames.parse(phy)
            clear = frames.open_payload(frame, nwk_s_key, app_s_key, said["FCnt"])
            self.payloads.append((dev_eui, said["FCnt"], clear))
