"""Trees in canonical form: queries that say the same become equal."""

from dataclasses import replace

from digest.matching.ast import And, Near, Node, Not, Or, Term, Weight

LEAST_WEIGHT, MOST_WEIGHT = 0.1, 10


def left_out(term: Term) -> Term:
    """The term inside a NOT, where a name with a version is that version only."""
    return replace(term, exact=True) if term.without_version else term


def gather(kind: type[And] | type[Or], parts: list[Node]) -> Node:
    """One node of `kind`: flat, without repetition, in printing order."""
    if kind in map(type, parts):
        parts = [inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,))]
    unique = {part.text: part for part in parts}  # what prints the same is the same
    ordered = [unique[text] for text in sorted(unique)]
    if Not in map(type, ordered):
        ordered.sort(key=_is_left_out)
    return ordered[0] if len(ordered) == 1 else kind(tuple(ordered))


def _is_left_out(part: Node) -> bool:
    return isinstance(part, Not)


def weighted(node: Node, factor: float) -> Node:
    """`node` times `factor`, within what may be written and to two decimals, as it is printed."""
    if isinstance(node, Weight):
        return weighted(node.part, node.factor * factor)
    factor = round(min(max(factor, LEAST_WEIGHT), MOST_WEIGHT), 2)
    return node if factor == 1 else Weight(node, factor)


def unweighted(node: Node) -> Node:
    """`node` without weights: what is left out has no place in an order."""
    if "^" not in node.text:
        return node
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


def depth(node: Node) -> int:
    """How many levels of brackets and NOT there are in `node` as it is printed, 1 if none."""
    match node:
        case And(parts):
            return max(depth(part) + isinstance(part, Or) for part in parts)
        case Or(parts):
            return max(map(depth, parts))
        case Not(part):
            return 1 + _bracketed(part)
        case Weight(part, _):
            return _bracketed(part)
        case Near(left, right, _):
            return 1 if len(left) == len(right) == 1 else 2
        case _:
            return 1


def _bracketed(node: Node) -> int:
    return depth(node) + isinstance(node, And | Or | Not | Near | Weight)
