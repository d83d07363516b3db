"""A certificate for 127.0.0.1 and its key, made by openssl for one test."""

import subprocess
from pathlib import Path


def certificate(folder: Path, days: int = 30) -> tuple[Path, Path]:
    """Signed by itself: who trusts the file trusts the server."""
    made = folder / "server.pem", folder / "server.key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-days", str(days), "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-out", made[0], "-keyout", made[1]),
        ],
        check=True,
        capture_output=True,
    )
    return made
