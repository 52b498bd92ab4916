"""One text out of a template and the files it extends and includes, so that it can be inlined as a whole.

The inliner must see each element with all its ancestors, and must run once per letter; so `{% extends %}`,
`{% block %}` and `{% include %}` are resolved here, as text, before Jinja sees the template. An include
in a loop sees the loop's variables, as in Jinja. That needs a small dialect: names in quotes, blocks that
are not nested, no `super()`, no macros and no imports. Templates for text are left to Jinja.
"""

import re
from collections.abc import Callable

_EXTENDS = re.compile(r"\{%-?\s*extends\s+[\"']([^\"']+)[\"']\s*-?%\}")
_INCLUDE = re.compile(r"\{%-?\s*include\s+[\"']([^\"']+)[\"']\s*-?%\}")
_BLOCK = re.compile(r"\{%-?\s*block\s+(\w+)\s*-?%\}(.*?)\{%-?\s*endblock(?:\s+\w+)?\s*-?%\}", re.DOTALL)
_LEFT_OVER = re.compile(
    r"\{%-?\s*(?:extends|include|block|endblock|import|from|macro|call|raw|autoescape)\b[^%]*%\}|\bsuper\(\)"
)


class TemplateUnusual(ValueError):
    """A template uses what cannot be flattened; the message names it."""


def flatten(name: str, read: Callable[[str], str]) -> str:
    """The template `name` as one text. `read` gives a file's text and raises for an unknown name.

    A cycle of includes or parents raises `TemplateUnusual`, as does all that is outside the dialect.
    """
    text = _whole(name, read, ())
    if left_over := _LEFT_OVER.search(text):
        raise TemplateUnusual(f"{name}: {left_over.group()} cannot be flattened")
    return text


def _whole(name: str, read: Callable[[str], str], above: tuple[str, ...]) -> str:
    if name in above:
        raise TemplateUnusual(f"{name} contains itself, by way of {', '.join(above)}")
    text = read(name).removesuffix("\n")
    parent = _EXTENDS.search(text)
    if parent:
        own: dict[str, str] = dict(_BLOCK.findall(text))
        text = _BLOCK.sub(
            lambda block: own.get(block[1]) or block[2], _whole(parent[1], read, (*above, name))
        )
    elif not above:
        text = _BLOCK.sub(lambda block: block[2], text)
    return _INCLUDE.sub(lambda part: _whole(part[1], read, (*above, name)), text)
