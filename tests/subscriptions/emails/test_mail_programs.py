"""What mail programs do not support, and what is not valid HTML: nothing but what is listed here, and why."""

import json
import subprocess
from pathlib import Path

import pytest

from digest.compose.samples import READER
from tests.services.node import NODE
from tests.subscriptions.emails.composed import COMPOSED

EXTRA = "in the kept style block, an extra: without it the mail is whole, light, and 600 px wide or less"
SAID = "for screen readers; who drops it still shows every word"
EXCEPTIONS = {
    ("caniemail", "<style> element"): EXTRA,
    ("caniemail", "@media"): EXTRA,
    ("caniemail", ":hover"): EXTRA,
    ("caniemail", "!important keyword"): EXTRA,
    ("caniemail", "Attribute selector"): EXTRA,
    ("caniemail", "Class selector"): EXTRA,
    ("caniemail", "Descendant combinator"): EXTRA,
    ("caniemail", "Type selector"): EXTRA,
    ("caniemail", "<body> element"): "replaced by a div: the table inside repeats its colour",
    ("caniemail", "aria-hidden attribute"): SAID,
    ("caniemail", "aria-label attribute"): SAID,
    ("caniemail", "role attribute"): SAID,
    ("caniemail", "lang attribute"): SAID,
    ("caniemail", "border-radius"): "square corners tell the same",
    ("caniemail", "display:none"): "the preheader is also of no height",
    ("caniemail", "overflow"): "the preheader is also not displayed",
    ("caniemail", "height property"): "the dot beside a topic's name, which is named too",
    ("caniemail", "height attribute"): "the logo, which keeps its own proportions",
    ("caniemail", "list-style"): "a bullet before a title line",
    ("caniemail", "text-decoration"): "links that are underlined",
    ("caniemail", "transform"): "it means text-transform: topic names in small letters",
    ("caniemail", "white-space"): "a line breaks between two words",
    ("caniemail", "width attribute"): "the same width is in the style",
    ("caniemail", "word-break"): "only a word as long as a line needs it",
    ("html-validate", "no-conditional-comment"): "Outlook for Windows needs a table of fixed width",
    ("html-validate", "no-deprecated-attr"): "Outlook for Windows reads bgcolor, cellpadding and the like",
    ("html-validate", "no-inline-style"): "mail programs that drop style blocks",
    ("html-validate", "prefer-tbody"): "layout tables",
}


@pytest.mark.services
def test_mail_programs_support_what_the_mails_use_and_the_html_is_valid(checkers: Path) -> None:
    mails = {name: letter.html_for(READER) for name, letter in COMPOSED.items()}
    done = subprocess.run(
        [NODE, checkers / "mails.mjs"],
        input=json.dumps(mails),
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found.keys() == mails.keys()
    problems = {(problem["checker"], problem["rule"]) for name in found for problem in found[name]}
    told = [
        f"{name}: {problem['rule']} ({problem['about']})"
        for name in found
        for problem in found[name]
        if (problem["checker"], problem["rule"]) not in EXCEPTIONS
    ]
    assert not told
    assert problems == EXCEPTIONS.keys(), "an exception that is not needed any more"
