"""Certificates for a day."""

import subprocess
from pathlib import Path

import pytest

from tests.gateway.station import EUI


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, a server's certificate for 127.0.0.1, a client's and a station's."""
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl(
        "req", "-x509", *key, "-days", "1", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=authority"
    )
    (folder / "server.cnf").write_text("subjectAltName = IP:127.0.0.1\n")
    signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "1")
    for name, common_name in (("server", "server"), ("client", "client"), ("station", EUI.upper())):
        openssl("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={common_name}")
        extra = ("-extfile", "server.cnf") if name == "server" else ()
        openssl("x509", "-req", "-in", f"{name}.csr", *signing, "-out", f"{name}.pem", *extra)
    return folder
