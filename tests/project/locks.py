"""Whether the locks are those of the requirements, told without the network.

`python -m tests.project.locks` prints each disagreement and fails if there is one.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCKS = {
    "requirements.lock": ("requirements.txt",),
    "requirements-dev.lock": ("requirements.txt", "requirements-dev.txt"),
}
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", re.MULTILINE)
_ENTRY = re.compile(r"^([a-z0-9-]+)(?:\[[^\]]*\])?==([^\s;]+)(.*\n(?:[ ].*\n)*)", re.MULTILINE)


def disagreements(lock: str, *requirements: str) -> Iterator[str]:
    """What stands in the text of a lock otherwise than in the texts of its requirements, a line each."""
    asked = {_normalized(name): version for text in requirements for name, version in _PIN.findall(text)}
    locked: dict[str, str] = {}
    for name, version, details in _ENTRY.findall(lock):
        locked[name] = version
        if "--hash=sha256:" not in details:
            yield f"{name}=={version} has no hash"
        if "-r requirements" in details and name not in asked:
            yield f"{name}=={version} is no longer required"
    for name, version in asked.items():
        if locked.get(name) != version:
            yield f"{name}=={version} is required, {locked.get(name, 'nothing')} locked"


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> int:
    found = [
        f"{lock}: {line}. Run `make lock`."
        for lock, requirements in LOCKS.items()
        for line in disagreements(
            (ROOT / lock).read_text(), *((ROOT / name).read_text() for name in requirements)
        )
    ]
    print(*found, sep="\n", end="\n" if found else "", file=sys.stderr)  # noqa: T201
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
