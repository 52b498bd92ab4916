"""A third language is two catalogues and nothing else: a copy of the service is given Polish."""

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
HEAD = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);\\n"
"""
LETTERS = """
msgid "%(num)s paper on %(topics)s"
msgid_plural "%(num)s papers on %(topics)s"
msgstr[0] "%(num)s praca: %(topics)s"
msgstr[1] "%(num)s prace: %(topics)s"
msgstr[2] "%(num)s prac: %(topics)s"

msgid "%(title)s and %(num)s more"
msgid_plural "%(title)s and %(num)s more"
msgstr[0] "%(title)s i %(num)s inna"
msgstr[1] "%(title)s i %(num)s inne"
msgstr[2] "%(title)s i %(num)s innych"

msgid "%(num)s upvote"
msgid_plural "%(num)s upvotes"
msgstr[0] "%(num)s głos"
msgstr[1] "%(num)s głosy"
msgstr[2] "%(num)s głosów"

msgid "“%(words)s”"
msgstr "«%(words)s»"

msgctxt "topic"
msgid "Agents"
msgstr "Agenci"
"""
PAGES = """
msgid "%(num)s<span class=\\"unseen\\"> paper</span>"
msgid_plural "%(num)s<span class=\\"unseen\\"> papers</span>"
msgstr[0] "%(num)s<span class=\\"unseen\\"> praca</span>"
msgstr[1] "%(num)s<span class=\\"unseen\\"> prace</span>"
msgstr[2] "%(num)s<span class=\\"unseen\\"> prac</span>"

msgid "Archive"
msgstr "Archiwum"

msgid "Something is missing at the end"
msgstr "Na końcu czegoś brakuje"
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the copy shows to a visitor and sends to a reader whose browser speaks Polish."""
    copy = tmp_path_factory.mktemp("service")
    for package in ("digest", "subscriptions", "templates"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "tests"):
        (copy / name).symlink_to(ROOT / name)
    catalogues = copy / "digest" / "locale" / "pl" / "LC_MESSAGES"
    catalogues.mkdir(parents=True)
    for domain, texts in (("letters", LETTERS), ("django", PAGES)):
        with (catalogues / f"{domain}.mo").open("wb") as compiled:
            write_mo(compiled, read_po(io.StringIO(HEAD + texts), locale="pl"))
    done = subprocess.run(
        [sys.executable, "-m", "tests.flow.polish"],
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def digest(told: Any) -> Any:
    return told["mails"][0]


def test_the_switch_at_the_foot_offers_the_language_under_its_own_name(told: Any) -> None:
    assert told["english"].endswith("Deutsch Polski")
    assert told["archive"].endswith("English Deutsch")
    assert 'hreflang="pl" href="http://localhost:8000/topics/agents/?lang=pl"' in told["address"]
    assert '<html lang="pl">' in told["address"]


def test_a_page_counts_by_the_three_forms_of_the_language(told: Any) -> None:
    assert all(f"listopada 2025 {count} " in told["archive"] for count in ("1 praca", "2 prace", "5 prac"))
    assert "Archiwum" in told["archive"]


def test_a_page_writes_dates_and_numbers_as_the_language_does(told: Any) -> None:
    assert "środa, 5 listopada 2025" in told["archive"]
    assert "środa, 5 listopada 2025" in told["day"]
    assert "12 045 głosów" in told["day"]
    assert " listopad śr., 5 " in told["archive"]


def test_what_is_wrong_with_a_query_is_translated_too(told: Any) -> None:
    assert "Na końcu czegoś brakuje" in told["search"]


def test_a_feed_is_in_the_language(told: Any) -> None:
    assert (told["feed"]["language"], told["feed"]["title"]) == ("pl", "Agenci · Paper Digest")


def test_readers_sign_up_in_the_language_of_their_browser_and_can_choose_it(told: Any) -> None:
    assert told["signed up in"] == told["chose pl"] == "pl"
    assert told["chose en"] == "en"
    assert "Polski" in told["preferences"]
    assert told["admin"] == 200


def test_a_digest_is_in_the_language_from_subject_to_reasons(digest: Any) -> None:
    assert digest["subject"] == "Agents everywhere i 4 inne · 5 lis"
    assert digest["headers"]["Content-Language"] == "pl"
    assert "środa, 5 listopada" in digest["text"]
    assert "12 045 głosów" in digest["text"]
    assert "«Agents»" in digest["text"]
    assert "5 prac: Agenci" in digest["html"]


def test_a_text_that_is_not_translated_yet_is_english(told: Any, digest: Any) -> None:
    assert "Topics" in told["archive"]
    assert "Unsubscribe" in digest["text"]
