"""Says the SHA-256 of each file of GIVEN["names"]; of one that is not there it says nothing."""

import binascii
import hashlib
import json

for name in GIVEN["names"]:
    try:
        digest = hashlib.sha256()
        with open(name, "rb") as file:
            while True:
                part = file.read(512)
                if not part:
                    break
                digest.update(part)
    except OSError:
        continue
    print(json.dumps([name, binascii.hexlify(digest.digest()).decode()]))
