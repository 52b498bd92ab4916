"""Invented digests, a brand and a reader, for /previews/ and for the tests."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

from digest.compose.content import (
    Brand,
    DigestContent,
    Fact,
    Item,
    Logo,
    NearMiss,
    Note,
    Section,
    Suggestion,
)
from digest.compose.letter import Personal
from digest.compose.paper.samples import (
    COLD_CACHE,
    DAY,
    FOUR_BITS,
    HOSTILE,
    KEPT_BUSY,
    LAB_BENCH,
    NO_ABSTRACT,
    item,
    paper,
)
from digest.lib.locales import language_for

BRAND = Brand(
    name="Paper Digest", site_url="https://digest.example.org", address="1 Library Lane, Example Town"
)
LOGO = Logo(
    b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAGAAAAAYCAIAAACKi2/DAAAAOklEQVR42u3QAQ0AAAgDoDcxmlGtZgMDODYSkOrhEA"
        "WCBAkSJEiQIEEIEiRIkCBBggQhSJAgQYIEfbCP3CWm/e9NpQAAAABJRU5ErkJggg=="
    ),
    "png",
    width=96,
    height=24,
)
READER = Personal(
    to="reader@example.org",
    date=datetime(2025, 11, 5, 6, 0, tzinfo=UTC),
    message_id="<preview@digest.example.org>",
    unsubscribe_url="https://digest.example.org/u/preview",
    preferences_url="https://digest.example.org/p/preview",
    web_url="https://digest.example.org/w/preview",
    vote_url="https://digest.example.org/v/preview/",
)


_HOSTILE = Section("<b>Topic</b> & {{ 1/0 }}", "red;background:url(//x)", HOSTILE, mute="1")
_HOSTILE_MORE = tuple(replace(item, number=item.number + 1000) for item in HOSTILE)
_QUANTIZATION = Section("Quantization", "#7a4fbf", (FOUR_BITS, COLD_CACHE), mute="quantization")
_AGENTS = Section("Agents", "#c2571a", (LAB_BENCH,), mute="agents")
_THREE_D = Section("3D", "#1a7f5a", (NO_ABSTRACT,), mute="3d")
_LIBRARY = Section(
    "Your library",
    "#59616b",
    (replace(FOUR_BITS, facts=(Fact("library", "Low precision, high accuracy"),)),),
    mute="5",
    kind="library",
)
_OWN = Section('kv* NOT title:"cold cache"', "#59616b", (KEPT_BUSY,), own=True, mute="4")
_BEYOND = tuple(
    item(paper(300 + n, f"Beyond the Cap, Part {n}: One More Thing About Memory")) for n in range(1, 4)
)
_MORE = (replace(_QUANTIZATION, items=_BEYOND[:2]), replace(_AGENTS, items=_BEYOND[2:]))
_CROWD = tuple(
    item(
        replace(FOUR_BITS.record, key=f"arxiv:2511.{n:05}", title=f"{FOUR_BITS.record.title}, Part {n}"),
        "FP4",
        "MXFP4",
    )
    for n in range(400, 700)
)


_TRENDING = Section(
    "Trending",
    "#d6336c",
    (
        replace(FOUR_BITS, marks=(), facts=(Fact("trending", "1/87/day/41"),)),
        replace(NO_ABSTRACT, marks=(), facts=(Fact("trending", "12/87/day/"),)),
    ),
    mute="5",
    kind="trending",
    aside=("arXiv", "<b>Lab</b> {{ 7*7 }}"),
)
_NEAR = NearMiss(
    record=paper(310, "Prefill Once: Sharing Attention States Between Agents of One Team"),
    page_url="https://huggingface.co/papers/2511.00310",
    query="kv* quantiz*",
    missing="quantiz*",
    add="kv*",
)
_LONG_NEAR = replace(
    _NEAR,
    record=HOSTILE[0].record,
    page_url="javascript:alert(1)",
    query=f'"<b>" {"very long " * 40}',
    add='"<b>&%(x)s" é OR "\x02web\x03"',
)
_SUGGESTION = Suggestion(
    papers=3.0,
    add='"mixture of experts"',
    examples=((KEPT_BUSY.record.title, "https://digest.example.org/papers/arxiv:2511.00003/"),),
)
_HOSTILE_SUGGESTION = Suggestion(
    papers=0.2,
    add=f'"<b>{{{{ 7*7 }}}}" {"x" * 500} \x02web\x03',
    examples=(
        (HOSTILE[0].record.title, "javascript:alert(1)"),
        (HOSTILE[0].record.title, "https://a.example/?<b>"),
    ),
)
_NOTED = replace(LAB_BENCH, note=Note("raised", "Kept Busy: Scheduling KV Transfers"))


def _in_german(topic: Section) -> Section:
    return replace(topic, name=language_for("de").topic(topic.name))


def _digest(
    *sections: Section,
    more: tuple[Section, ...] = (),
    carried: tuple[Item, ...] = (),
    near: tuple[NearMiss, ...] = (),
    suggestion: Suggestion | None = None,
) -> DigestContent:
    return DigestContent(
        DAY, 87, 2, sections=sections, more=more, carried=carried, near=near, suggestion=suggestion
    )


DIGESTS: Mapping[str, DigestContent] = MappingProxyType(
    {
        "one": replace(_digest(_AGENTS), scanned=1, already_had=0),
        "many": _digest(_QUANTIZATION, _AGENTS, _THREE_D, _OWN, more=_MORE, near=(_NEAR,)),
        "first": replace(
            _digest(_QUANTIZATION, _AGENTS),
            already_had=0,
            following=datetime(2025, 11, 6, 7, 0),  # noqa: DTZ001  # a local time
            zone="Europe/Berlin",
        ),
        "weekly": replace(
            _digest(_QUANTIZATION, Section("Agents", "#c2571a", (_NOTED,), mute="agents"), more=_MORE),
            scanned=612,
            weekly=True,
            near=(_NEAR,),
        ),
        "monthly": replace(_digest(_QUANTIZATION, _AGENTS, more=_MORE), scanned=2310, monthly=True),
        "trending": _digest(_AGENTS, _TRENDING),
        "late": replace(_digest(_AGENTS), lacking=("arXiv cs.LG", "<b>Lab</b> {{ 7*7 }}")),
        "german": replace(
            _digest(
                *(_in_german(_QUANTIZATION), _in_german(_AGENTS), _OWN),
                more=tuple(map(_in_german, _MORE)),
                carried=(NO_ABSTRACT,),
            ),
            near=(_NEAR,),
            scanned=1087,
            language="de",
        ),
        "suggestion": _digest(_AGENTS, suggestion=_SUGGESTION),
        "suggestion-fewer": _digest(
            *(_QUANTIZATION, _AGENTS),
            more=_MORE,
            suggestion=Suggestion(papers=3.5, least_upvotes=10, papers_before=21.0),
        ),
        "no-abstract": _digest(_THREE_D),
        "library": _digest(_AGENTS, _LIBRARY),
        "no-words": _digest(Section("Everything", "#59616b", (Item(LAB_BENCH.record, (), ""),))),
        "carried": _digest(_AGENTS, carried=(FOUR_BITS, NO_ABSTRACT)),
        "carried-only": _digest(carried=(FOUR_BITS,)),
        "crowd": replace(_digest(Section("Quantization", "#7a4fbf", _CROWD), _AGENTS), scanned=420),
        "hostile": _digest(
            _HOSTILE,
            more=(replace(_HOSTILE, items=_HOSTILE_MORE),),
            near=(_LONG_NEAR, _LONG_NEAR),
            suggestion=_HOSTILE_SUGGESTION,
        ),
    }
)
WEEK = replace(
    _digest(
        _QUANTIZATION,
        _AGENTS,
        _THREE_D,
        replace(_OWN, items=(KEPT_BUSY, *_BEYOND)),
    ),
    scanned=612,
    already_had=0,
)
