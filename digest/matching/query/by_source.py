"""Which sources a query can bring papers from, by what it says of sources alone."""

from dataclasses import dataclass

from digest.matching.ast import And, Field, Node, Not, Or, Query, Term, Weight
from digest.matching.ranking.explainer import explain


@dataclass(frozen=True, slots=True)
class _OfSource:
    """A paper of which only the source is known."""

    source_names: tuple[str, ...]
    key: str = ""
    title: str = ""
    abstract: str = ""


def may_bring_from(query: Query, source: str) -> bool:
    """Whether some paper that only the source of this name lists could be kept by `query`."""
    return _possible(query.root, _OfSource((source,)))[0]


def _possible(node: Node, paper: _OfSource) -> tuple[bool, bool]:
    """Whether `node` can hold, and whether it can fail, for papers of the same source."""
    match node:
        case Term(field=Field.SOURCE):
            kept = explain(Query(node), paper).kept
            return kept, not kept
        case Not(part):
            return _possible(part, paper)[::-1]
        case Weight(part, _):
            return _possible(part, paper)
        case And(parts):
            each = [_possible(part, paper) for part in parts]
            return all(can for can, _ in each), any(cannot for _, cannot in each)
        case Or(parts):
            each = [_possible(part, paper) for part in parts]
            return any(can for can, _ in each), all(cannot for _, cannot in each)
    return True, True
