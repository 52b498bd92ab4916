"""Digests put together from encoded fragments, the way mails need them: no letter is rendered as a whole.

`compose_digest` renders the same letter from its whole template, as pages show it.
"""

from collections.abc import Iterator
from pathlib import Path

from digest.compose.blocks import Block, Blocks, Rest, blocks_for
from digest.compose.content import Brand, DigestContent
from digest.compose.digest_view import DigestPresenter, DigestView
from digest.compose.letter import HTML_LIMIT
from digest.compose.mime.message import EncodedLetter
from digest.compose.size_limit import Sizes
from digest.compose.templating.environment import TEMPLATES, letter_environment
from digest.compose.templating.slotted import Slotted, joined
from digest.lib.safe_text import folded


def assemble_digest(
    content: DigestContent, brand: Brand, *, text_alone: bool = False, templates: Path = TEMPLATES
) -> EncodedLetter:
    """The digest of one selection as `compose_digest` composes it, encoded; without HTML if `text_alone`."""
    presenter = DigestPresenter(content)
    language = presenter.language.code
    html = blocks_for(templates, language, "digest.html", brand, votes=True)
    text = blocks_for(templates, language, "digest.txt", brand, votes=True)
    sizes = Sizes(presenter, html, HTML_LIMIT)
    fit = sizes.best
    view = presenter.view(fit.full, fit.lines)
    subject = letter_environment(templates, language).get_template("digest.subject")
    return EncodedLetter(
        subject=folded(subject.render(content=view)),
        text=_joined(text, view, text.frame(view)),
        html=None if text_alone else _joined(html, view, sizes.frame),
        language=language,
        listed=True,
        logo=brand.logo,
    )


def _joined(blocks: Blocks, view: DigestView, frame: tuple[Block, Block]) -> Slotted:
    before, after = frame
    return joined(block.encoded for block in (before, *_of_papers(blocks, view), after))


def _of_papers(blocks: Blocks, view: DigestView) -> Iterator[Block]:
    """The blocks of all papers, in the order of the template."""
    for section in view.sections:
        yield blocks.heading(section, section.shown)
        yield from map(blocks.paper, section.papers)
        yield blocks.mute(section)
    if view.carried:
        yield blocks.carried()
        yield from map(blocks.paper, view.carried)
    rest = Rest(
        *(view.also, view.cap, view.line_count, view.left_out, view.one_filter),
        sections=bool(view.sections),
        lines=bool(view.lines),
    )
    if view.lines:
        yield blocks.also(rest)
    for group in view.lines:
        opening, closing = blocks.group(group, rest)
        yield opening
        yield from map(blocks.line, group.papers)
        yield closing
    if view.left_out:
        yield blocks.left_out(rest)
