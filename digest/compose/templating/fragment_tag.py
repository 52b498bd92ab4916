"""`{% fragment key %}…{% endfragment %}`: rendered once for all letters that hold it."""

from collections.abc import Callable, Hashable

from jinja2 import Environment
from jinja2.ext import Extension
from jinja2.nodes import CallBlock, Const, Node
from jinja2.parser import Parser

from digest.compose.templating.placeholders import FRAGMENT_EDGE

_KEPT = 8192


class Fragments(Extension):
    """Keeps what each fragment rendered to, and prints it between `FRAGMENT_EDGE`s.

    The key, one value or several, must hold all that the fragment depends on. Keys are kept, so that
    a value that is compared by identity is not mistaken for a later one.
    """

    tags = frozenset({"fragment"})  # type: ignore[assignment]

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._rendered: dict[tuple[str, Hashable], str] = {}

    def parse(self, parser: Parser) -> Node:
        line = next(parser.stream).lineno
        key = parser.parse_tuple()
        body = parser.parse_statements(("name:endfragment",), drop_needle=True)
        call = self.call_method("_render", [Const(f"{parser.name}:{line}"), key])
        return CallBlock(call, [], [], body).set_lineno(line)

    def _render(self, place: str, key: Hashable, caller: Callable[[], str]) -> str:
        rendered = self._rendered.get((place, key))
        if rendered is None:
            if len(self._rendered) >= _KEPT:
                self._rendered.clear()  # another day's papers: the next letters fill it again
            rendered = self._rendered[place, key] = f"{FRAGMENT_EDGE}{caller()}{FRAGMENT_EDGE}"
        return rendered
