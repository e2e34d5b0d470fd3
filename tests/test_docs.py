"""What is generated is up to date, and messages are complete in both languages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("script", ["write_reference.py", "messages.py"])
def test_generated_files_are_up_to_date(script: str) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / script), "--check"],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONUTF8": "1"}, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


def test_every_link_of_the_readmes_leads_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("layers/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page}: {target}"


def test_the_project_speaks_of_itself_alone() -> None:
    """No host of a package registry, no path of the machine it was made on."""
    forbidden = re.compile(r"pypi\.org|files\.pythonhosted|registry\.npmjs|deb\.debian|/work/(main|shared)")
    listed = subprocess.run(
        ["git", "ls-files"], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split("\n")
    texts = [
        ROOT / name
        for name in listed
        if name.endswith((".py", ".md", ".cfg", ".toml", ".txt", ".js", ".csv", ".po"))
    ]
    assert len(texts) > 50
    guilty = [
        p for p in texts if p.name != "test_docs.py" and forbidden.search(p.read_text(encoding="utf-8"))
    ]
    assert guilty == []
