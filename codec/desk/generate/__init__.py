"""What follows from the registry and is kept in the repository: file by file, and how it is made."""

from collections.abc import Callable

from codec.desk.generate import cddl, javascript, page, vectors

FILES: dict[str, Callable[[], str]] = {
    "codec/decoder.js": javascript.decoder,
    "codec/payload.cddl": cddl.payload,
    "codec/README.md": page.wire_format,
    "codec/vectors/test_decode_messfunk.json": vectors.chirpstack_decode,
    "codec/vectors/test_encode_messfunk.json": vectors.chirpstack_encode,
    "codec/vectors/messfunk-codec.yaml": vectors.the_things_network,
}
