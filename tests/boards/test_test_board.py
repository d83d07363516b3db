"""`make test-board`, on the virtual board: what passes there, and that a failure is seen."""

import subprocess
import sys
from pathlib import Path

from tests.boards.virtual import plugged_in
from tests.micropython import on_board


def test_shared_tests_run_over_the_serial_port(tmp_path: Path) -> None:
    with plugged_in(tmp_path / "gateway.db", speed=20) as board:
        command = [
            sys.executable,
            "-m",
            "tests.micropython.on_board",
            board.port,
            "test_cbor",
            "test_aes_block",
        ]
        done = subprocess.run(command, cwd=on_board.ROOT, capture_output=True, text=True, timeout=100)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "ok      test_cbor: " in done.stdout and "test_cbor: 0 tests" not in done.stdout
        results = on_board.run(board.port, ["test_that_is_not_there"], lambda *_: None)
        [(name, error)] = results["test_that_is_not_there"]
        assert name == "import" and error and "ImportError" in error
