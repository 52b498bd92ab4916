"""Which papers a query keeps, and why: the query language, the percolator and the reasons.

The language, loosest binding first:

    a OR b              either
    a b, a AND b        both
    NOT a, -a           without
    a NEAR/5 b          near each other: at most 5 words between, in either order
    a^2                 counts twice for the order of papers, not for which are kept
    (a b)               grouping
    title:a             in the title only; likewise abstract: author: org: source:; also before a group
    topic:agents        what the model of a preset topic keeps
    like:2311.12345     papers like that one, which is named by its arXiv id or DOI
    upvotes>=50         also comments, authors and day, with >= <= > < =; day:2025-11-05
    "a b"               the words in this order, side by side
    quant*              words that begin so

Words match whatever their case, accents or ending (“agents” finds “agent” and “agentic”), in
American or British spelling, and however they are joined: `fine-tuning`, `finetuning` and
`"fine tuning"` find each other. Without a field they are looked for in title and abstract.
"""

from digest.matching.ast import And, Compare, Field, Like, Near, Not, Number, Or, Query, Term, Topic, Weight
from digest.matching.paper import PaperText
from digest.matching.query.lexer import QuerySyntaxError
from digest.matching.query.parser import parse_query
from digest.matching.reasons import Explanation, Reason
from digest.matching.tokenizer import Text

__all__ = [
    "And",
    "Compare",
    "Explanation",
    "Field",
    "Like",
    "Near",
    "Not",
    "Number",
    "Or",
    "PaperText",
    "Query",
    "QuerySyntaxError",
    "Reason",
    "Term",
    "Text",
    "Topic",
    "Weight",
    "parse_query",
]
