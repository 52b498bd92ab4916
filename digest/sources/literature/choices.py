"""What an operator chooses for an index of the literature: a query in its own syntax, a key."""

from digest.sources.adapter import Setting, Values
from digest.sources.errors import SourceRefused


def query_setting(help_text: str) -> Setting:
    """The query of a source; `help_text` has an example in the index's own syntax."""
    return Setting("query", "Query", help=help_text, lines=True, check=one_line)


def api_key_setting(help_text: str) -> Setting:
    """A key that makes more requests possible; `help_text` says where it is from."""
    return Setting("api_key", "API key", help=help_text, required=False, secret=True, check=str.strip)


def one_line(text: str) -> str:
    """A query as it is stored: without line breaks and further blanks."""
    return " ".join(text.split())


def require_value(values: Values, name: str, title: str) -> str:
    """What the operator chose for a setting; SourceRefused where nothing is chosen."""
    value = values.get(name, "").strip()
    if not value:
        raise SourceRefused(f"Expected a {name} for {title}, found none: say it in the source's settings.")
    return value
