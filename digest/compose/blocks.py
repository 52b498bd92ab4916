"""The fragments of a digest, encoded: each is rendered and encoded once for all letters that hold it."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from jinja2 import Template

from digest.compose.content import Brand
from digest.compose.digest_view import DigestView, GroupView, SectionView
from digest.compose.paper.view import LineView, PaperView
from digest.compose.templating.environment import letter_environment, spaced
from digest.compose.templating.fragment_tag import PLACE, fragments_of
from digest.compose.templating.placeholders import LINKS, LOGO
from digest.compose.templating.quoted_printable import body, size_of
from digest.compose.templating.slotted import Slotted, joined
from digest.lib import contrast

ROOM = 12_000_000  # octets of blocks that are kept of one kind; the papers of a usual day take a tenth


class Block(NamedTuple):
    """Whole encoded lines, and about how many octets they take with a reader's links."""

    encoded: Slotted = Slotted()
    size: int = 0

    @classmethod
    def of(cls, blocks: Iterable["Block"]) -> "Block":
        """One block after another."""
        encoded, sizes = zip(*blocks, strict=True)
        return cls(joined(encoded), sum(sizes))


@dataclass(frozen=True, slots=True)
class Rest:
    """What is said of the papers that are not in full: the values of `DigestView` with these names."""

    also: str = ""
    cap: int = 0
    line_count: int = 0
    left_out: int = 0
    one_filter: bool = False
    sections: bool = False
    lines: bool = False


class Blocks:
    """The blocks of the digests of one brand and language: those of their HTML, or of their text."""

    def __init__(self, frame: Template, brand: Brand, *, votes: bool) -> None:
        self.votes = votes
        self._frame = frame
        self._text = not (frame.name or "").endswith(".html")
        self._site_url = brand.site_url
        self._variables = variables(brand, votes=votes)
        self._fragments: dict[str, Template] = {}
        self._kept: dict[tuple[str, Hashable], tuple[Block, ...]] = {}
        self._octets = 0

    def frame(self, content: DigestView) -> tuple[Block, Block]:
        """What is before and what is after the papers of one digest."""
        key = replace(content, preheader="") if self._text else content  # of which text says nothing
        found = self._kept.get(("frame", key))
        if found is None:
            *above, before, after = self._made(self._frame, {"content": content})
            if above:
                head = self._of("head", (content.language, content.period), content=content)
                before = Block.of((*above, head, before))
            found = self._keep("frame", key, (before, after))
        before, after = found
        return before, after

    def heading(self, section: SectionView, shown: int) -> Block:
        """What is above a filter's papers, of which so many are in full."""
        key = section.name, section.colour, section.own, section.note, section.total, shown
        found = self._kept.get(("heading", key))
        return found[0] if found else self._of("heading", key, section=replace(section, shown=shown))

    def mute(self, section: SectionView) -> Block:
        """What is below a filter's papers, for readers who do not want it any more."""
        if not (self.votes and section.mute):
            return NOTHING
        return self._of("mute", (section.name, section.own, section.kind, section.mute), section=section)

    def carried(self) -> Block:
        """What is above the papers of an earlier digest."""
        return self._of("carried", None)

    def paper(self, paper: PaperView) -> Block:
        """A paper in full."""
        return self._of("paper", paper, paper=paper)

    def also(self, rest: Rest) -> Block:
        """What is above the title lines."""
        total = rest.line_count + rest.left_out
        return self._of("also", (rest.also, rest.cap, total), content=rest)

    def group(self, group: GroupView | SectionView, rest: Rest) -> tuple[Block, ...]:
        """What is around a filter's title lines."""
        key = group.name, group.colour, rest.one_filter
        return self._around("group", key, section=group, content=rest)

    def line(self, line: LineView) -> Block:
        """A paper as a title line."""
        return self._of("line", line, paper=line)

    def left_out(self, rest: Rest) -> Block:
        """How many papers there are that only the web has."""
        return self._of("left_out", (rest.left_out, rest.sections or rest.lines), content=rest)

    def _of(self, fragment: str, key: Hashable, **values: object) -> Block:
        return self._around(fragment, key, **values)[0]

    def _around(self, fragment: str, key: Hashable, **values: object) -> tuple[Block, ...]:
        """What is before and after the places for others in a fragment; `key` holds all it depends on."""
        found = self._kept.get((fragment, key))
        if found is None:
            if fragment not in self._fragments:
                parts = fragments_of(self._frame.environment)
                self._fragments[fragment] = parts.alone(self._frame.name or "", fragment)
            found = self._keep(fragment, key, self._made(self._fragments[fragment], values))
        return found

    def _keep(self, fragment: str, key: Hashable, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        octets = sum(block.size for block in blocks)
        self._octets += octets
        if self._octets > ROOM:  # another day's papers: the next letters fill it again
            self._kept.clear()
            self._octets = octets
        self._kept[fragment, key] = blocks
        return blocks

    def _made(self, template: Template, values: dict[str, object]) -> tuple[Block, ...]:
        parts = template.render(self._variables, apart=True, **values).split(PLACE)
        if self._text:
            return tuple(
                self._of_text(part, first=template is self._frame and not n) for n, part in enumerate(parts)
            )
        return tuple(map(self._of_html, parts))

    def _of_html(self, text: str) -> Block:
        template = body(text, "html")
        size = size_of(template, self._site_url)
        if LINKS.logo in text:
            template = body(text.replace(LINKS.logo, LOGO), "html")
        return Block(Slotted.of(template), size)

    def _of_text(self, text: str, *, first: bool) -> Block:
        """An empty line stands above each block of text but the first."""
        text = spaced(text)
        template = body(text if first or not text else "\n" + text, "text")
        return Block(Slotted.of(template), size_of(template, self._site_url))


NOTHING = Block()


def blocks_for(templates: Path, language: str, name: str, brand: Brand, *, votes: bool) -> Blocks:
    """The blocks of the template `name` as it is now."""
    return _blocks(letter_environment(templates, language).get_template(name), brand, votes)


@lru_cache(maxsize=8)
def _blocks(template: Template, brand: Brand, votes: bool) -> Blocks:
    return Blocks(template, brand, votes=votes)


def variables(brand: Brand, *, votes: bool) -> dict[str, object]:
    """What templates print of the brand."""
    return {
        "brand": brand,
        "links": LINKS,
        "votes": votes,
        "accent": contrast.on_light(brand.accent),
        "accent_dark": contrast.on_dark(brand.accent),
    }
