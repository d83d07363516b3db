"""A Basics Station for tests, written from the protocol's text and not with the gateway's own builder."""

import asyncio
import json
import struct
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect

from gateway.addresses import Address

EUI = "aa555a0000000201"
SESSION = 0x2A << 48
DATR = {"SF12BW125": 0, "SF9BW125": 3, "SF7BW125": 5}


def id6(eui: str) -> str:
    return ":".join(eui[at : at + 4] for at in range(0, 16, 4))


def upinfo(xtime: int) -> dict[str, Any]:
    return {"rctx": 7, "xtime": xtime, "gpstime": 0, "fts": -1, "rssi": -101, "snr": 5.5, "rxtime": 1.0}


def updf(phy: bytes, xtime: int = SESSION | 1000, ref_time: float = 0.0, **changes: Any) -> dict[str, Any]:
    """A data frame in its parts (s2e_parse_lora_frame)."""
    mhdr, addr, fctrl, fcnt = struct.unpack_from("<BiBH", phy)
    port_at = 8 + (fctrl & 15)
    return {
        "msgtype": "updf",
        "MHdr": mhdr,
        "DevAddr": addr,
        "FCtrl": fctrl,
        "FCnt": fcnt,
        "FOpts": phy[8:port_at].hex(),
        "FPort": phy[port_at],
        "FRMPayload": phy[port_at + 1 : -4].hex(),
        "MIC": struct.unpack("<i", phy[-4:])[0],
        "RefTime": ref_time,
        "DR": 3,
        "Freq": 868_100_000,
        "upinfo": upinfo(xtime),
    } | changes


def jreq(phy: bytes, xtime: int = SESSION | 1000) -> dict[str, Any]:
    _, join_eui, dev_eui, nonce, mic = struct.unpack("<B8s8sHi", phy)
    return {
        "msgtype": "jreq",
        "MHdr": 0,
        "JoinEui": join_eui[::-1].hex("-"),
        "DevEui": dev_eui[::-1].hex("-"),
        "DevNonce": nonce,
        "MIC": mic,
        "RefTime": 0.0,
        "DR": 3,
        "Freq": 868_100_000,
        "upinfo": upinfo(xtime),
    }


def dntxed(order: dict[str, Any], after_s: int) -> dict[str, Any]:
    """Transmitted so long after the uplink."""
    return {
        "msgtype": "dntxed",
        "seqno": order["diid"],
        "diid": order["diid"],
        "DR": order["RX1DR"],
        "Freq": order["RX1Freq"],
        "DevEui": order["DevEui"],
        "rctx": order["rctx"],
        "xtime": order["xtime"] + after_s * 1_000_000,
        "txtime": 1.5,
        "gpstime": 0,
    }


class Station:
    """`async with` connects it: `config` is the router_config it was given."""

    config: dict[str, Any]

    def __init__(self, server: Address, eui: str = EUI, host: str = "127.0.0.1", **options: Any) -> None:
        self.eui = eui
        self._server = server
        self._tls = "ssl" in options
        self._options = {"proxy": None, "open_timeout": 60, "local_addr": (host, 0), **options}

    async def open(self, path: str) -> ClientConnection:
        scheme = "wss" if self._tls else "ws"
        return await connect(f"{scheme}://{self._server}{path}", **self._options)

    async def ask(self) -> dict[str, Any]:
        """Discovery."""
        async with await self.open("/router-info") as infos:
            await infos.send(json.dumps({"router": id6(self.eui)}))
            answer: dict[str, Any] = json.loads(await infos.recv())
        return answer

    async def __aenter__(self) -> Self:
        self.connection = await self.open(f"/router/{self.eui}")
        said = {"station": "2.0.6(linux/testsim)", "model": "linux", "features": "rmtsh gps"}
        nothing = {"firmware": None, "package": None}  # as 2.0.6 says it
        await self.say({"msgtype": "version", **said, **nothing, "protocol": 2})
        self.config = await self.hear()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.connection.close()

    async def say(self, message: Any) -> None:
        await self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(60):
            said: dict[str, Any] = json.loads(await self.connection.recv())
        return said

    async def settle(self) -> list[dict[str, Any]]:
        """All that was said before is done with on return; what came before the answer to it."""
        await self.say({"msgtype": "timesync", "txtime": 12345})
        heard: list[dict[str, Any]] = []
        while not heard or heard[-1].get("txtime") != 12345:
            heard.append(await self.hear())
        return heard[:-1]
