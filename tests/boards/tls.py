"""A gateway over TLS for the workbench's tests: authorities made here, a certificate for 127.0.0.1."""

import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.boards.test_registry import Gateway

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def authority(folder: Path, name: str) -> Path:
    """A private authority; returns its certificate."""
    _openssl(
        folder, "req", "-x509", *_KEY, "-days", "1", "-keyout", f"{name}.key", "-out", f"{name}.pem",
        "-subj", f"/CN={name}",
    )  # fmt: skip
    return folder / f"{name}.pem"


def certificate(folder: Path, ca: Path, address: str) -> Path:
    """For a server at an address, with its key in the same file."""
    name = f"server-{address}"
    (folder / f"{name}.cnf").write_text(f"subjectAltName = IP:{address}\n")
    _openssl(folder, "req", *_KEY, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", "/CN=gateway")
    signing = ("-CA", ca.name, "-CAkey", f"{ca.stem}.key", "-CAcreateserial", "-days", "1")
    extra = ("-extfile", f"{name}.cnf", "-out", f"{name}.crt")
    _openssl(folder, "x509", "-req", "-in", f"{name}.csr", *signing, *extra)
    both = folder / f"{name}.pem"
    both.write_text((folder / f"{name}.crt").read_text() + (folder / f"{name}.key").read_text())
    return both


@contextmanager
def served(certified: Path) -> Iterator[Gateway]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certified)
    with Gateway() as gateway:
        gateway.socket = context.wrap_socket(gateway.socket, server_side=True)
        gateway.handle_error = lambda request, address: None  # type: ignore[method-assign,assignment]
        thread = threading.Thread(target=gateway.serve_forever)
        thread.start()
        try:
            yield gateway
        finally:
            gateway.shutdown()
            thread.join()


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
