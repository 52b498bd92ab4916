"""Which version of the matching package made something that is stored."""

import hashlib
from functools import cache
from pathlib import Path

import digest.matching

_PARTS = frozenset({".py", ".json", ".toml", ".tsv"})


@cache
def version() -> str:
    """Another text after any change of the package's code or data: what older ones stored is made anew."""
    return version_of(Path(digest.matching.__file__).parent)


def version_of(package: Path) -> str:
    """A hash of all code and data below `package`, of its sub-packages too, and of where they lie."""
    files = sorted(path for path in package.rglob("*") if path.suffix in _PARTS)
    content = b"".join(path.relative_to(package).as_posix().encode() + path.read_bytes() for path in files)
    return hashlib.blake2b(content, digest_size=12).hexdigest()
