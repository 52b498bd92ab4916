"""`{% fragment name %}…{% endfragment %}`: part of a template that is also rendered alone.

A letter is put together from fragments that other letters hold, too. Where such a fragment, or the letter
itself, holds others, `{% place %}…{% endplace %}` is around them: rendered with `apart`, it prints `PLACE`
and nothing else. Rendered without, a template prints the same as if neither tag were there.
"""

from typing import cast

from jinja2 import Environment, Template, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

PLACE = "\x1e"  # a control character, which no text from outside keeps


class Fragments(Extension):
    """Remembers what is between the tags of a fragment."""

    tags = frozenset({"fragment", "place"})  # type: ignore[assignment]  # a set in the stubs

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._bodies: dict[tuple[str | None, str], list[nodes.Node]] = {}

    def parse(self, parser: Parser) -> nodes.Node | list[nodes.Node]:
        tag = next(parser.stream)
        if tag.value == "place":
            body = parser.parse_statements(("name:endplace",), drop_needle=True)
            apart = nodes.Test(nodes.Name("apart", "load"), "defined", [], [], None, None)
            held: list[nodes.Node] = [nodes.Output([nodes.TemplateData(PLACE)])]
            return nodes.If(apart, held, [], body).set_lineno(tag.lineno)
        name = parser.stream.expect("name").value
        body = parser.parse_statements(("name:endfragment",), drop_needle=True)
        self._bodies[parser.name, name] = body
        return body

    def alone(self, template: str, fragment: str) -> Template:
        """A fragment of a template that was loaded, as a template of its own."""
        tree = nodes.Template(self._bodies[template, fragment]).set_environment(self.environment)
        # Whether it escapes depends on the end of its name.
        code = self.environment.compile(cast("nodes.Template", tree), f"{fragment} of {template}")
        return Template.from_code(self.environment, code, self.environment.make_globals(None))


def fragments_of(environment: Environment) -> Fragments:
    """Those of the templates that were loaded in `environment`."""
    return cast("Fragments", environment.extensions[Fragments.identifier])
