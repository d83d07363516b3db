"""Takes from a node what belongs to an identity that it gives up: session, what waits, the JoinNonce.

The DevNonce goes on: a network that remembers this DevEUI refuses one that it has seen (TS001-1.0.4 6.2.4).
"""

import json
import os
import struct

_NONCES = "<III"  # as firmware/session.py has it: tag of the JoinEUI, next DevNonce, last JoinNonce + 1

for name in os.listdir("/"):
    if name.startswith("session."):
        os.remove(f"/{name}")
try:
    import machine

    machine.RTC().memory(b"")
except (ImportError, AttributeError, OSError):  # a chip without such memory
    pass
try:
    from firmware.store import file_store

    _flash = file_store("/")
    _saved = _flash.get("nonces")
    if _saved:
        tag, dev_nonce, _ = struct.unpack(_NONCES, _saved)
        _flash.put("nonces", struct.pack(_NONCES, tag, dev_nonce, 0))
    print(json.dumps("forgotten"))
except ImportError:
    print(json.dumps("not flashed"))
