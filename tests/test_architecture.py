"""The house stands: arrows run one way, and what is contained stays contained (docs/architecture.md)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "landinv"
LEAVES = {"errors", "i18n", "__init__", "__main__"}
ARROWS = {
    "disk": set(),
    "model": set(),
    "geometry": {"model"},
    "intake": {"geometry", "model"},
    "supply": {"geometry", "model"},
    "rules": {"model"},
    "ledger": {"geometry", "model"},
    "inventory": {"geometry", "model"},
    "store": {"inventory", "model", "disk"},
    "reports": {"inventory", "rules", "model"},
    "fieldwork": {"geometry", "model"},
    "outputs": {"reports", "fieldwork", "inventory", "geometry", "model", "disk"},
    "workflow": {
        "intake", "supply", "rules", "ledger", "store", "reports", "fieldwork", "outputs",
        "inventory", "geometry", "model", "disk",
    },
    "cli": {"workflow", "model"},
}  # fmt: skip
# module: the only files (prefixes below landinv/) that may import it
CONTAINED = {
    "click": ("cli/",),
    "rich": ("cli/",),
    "folium": ("outputs/",),
    "branca": ("outputs/",),
    "fiona": ("intake/worker",),
    "pyogrio": ("intake/worker", "outputs/layers"),
    "sqlite3": ("store/", "intake/worker"),
    "xlsxwriter": ("outputs/",),
    "openpyxl": ("intake/worker", "outputs/lists/"),
}


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def wrong_arrows(room: str, names: Iterator[str] | list[str]) -> list[str]:
    """Imports that the room's row does not allow."""
    wrong = []
    for name in names:
        parts = name.split(".")
        if parts[0] != "landinv" or len(parts) == 1:
            continue
        target = parts[1]
        allowed = {room, *LEAVES, *ARROWS.get(room, set())}
        if target not in allowed:
            wrong.append(name)
    return wrong


def test_every_room_is_in_the_plan() -> None:
    rooms = {room_of(path) for path, _ in modules()}
    assert rooms - LEAVES == set(ARROWS)


def test_arrows_run_one_way() -> None:
    wrong = {
        str(path.relative_to(ROOT)): found
        for path, tree in modules()
        if room_of(path) not in LEAVES and (found := wrong_arrows(room_of(path), imported(tree)))
    }
    assert wrong == {}


def test_leaves_import_no_room() -> None:
    for name in ("errors", "i18n"):
        tree = ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8"))
        assert [m for m in imported(tree) if m.startswith("landinv")] == []


@pytest.mark.parametrize("module", sorted(CONTAINED))
def test_module_is_contained(module: str) -> None:
    outside = [
        str(path.relative_to(PACKAGE))
        for path, tree in modules()
        if any(name.split(".")[0] == module for name in imported(tree))
        and not path.relative_to(PACKAGE).as_posix().startswith(CONTAINED[module])
    ]
    assert outside == []


def test_nobody_but_the_command_line_prints() -> None:
    printing = [
        str(path.relative_to(PACKAGE))
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert printing == []


def test_a_wrong_arrow_is_seen() -> None:
    """The checker itself: sisters may not import one another, nor geometry the law."""
    assert wrong_arrows("supply", ["landinv.rules.supplies", "landinv.model.keys", "numpy"]) == [
        "landinv.rules.supplies"
    ]
    assert wrong_arrows("geometry", ["landinv.intake"]) == ["landinv.intake"]


def test_the_page_shows_the_same_plan() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)(?:/|\.py)` \|[^|]*\| ([^|]*) \|", page, flags=re.M)
    shown = {room: set(re.findall(r"\w+", allowed)) - {"none"} for room, allowed in rows}
    assert shown == {
        room: allowed - {"errors"} for room, allowed in {**ARROWS, "errors": set(), "i18n": set()}.items()
    }


def test_files_stay_small() -> None:
    long = {p.name: n for p, _ in modules() if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400}
    assert long == {}
