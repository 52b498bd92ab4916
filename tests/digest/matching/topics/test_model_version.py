"""What is stored by matching is made anew after any change of its code or data."""

from pathlib import Path

import digest.matching
from digest.matching.topics.model_version import version, version_of

ROOT = Path(digest.matching.__file__).parent


def test_a_change_anywhere_below_is_another_version(tmp_path: Path) -> None:
    below = tmp_path / "query" / "parser.py"
    below.parent.mkdir()
    below.write_text("AND = 1")
    before = version_of(tmp_path)
    below.write_text("AND = 2")
    changed = version_of(tmp_path)
    below.rename(tmp_path / "parser.py")
    assert len({before, changed, version_of(tmp_path)}) == 3


def test_the_version_is_that_of_the_whole_package(tmp_path: Path) -> None:
    for path in ROOT.rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            copy = tmp_path / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    assert version_of(tmp_path) == version()
