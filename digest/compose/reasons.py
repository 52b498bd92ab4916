"""The line that says why a paper is in the mail: the words that matched, as the paper spells them."""

from collections.abc import Iterable

from digest.compose.content import Mark
from digest.compose.highlight import runs
from digest.compose.printable import printable, shortened
from digest.papers import PaperRecord

MOST = 4
LONGEST = 60


def why(record: PaperRecord, marks: Iterable[Mark], facts: Iterable[str] = ()) -> str:
    """For example `title has “FP4 quantization”; abstract has “MXFP4”; 48 upvotes`; empty without reasons.

    At most `MOST` different spellings (case aside), title first, each told once; then `facts`.
    """
    marks = tuple(marks)
    told: set[str] = set()
    clauses = []
    for field, text in (("title", record.title), ("abstract", record.abstract)):
        found = []
        for run in runs(text, field, marks):
            surface = shortened(text[run.start : run.end], LONGEST)
            if surface and surface.casefold() not in told and len(told) < MOST:
                told.add(surface.casefold())
                found.append(f"“{surface}”")
        if found:
            clauses.append(f"{field} has {', '.join(found)}")
    clauses += [shortened(printable(fact), LONGEST) for fact in facts]
    return "; ".join(clauses)
