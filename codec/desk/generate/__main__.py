"""`make generate`: writes everything that follows from the registry and is kept in the repository."""

from pathlib import Path

from codec.desk.generate import FILES

ROOT = Path(__file__).parents[3]


def main() -> None:
    for name, content in FILES.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content(), encoding="utf-8")


if __name__ == "__main__":
    main()
