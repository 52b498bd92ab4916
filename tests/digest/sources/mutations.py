"""Ways in which an answer may be damaged: cut, changed, repeated, nested, made huge."""

import json
import random
from collections.abc import Callable
from typing import Any

from digest.sources import MAX_BYTES

TOKENS = [
    *(
        b"<",
        b">",
        b"<p>",
        b"<div>",
        b"</p>",
        b"<!--",
        b"-->",
        b"<![CDATA[",
        b"<h4>",
        b"<script>",
        b"<a b='",
        b"<b/>",
    ),
    *(
        b"&",
        b"&amp;",
        b"&#8;",
        b"&lt;",
        b"[",
        b"]",
        b"{",
        b"}",
        b'{"a":',
        b"[[",
        b'"',
        b"'",
        b"\\",
        b"\\u0000",
    ),
    *(
        b"(",
        b")",
        b"((",
        b" (",
        b",",
        b", ",
        b";",
        b" and ",
        b"|",
        b"\t",
        b" ",
        b"  ",
        b"\n",
        b"\r",
        b"\n\n",
        b"\r\n",
    ),
    *(
        b"@",
        b"@a{",
        b"@a{b,",
        b"title = {",
        b"TY  - \n",
        b"AU  - a\n",
        b"#",
        b"=",
        b'" # "',
        b"$",
        b"\\'{e}",
        b"--",
    ),
    *(
        b"0",
        b"1",
        b"-",
        b"10.1/",
        b"a",
        b"a ",
        b"A. ",
        b"\xc2\xb7\n",
        b"\xc2\xa0",
        b"\xf0\x9f\xa6\x9c",
        b"\xff",
        b"\x00",
    ),
    *(
        b"<item>",
        b"<entry>",
        b"<item><title>a</title></item>",
        b'{"title":"a"}\n',
        b'{"title":"a"},',
        b"<author>",
    ),
]
VALUES: list[Any] = [
    *(
        None,
        True,
        -1,
        0,
        1.5,
        10**30,
        "",
        " ",
        "x",
        "12",
        "2026-6-30",
        "9999-99-99",
        "\ud83d",
        "\u202e",
        [],
        {},
    ),
    *(
        "<i>" * 1_000,
        "(" * 10_000,
        "a " * 10_000,
        "{" * 10_000,
        "," * 10_000,
        [[[[]]]],
        {"a": {"b": {}}},
        ["A"] * 5_000,
    ),
    *(
        {"value": None},
        {"value": "x"},
        [None, 7, "A"],
        {"name": ["A"]},
        {"x": [10**9]},
        {"x": [-1]},
        {"x": 5},
    ),
]


def cut(raw: bytes, chance: random.Random) -> bytes:
    return raw[: chance.randrange(len(raw) + 1)]


def flip(raw: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(raw)
    for _ in range(chance.choice([1, 3, 30])):
        if damaged:
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    return bytes(damaged)


def remove(raw: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(raw) + 1)
    return raw[:start] + raw[start + chance.choice([1, 10, 200, 2_000]) :]


def duplicate(raw: bytes, chance: random.Random) -> bytes:
    """A piece of it again, once or very often."""
    start = chance.randrange(len(raw) + 1)
    piece = raw[start : start + chance.choice([1, 10, 100, 1_000, 10_000])]
    return _repeated(raw, piece, start, chance)


def insert(raw: bytes, chance: random.Random) -> bytes:
    """Something that formats are made of, once or very often: what nests, if it opens something."""
    return _repeated(raw, chance.choice(TOKENS), chance.randrange(len(raw) + 1), chance)


def replace_value(raw: bytes, chance: random.Random) -> bytes:
    """A value anywhere in a JSON document, or in a line of it, replaced by one of another kind."""
    lines = raw.split(b"\n") if raw.startswith(b'{"') else [raw]
    number = chance.randrange(len(lines))
    try:
        document = json.loads(lines[number])
    except ValueError:
        return flip(raw, chance)
    parent: Any = None
    name: Any = None
    node = document
    while isinstance(node, dict | list) and node and (parent is None or chance.random() < 0.8):
        parent, name = node, chance.choice(list(node) if isinstance(node, dict) else range(len(node)))
        node = parent[name]
    value = chance.choice(VALUES)
    if parent is None:
        document = value
    else:
        parent[name] = value
    lines[number] = json.dumps(document).encode()
    return b"\n".join(lines)


def replace_text(raw: bytes, chance: random.Random) -> bytes:
    """What stands between two tags, quotation marks, commas or lines replaced by something long or odd."""
    value = chance.choice(VALUES)
    text = (value if isinstance(value, str) else json.dumps(value)).encode("utf-8", "surrogatepass")
    edges = [at for at, sign in enumerate(raw[:200_000]) if sign in b'<>",;\n{}']
    if len(edges) < 2:
        return raw + text
    at = chance.randrange(len(edges) - 1)
    return raw[: edges[at] + 1] + text + raw[edges[at + 1] :]


def _repeated(raw: bytes, piece: bytes, at: int, chance: random.Random) -> bytes:
    times = chance.choice([1, 2, 50, 1_000, 20_000, 300_000, MAX_BYTES])
    room = max(0, chance.choice([MAX_BYTES, 1_000_000]) - len(raw))
    return raw[:at] + piece * min(times, room // max(1, len(piece))) + raw[at:]


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(cut, flip, remove, duplicate, duplicate, insert, insert, replace_value, replace_value, replace_text),
)
