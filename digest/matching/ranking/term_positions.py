"""Where a term stands in one text: the definition that the index and the reasons share."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from digest.matching.ast import Near, Term
from digest.matching.tokenizer import Text, stem

Place = tuple[int, int]  # the first word's number, and the number after the last word's


def places(term: Term, text: Text) -> Iterator[Place]:
    """Each place of `term` in `text`, ascending.

    A word of the term meets a word of the text with the same stem. Two neighbours on either side
    may also meet one word on the other that is written together: “fine tuning”, “finetuning”.
    """
    for start in _starts(term, text):
        for end in _ends(term, text, start):
            yield start, end


def near_places(near: Near, text: Text) -> Iterator[tuple[Place, Place]]:
    """Each pair of places, of one term of each side, that do not overlap and stand near enough."""
    left = {place for term in near.left for place in places(term, text)}
    right = sorted({place for term in near.right for place in places(term, text)}) if left else []
    longest = max((end - start for start, end in right), default=0)
    for a in sorted(left):
        for b in right[bisect_left(right, (a[0] - near.distance - longest, 0)) :]:
            if b[0] > a[1] + near.distance:
                break
            if 0 <= max(a[0], b[0]) - min(a[1], b[1]) <= near.distance:
                yield a, b


def _starts(term: Term, text: Text) -> Iterable[int]:
    """Where a place may start, ascending: looked up by stem, or everywhere for what begins with a prefix."""
    first, *others = term.words
    if term.prefix and len(others) < 2:
        return range(len(text.stems))
    starts = set(text.places_of(stem(first)))
    if others:
        if starts and not term.prefix:  # most places of the first word have another word after them
            second = {*text.places_of(stem(others[0])), *text.places_of(stem("".join(others[:2])))}
            starts = {start for start in starts if start + 1 in second or start + 2 in second}
        starts.update(text.places_of(stem(first + others[0])))
    return sorted(starts)


def _ends(term: Term, text: Text, start: int) -> list[int]:
    """Where the term may end if it starts at `start`, ascending."""
    here, after_next = {start}, set[int]()  # where the word that is looked at may stand, and the one after it
    for number, word in enumerate(term.words):
        last = number == len(term.words) - 1
        pair = "" if last else word + term.words[number + 1]
        after, after_next = after_next, set()
        for place in here:
            if place == len(text.stems):
                continue
            alone = _meets(word, last and term.prefix, text.forms[place], text.stems[place])
            if alone:
                after.add(place + 1)
            open_ended = term.prefix and number + 2 == len(term.words)
            if pair and _meets(pair, open_ended, text.forms[place], text.stems[place]):
                after_next.add(place + 1)
            if last and term.prefix and alone:
                continue  # “agents*” is met by “agents”; “agents on” would be met only because the start is
            joined = text.joined[place]
            if joined and _meets(word, last and term.prefix, joined, text.joined_stems[place]):
                after.add(place + 2)
        here = after
    return sorted(here)


def _meets(wanted: str, prefix: bool, form: str, form_stem: str) -> bool:
    return form.startswith(wanted) if prefix else form_stem == stem(wanted)
