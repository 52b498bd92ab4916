"""No text without its translation, no translation without its text, and what is committed is compiled."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup
from jinja2 import nodes

from digest.lib.languages import LOCALE, languages
from digest.web.rendering import environment

ROOT = LOCALE.parents[1]
DOMAINS = ("letters", "django")
CATALOGUES = sorted(LOCALE.glob("*/LC_MESSAGES/*.po"))
PAGES = [path for path in (ROOT / "templates" / "web").rglob("*.html") if path.parent.name != "previews"]
SPOKEN = ("aria-label", "alt", "title", "placeholder")
UNTRANSLATED = set(
    "Atom JSON Feed OR NOT quant low precision title audio ada example org UTC wide middle filled".split()
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_ATTRIBUTE = re.compile(r'[\w-]+="[^"]*"')  # of a tag whose name is an expression
_TAG = re.compile(r"<[^>]+>")
_PLACE = re.compile(r"%\((\w+)\)s")


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, domain=path.stem)


def texts(domain: str) -> set[tuple[str | None, object]]:
    """The texts of code and templates, with their contexts."""
    with (LOCALE / f"{domain}.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    found = extract_from_dir(
        str(ROOT),
        methods,
        options,
        keywords={**DEFAULT_KEYWORDS, "deferred": None, "gettext_lazy": None},
        directory_filter=lambda path: Path(path).name in _searched(path),
    )
    return {(context, message) for _, _, message, _, context in found}


def _searched(path: str) -> set[str]:
    top = Path(path).relative_to(ROOT).parts[0]
    return {Path(path).name} if top in {"digest", "subscriptions", "templates"} else set()


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_text_is_in_every_catalogue_and_no_other(domain: str) -> None:
    expected = texts(domain)
    for path in CATALOGUES:
        if path.stem == domain:
            known = {(message.context, message.id) for message in catalogue(path) if message.id}
            assert known == expected, path


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: "/".join(path.parts[-3::2]))
def test_every_entry_is_translated_with_the_same_places_and_compiled(path: Path) -> None:
    found = catalogue(path)
    for message in found:
        if not message.id:
            continue
        sources = [message.id] if isinstance(message.id, str) else list(message.id)
        strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
        assert strings, message.id
        assert all(strings), message.id
        assert not message.fuzzy, message.id
        assert len(strings) == (1 if len(sources) == 1 else found.num_plurals)
        for string in strings:
            assert sorted(_TAG.findall(string)) == sorted(_TAG.findall(sources[-1])), message.id
            assert set(_PLACE.findall(string)) <= set(_PLACE.findall(sources[-1])), message.id
            assert set(_PLACE.findall(sources[0])) <= set(_PLACE.findall(string)) | {"num"}, message.id
    compiled = io.BytesIO()
    write_mo(compiled, found)
    assert path.with_suffix(".mo").read_bytes() == compiled.getvalue(), "run `make translate`"


def test_german_says_du_to_readers_and_operators_alike() -> None:
    formal = re.compile(r"\w+en Sie\b|\b(?:Ihr|Ihre[mnrs]?|Ihnen)\b")
    said = [
        string
        for path in CATALOGUES
        if path.parents[1].name == "de"
        for message in catalogue(path)
        if message.id
        for string in ([message.string] if isinstance(message.string, str) else message.string or ())
    ]
    assert [string for string in said if formal.search(string)] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_pages_template_holds_no_text_of_its_own(path: Path) -> None:
    tree = environment().parse(path.read_text(encoding="utf-8"))
    page = BeautifulSoup("".join(node.data for node in tree.find_all(nodes.TemplateData)), "lxml")
    texts = [_ATTRIBUTE.sub("", page.get_text(" ")), *constants(tree)]
    texts += [str(tag[name]) for name in SPOKEN for tag in page.select(f"[{name}]")]
    assert {word for text in texts for word in _WORD.findall(text)} <= UNTRANSLATED


def constants(node: nodes.Node) -> Iterator[str]:
    """The strings of several words in expressions, save those given to the catalogue."""
    if isinstance(node, nodes.Const) and " " in str(node.value).strip():
        yield str(node.value)
    for field, value in node.iter_fields():
        said = isinstance(node, nodes.Call) and getattr(node.node, "name", "") in {"_", "gettext", "ngettext"}
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, nodes.Node) and not (said and field == "args"):
                yield from constants(child)


def test_each_language_has_both_catalogues() -> None:
    codes = {path.parents[1].name for path in CATALOGUES}
    assert {(path.parents[1].name, path.stem) for path in CATALOGUES} == {
        (code, domain) for code in codes for domain in DOMAINS
    }
    assert set(languages()) == {"en", *codes}
