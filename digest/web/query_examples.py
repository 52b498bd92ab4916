"""The query language by examples, for who writes a query on a page; no language translates the queries."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy


@dataclass(frozen=True, slots=True)
class QueryExample:
    """A query, and what it finds; whether everybody can try it, or it names what may not be stored here."""

    query: str
    meaning: Promise
    anywhere: bool = True


QUERY_EXAMPLES = (
    QueryExample("agent memory", gettext_lazy("both words, in any order; “agents” and “memories” count too")),
    QueryExample("robot OR drone", gettext_lazy("either of them")),
    QueryExample("diffusion NOT video", gettext_lazy("the first without the second")),
    QueryExample('"speculative decoding"', gettext_lazy("these words side by side")),
    QueryExample("quant*", gettext_lazy("every word that begins with “quant”, such as quantization")),
    QueryExample(
        "title:reasoning", gettext_lazy("only in titles; author: and org: look at who wrote it, and where")
    ),
    QueryExample("(agent OR robot) upvotes>=50", gettext_lazy("either of them, with at least 50 upvotes")),
    QueryExample(
        "like:2311.12345",
        gettext_lazy("papers like that one, by its arXiv id or DOI; each paper's page offers it"),
        anywhere=False,
    ),
)
