"""`{% fragment key %}…{% endfragment %}`: a stretch that is printed once for all letters that hold it."""

from collections.abc import Callable, Hashable

from jinja2 import Environment
from jinja2.ext import Extension
from jinja2.nodes import CallBlock, Const, Node
from jinja2.parser import Parser

from digest.compose.templating.placeholders import SEAM

_KEPT = 8192


class Fragments(Extension):
    """Keeps what each fragment printed, and prints it between seams.

    The key, one value or several, must hold all that the stretch depends on. Keys are kept, so that
    a value that is compared by identity is not mistaken for a later one.
    """

    tags = frozenset({"fragment"})  # type: ignore[assignment]

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._printed: dict[tuple[str, Hashable], str] = {}

    def parse(self, parser: Parser) -> Node:
        line = next(parser.stream).lineno
        key = parser.parse_tuple()
        body = parser.parse_statements(("name:endfragment",), drop_needle=True)
        call = self.call_method("_print", [Const(f"{parser.name}:{line}"), key])
        return CallBlock(call, [], [], body).set_lineno(line)

    def _print(self, place: str, key: Hashable, caller: Callable[[], str]) -> str:
        printed = self._printed.get((place, key))
        if printed is None:
            if len(self._printed) >= _KEPT:
                self._printed.clear()  # another day's papers: the next letters fill it again
            printed = self._printed[place, key] = f"{SEAM}{caller()}{SEAM}"
        return printed
