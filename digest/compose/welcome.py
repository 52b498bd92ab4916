"""What the welcome letter prints: the first digest's moment, and the best of the week before."""

from dataclasses import dataclass

from digest.compose.content import WelcomeContent
from digest.compose.digest_view import DigestPresenter, GroupView
from digest.compose.paper.view import PaperView
from digest.lib.locales import language_for

FULL, LINES = 5, 50  # papers in full, and as title lines below them: well below what clips a mail


@dataclass(frozen=True, slots=True)
class WelcomeView:
    """The welcome letter, as its templates print it; `total` papers, of which `papers` are in full.

    `lines` are the others; `left_out` more only stand in the archive.
    """

    language: str
    first: str
    accounting: str
    total: int
    papers: tuple[PaperView, ...]
    lines: tuple[GroupView, ...]
    line_count: int
    one_filter: bool
    left_out: int


def view_welcome(content: WelcomeContent) -> WelcomeView:
    """The welcome letter with its backtest: the best of each filter in full, the others as lines."""
    presenter, language = DigestPresenter(content.week), language_for(content.language)
    total, scanned = presenter.papers, content.week.scanned
    digest = presenter.view(min(total, FULL), min(max(total - FULL, 0), LINES))
    if total:
        accounting = language.ngettext(
            "Of the %(num)s paper of the last seven days, %(kept)s matched what you chose.",
            "Of the %(num)s papers of the last seven days, %(kept)s matched what you chose.",
            scanned,
            kept=language.number(total),
        )
    elif scanned:
        accounting = language.ngettext(
            "The %(num)s paper of the last seven days did not match: try another topic or a wider query.",
            "None of the %(num)s papers of the last seven days matched: try another topic or a wider query.",
            scanned,
        )
    else:
        accounting = language.gettext("No papers have come in yet.")
    papers = (*(paper for section in digest.sections for paper in section.papers),)
    first = language.gettext(
        "Your first digest comes on %(day)s at %(time)s (%(zone)s), if a paper matches.",
        day=language.long_date(content.first.date()),
        time=language.time(content.first),
        zone=content.zone,
    )
    return WelcomeView(
        language=language.code,
        first=first,
        accounting=accounting,
        total=total,
        papers=papers,
        lines=digest.lines,
        line_count=digest.line_count,
        one_filter=digest.one_filter,
        left_out=digest.left_out,
    )
