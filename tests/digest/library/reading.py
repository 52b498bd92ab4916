"""A reader of BibTeX as strict as BibTeX: braces are counted, whatever stands before them."""

import re

_SIGNS = {
    "textbackslash": "\\",
    "textbraceleft": "{",
    "textbraceright": "}",
    "textasciitilde": "~",
    "textasciicircum": "^",
    "textless": "<",
    "textgreater": ">",
    "textbar": "|",
}


def entries(text: str) -> dict[str, dict[str, str]]:
    """The fields of each entry by its key, as TeX source."""
    found: dict[str, dict[str, str]] = {}
    while text := text.strip():
        head = re.match(r"@misc\{([^,{}\s]+),", text)
        assert head, text
        body, text = _braced(text[len("@misc") :])
        assert head[1] not in found
        found[head[1]] = _fields(body.partition(",")[2])
    return found


def _fields(body: str) -> dict[str, str]:
    fields = {}
    while body := body.strip(" \n,"):
        field = re.match(r"([a-z]+) = ", body)
        assert field, body
        rest = body[field.end() :]
        value, body = _braced(rest) if rest.startswith("{") else rest.split(",", 1)
        fields[field[1]] = value
    return fields


def _braced(text: str) -> tuple[str, str]:
    """What stands in the braces that `text` begins with, and what follows them."""
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign == "{") - (sign == "}")
        if depth == 0:
            return text[1:at], text[at + 1 :]
    raise AssertionError(text)


def printed(source: str) -> str:
    """What TeX prints of a field without mathematics; it fails at a sign that TeX would take for its own."""
    out, rest = [], source
    while rest:
        command = re.match(r"\\([a-z]+)\}|\\([%$&#_])", rest)
        if command:
            out.append(_SIGNS[command[1]] if command[1] else command[2])
            rest = rest[command.end() :]
        else:
            assert rest[0] not in "\\%$&#_~^", source
            out.append(rest[0] if rest[0] not in "{}" else "")
            rest = rest[1:]
    return "".join(out)
