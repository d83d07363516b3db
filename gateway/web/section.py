"""The table of the configuration that says what the pages tell of their operator."""

from pathlib import Path

from pydantic import Field

from gateway.peers import File
from gateway.section import Section


class PageConfig(Section):
    """Texts stand in files of their own, as plain text: an empty line begins a paragraph."""

    title: str = Field(default="messfunk", description="a text: what stands at the top of each page")
    operator: str = Field(default="", description="a text: who runs this gateway, such as a municipality")
    contact: str = Field(
        default="", description="an e-mail address or an https address for feedback; it stands on every page"
    )
    imprint_file: File | None = Field(default=None, description="a path: the text of the imprint")
    privacy_file: File | None = Field(default=None, description="a path: the text on privacy")
    accessibility_file: File | None = Field(
        default=None, description="a path: what the accessibility statement says beyond ours"
    )
    map_file: File | None = Field(
        default=None, description="a path: the base map, from `messfunk geo import`, or a .pmtiles file"
    )
    map_source: str = Field(default="", description="a text: whose data the base map shows")

    @property
    def has_map(self) -> bool:
        return self.map_file is not None

    @property
    def map_address(self) -> str | None:
        return f"/map{self.map_file.suffix}" if self.map_file else None

    @property
    def contact_link(self) -> str | None:
        if not self.contact:
            return None
        return self.contact if self.contact.startswith("https://") else f"mailto:{self.contact}"

    def text(self, name: str) -> list[str]:
        """The paragraphs of one of the texts; none when the operator has given none."""
        file: Path | None = getattr(self, f"{name}_file")
        return file.read_text("utf-8").strip().split("\n\n") if file else []
