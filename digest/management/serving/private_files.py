"""Files that hold addresses or keys are for the user of the service alone."""

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO
_BESIDE = ("", "-wal", "-shm", "-journal")  # SQLite's own files, which get the mode of the database


class OpenToOthers(Exception):
    """Something can be read by other users and we may not change that; the message is for the operator."""


def holding_people(data_dir: Path, database: str) -> Iterator[Path]:
    """What is in DATA_DIR, and the database, which may be elsewhere."""
    yield data_dir
    yield from (data_dir / name for name in ("secret_key", "dkim", "mailbox", "log", "run", "valkey"))
    yield from (Path(f"{database}{suffix}") for suffix in _BESIDE)


def take_from_others(paths: Iterable[Path]) -> Iterator[Path]:
    """Close those of `paths` that exist to all other users; yields each that was open to them."""
    for path in paths:
        try:
            mode = path.stat().st_mode
            if mode & OTHERS:
                path.chmod(stat.S_IMODE(mode) & ~OTHERS)
                yield path
        except FileNotFoundError:
            continue
        except PermissionError as error:
            raise OpenToOthers(
                f"Other users of this machine can read {path}, and it is not ours to change: "
                "give it to the user of the service, or chmod it to 700 (a file: 600)."
            ) from error
