"""A `get` that plays answers from a script, and remembers what was asked for."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Scripted:
    """Answers in order; an answer that is no bytes is sent as JSON."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []

    def __call__(self, url: str, headers: Mapping[str, str] | None = None) -> bytes:
        parts = urlsplit(url)
        parameters = {name: value for name, (value,) in parse_qs(parts.query).items()}
        self.asked.append((f"{parts.scheme}://{parts.netloc}{parts.path}", parameters, dict(headers or {})))
        answer = self.answers.pop(0)
        return answer if isinstance(answer, bytes) else json.dumps(answer).encode()
