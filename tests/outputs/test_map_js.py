"""The page's scripts, tested in node: decoding, point in polygon, filter, projection."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

JS_TESTS = Path(__file__).resolve().parent.parent / "js"


def test_scripts_of_the_page_pass_their_own_tests() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.fail("node is needed to test the map's scripts; install nodejs (version 20 or later)")
    tests = sorted(str(path) for path in JS_TESTS.glob("*.test.mjs"))
    assert len(tests) >= 3
    done = subprocess.run([node, "--test", *tests], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "# fail 0" in done.stdout
