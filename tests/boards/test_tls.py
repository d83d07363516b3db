"""A gateway with a private authority: believed with --ca, and told no key without it."""

from pathlib import Path

import pytest

from boards.workbench import WorkbenchError, provisioning
from boards.workbench.registry import Registry
from tests.boards import tls

IDENTITY = provisioning.make("0200006d66000c02", None, ())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("ours", "theirs"):
        tls.authority(folder, name)
    for address in ("127.0.0.1", "127.0.0.2"):
        tls.certificate(folder, folder / "ours.pem", address)
    return folder


def url(gateway: tls.Gateway) -> str:
    return gateway.url.replace("http://", "https://")


def test_a_gateway_of_the_named_authority_is_told_the_key(folder: Path) -> None:
    with tls.served(folder / "server-127.0.0.1.pem") as gateway:
        with Registry(url(gateway), "a-token", folder / "ours.pem") as registry:
            registry.register(IDENTITY, "Aue", {}, replaces=False)
        [(method, path, authorization, body)] = gateway.heard
    assert (method, path, authorization) == ("POST", "/api/v1/devices", "Bearer a-token")
    assert body["keys"]["app_key"] == IDENTITY.app_key.hex()


@pytest.mark.parametrize(
    ("address", "ca"), [("127.0.0.1", None), ("127.0.0.1", "theirs.pem"), ("127.0.0.2", "ours.pem")]
)
def test_an_unknown_authority_or_another_address_is_told_nothing(
    folder: Path, address: str, ca: str | None
) -> None:
    with (
        tls.served(folder / f"server-{address}.pem") as gateway,
        Registry(url(gateway), "a-token", folder / ca if ca else None) as registry,
        pytest.raises(WorkbenchError, match=r"does not answer: .*certificate"),
    ):
        registry.register(IDENTITY, "Aue", {}, replaces=False)
    assert gateway.heard == []


def test_a_file_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(WorkbenchError, match=r"ca\.pem is no certificate in PEM"):
        Registry("https://127.0.0.1:9", None, tmp_path / "ca.pem")
