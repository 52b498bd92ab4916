"""PostgreSQL's full-text search as a percolator: a table of papers joined to a table of queries.

Both are made of our own stems (as `simple` would keep them), so the two dictionaries cannot differ; what
it takes to make them is not counted.
"""

import re
from collections.abc import Iterable, Sequence

import psycopg

from digest.lib.jsonl import PlainPaper
from digest.matching import And, Field, Not, Or, Query, Term, Text
from digest.matching.ast import Node
from digest.matching.tokenizer import stem
from tests.bench.matching.peers import Pairs

_WEIGHTS = {Field.TITLE: "A", Field.ABSTRACT: "B"}
_GAP = 10  # between title and abstract, so that no phrase reaches across
_SCHEMA = """
    CREATE TABLE queries (number integer PRIMARY KEY, query tsquery NOT NULL);
    CREATE TABLE papers (number integer PRIMARY KEY, words tsvector NOT NULL);
"""
_INDEXED = """
    CREATE TABLE indexed_papers AS SELECT * FROM papers;
    CREATE INDEX words_index ON indexed_papers USING gin (words) WITH (fastupdate = off);
    VACUUM ANALYZE;
"""
_PLAIN = "FROM queries JOIN papers ON papers.words @@ queries.query"
_BY_INDEX = "FROM queries JOIN indexed_papers AS papers ON papers.words @@ queries.query"


class TsqueryJoin:
    """The tables on one connection, and the two ways to join them."""

    def __init__(self, url: str, papers: Iterable[PlainPaper], queries: Sequence[Query]) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._connection.execute(_SCHEMA)
        self._copy("queries", (tsquery(query.root) for query in queries))
        self._copy("papers", map(tsvector, papers))
        for statement in _INDEXED.split(";")[:-1]:
            self._connection.execute(statement)

    def count(self, *, by_index: bool = False) -> int:
        """How many pairs there are, by the plan that PostgreSQL chooses without an index, or by the index."""
        self._connection.execute(f"SET enable_seqscan = {'off' if by_index else 'on'}")
        found = self._connection.execute(f"SELECT count(*) {_BY_INDEX if by_index else _PLAIN}").fetchone()
        assert found
        return int(found[0])

    def pairs(self, *, by_index: bool = False) -> Pairs:
        self._connection.execute(f"SET enable_seqscan = {'off' if by_index else 'on'}")
        source = _BY_INDEX if by_index else _PLAIN
        yield from self._connection.execute(f"SELECT queries.number, papers.number {source}").fetchall()

    def uses_index(self) -> bool:
        """Whether the second way is what it says."""
        self._connection.execute("SET enable_seqscan = off")
        plan = self._connection.execute(f"EXPLAIN SELECT count(*) {_BY_INDEX}").fetchall()
        return any("Bitmap Index Scan on words_index" in line for (line,) in plan)

    def close(self) -> None:
        self._connection.close()

    def _copy(self, table: str, values: Iterable[str]) -> None:
        with (
            self._connection.cursor() as cursor,
            cursor.copy(f"COPY {table} FROM STDIN") as copy,
        ):
            for row in enumerate(values):
                copy.write_row(row)


def tsvector(paper: PlainPaper) -> str:
    """The stems of title and abstract with their places and weights."""
    places: dict[str, list[str]] = {}
    place = 0
    for field, source in ((Field.TITLE, paper.title), (Field.ABSTRACT, paper.abstract)):
        for found in Text(source).stems:
            place += 1
            places.setdefault(found, []).append(f"{place}{_WEIGHTS[field]}")
        place += _GAP
    return " ".join(f"{_quoted(found)}:{','.join(where)}" for found, where in places.items())


def tsquery(node: Node) -> str:
    """`node` in PostgreSQL's language; for the parts of ours that these sets of queries use."""
    match node:
        case And(parts):
            return f"({' & '.join(map(tsquery, parts))})"
        case Or(parts):
            return f"({' | '.join(map(tsquery, parts))})"
        case Not(part):
            return f"!{tsquery(part)}"
        case Term(words, prefix=True):
            return f"{_quoted(words[0])}:*"
        case Term((word,), field=field):
            return _quoted(stem(word)) + (f":{_WEIGHTS[field]}" if field else "")
        case Term(words):
            return f"({' <-> '.join(_quoted(stem(word)) for word in words)})"
    raise NotImplementedError(f"{node} is not compared")


def _quoted(lexeme: str) -> str:
    return "'" + re.sub(r"(['\\])", r"\1\1", lexeme) + "'"
