"""The Jinja environment of pages; what it compiled outlives it, for each change of DEBUG makes another."""

from typing import Any

from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket

from digest.web import rendering


class Compiled(BytecodeCache):
    """What was compiled of each template, while its source stays the same."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code
        self._code[bucket.key, bucket.checksum] = bucket.code


_compiled = Compiled()


def environment(**options: object) -> Environment:
    made = rendering.environment(**options)
    made.bytecode_cache = _compiled
    return made
