"""Trees in canonical form: queries that say the same become equal."""

from digest.matching.query import And, Node, Not, Or, Term, Weight


def gather(kind: type[And] | type[Or], parts: list[Node]) -> Node:
    """One node of `kind`: flat, without repetition, in printing order."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,))]
    unique = sorted(set(flat), key=lambda part: (isinstance(part, Not), str(part)))
    return unique[0] if len(unique) == 1 else kind(tuple(unique))


def weighted(node: Node, factor: float) -> Node:
    if isinstance(node, Weight):
        return weighted(node.part, node.factor * factor)
    return node if factor == 1 else Weight(node, factor)


def unweighted(node: Node) -> Node:
    """`node` without weights: what is left out has no place in an order."""
    match node:
        case Weight(part, _):
            return unweighted(part)
        case And(parts) | Or(parts):
            return gather(type(node), [unweighted(part) for part in parts])
        case Not(part):
            return Not(unweighted(part))
        case _:
            return node


def terms(node: Node) -> tuple[Term, ...]:
    """The terms that one side of a NEAR stands for, in order; none if it is something else."""
    if isinstance(node, Term):
        return (node,)
    if isinstance(node, Or) and all(isinstance(part, Term) for part in node.parts):
        return tuple(part for part in node.parts if isinstance(part, Term))
    return ()
