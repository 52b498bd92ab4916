"""Following an organisation or an author: a query of one term, which a form shows as a name."""

from digest.matching import Field, QuerySyntaxError, Term, Text, parse_query

FOLLOWED = (Field.ORG, Field.AUTHOR)


def query_for(field: Field, name: str) -> str:
    """The query that keeps papers of `name`; raises `QuerySyntaxError` if it holds no word."""
    return str(parse_query(f'{field}:"{" ".join(Text(name).forms)}"'))


def followed(query: str) -> tuple[Field, str] | None:
    """The field and the name that `query` follows, or None for any other query."""
    try:
        root = parse_query(query).root
    except QuerySyntaxError:
        return None
    if isinstance(root, Term) and root.field in FOLLOWED and not root.prefix:
        return root.field, " ".join(root.words)
    return None
