"""Where a term occurs in one text: the definition that the index and the reasons share."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from digest.matching.ast import Near, Term
from digest.matching.tokenizer import Text, stems_sought

Position = tuple[int, int]  # the first word's number, and the number after the last word's


def positions(term: Term, text: Text) -> Iterator[Position]:
    """Each occurrence of `term` in `text`, ascending.

    A word of the term meets a word of the text with the same stem, or with another that it may have. Two
    neighbours on either side may also meet one word on the other that is written together: “fine tuning”,
    “finetuning”. A name with a version meets one that has none.
    """
    if name := term.without_version:
        bare = (position for position in _positions(name, text) if not text.has_version(position[1] - 1))
        yield from sorted({*_positions(term, text), *bare})
    else:
        yield from _positions(term, text)


def _positions(term: Term, text: Text) -> Iterator[Position]:
    for start in _starts(term, text):
        for end in _ends(term, text, start):
            yield start, end


def near_positions(near: Near, text: Text) -> Iterator[tuple[Position, Position]]:
    """Each pair of occurrences, of one term of each side, that do not overlap and are near enough."""
    left = {position for term in near.left for position in positions(term, text)}
    right = sorted({position for term in near.right for position in positions(term, text)}) if left else []
    longest = max((end - start for start, end in right), default=0)
    for a in sorted(left):
        for b in right[bisect_left(right, (a[0] - near.distance - longest, 0)) :]:
            if b[0] > a[1] + near.distance:
                break
            if 0 <= max(a[0], b[0]) - min(a[1], b[1]) <= near.distance:
                yield a, b


def _starts(term: Term, text: Text) -> Iterable[int]:
    """Where an occurrence may start, ascending: looked up by stem; for a prefix at the start, anywhere."""
    first, *others = term.words
    if term.prefix and len(others) < 2:
        return range(len(text.stems))
    starts = set(text.positions_of(first))
    if others:
        if starts and not term.prefix:  # most positions of the first word have another word after them
            second = {*text.positions_of(others[0]), *text.positions_of("".join(others[:2]))}
            starts = {start for start in starts if start + 1 in second or start + 2 in second}
        starts.update(text.positions_of(first + others[0]))
    return sorted(starts)


def _ends(term: Term, text: Text, start: int) -> list[int]:
    """Where the term may end if it starts at `start`, ascending."""
    here, after_next = {start}, set[int]()  # where the word that is looked at may stand, and the one after it
    for number, word in enumerate(term.words):
        last = number == len(term.words) - 1
        pair = "" if last else word + term.words[number + 1]
        after, after_next = after_next, set()
        for position in here:
            if position == len(text.stems):
                continue
            alone = _meets(word, last and term.prefix, text.forms[position], text.stems[position])
            if alone:
                after.add(position + 1)
            open_ended = term.prefix and number + 2 == len(term.words)
            if pair and _meets(pair, open_ended, text.forms[position], text.stems[position]):
                after_next.add(position + 1)
            if last and term.prefix and alone:
                continue  # “agents*” is met by “agents”; “agents on” would be met only because the start is
            joined = text.joined[position]
            if joined and _meets(word, last and term.prefix, joined, text.joined_stems[position]):
                after.add(position + 2)
        here = after
    return sorted(here)


def _meets(wanted: str, prefix: bool, form: str, form_stem: str) -> bool:
    return form.startswith(wanted) if prefix else form_stem in stems_sought(wanted)
