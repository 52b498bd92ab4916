"""The lines of CONTRIBUTING.md are followed in a copy of the project: they must lead to a whole letter."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from digest.lib.languages import LOCALE

ROOT = LOCALE.parents[1]
COPIED = (
    *("digest", "subscriptions", "templates", "tests", "manage.py", "pyproject.toml", "Makefile"),
    *("requirements.txt", "requirements-dev.txt"),
)
NAME = "postcard"
# Some of its texts, in place of those of `known`: they are new, and so need a translation.
TEXTS = {
    '"You already have a subscription to %(name)s"': '"A postcard from %(name)s"',
    '"You already have a subscription"': '"A postcard"',
    '"Nothing has changed. Here is the link to your preferences."': '"Wish you were here."',
    '"To choose other topics, or another time, open your preferences:"': '"Look at the sea here:"',
}
TESTS = (
    "tests/subscriptions/emails/test_every_letter.py",
    "tests/subscriptions/emails/test_untranslated_text.py",
    "tests/subscriptions/devtools/test_preview_views.py",
    "tests/digest/lib/test_translations.py",
)
LOOKED_AT_BY = {
    "test_a_letter_has_a_name_that_fits_its_deliveries_a_label_templates_and_samples",
    "test_text_is_wrapped_and_links_stand_whole_on_their_lines",
    "test_a_letter_is_small_enough_for_any_mail_program",
    "test_only_letters_of_the_mailing_list_hold_links_to_unsubscribe",
    "test_an_imprint_stands_at_the_foot",
    "test_inlining_the_template_equals_inlining_the_letter",
    "test_a_template_holds_nothing_that_cannot_be_inlined_once",
    "test_a_letter_that_is_queued_reaches_the_readers_it_is_for_and_nobody_else",
    "test_every_word_of_a_letter_can_be_translated",
    "test_every_letter_is_shown_at_two_widths_as_text_and_with_headers",
    "test_it_is_queued_and_arrives",
}
QUEUED = """
import pytest
from subscriptions import outbox
from subscriptions.models import Delivery
from subscriptions.relay import LocalMailbox, local_mailbox
from tests.factories import NOW, reader

@pytest.mark.django_db
def test_it_is_queued_and_arrives(settings, tmp_path):
    settings.MAILBOX_DIR = tmp_path
    subscriber, now = reader(language="de"), NOW
    {line}
    outbox.deliver(LocalMailbox())
    assert Delivery.objects.get().state == "accepted"
    assert local_mailbox.entries().entries[0].subject == "Ansichtskarte 0 Paper Digest"
"""


@pytest.fixture
def lines() -> list[str]:
    """The five lines, with the name of this test's letter."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition("\n## Adding a letter\n")[2].partition("\n## ")[0]
    return [line.replace("NAME", NAME) for line in re.findall(r"^\d\. (.*)$", section, re.MULTILINE)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in COPIED:
        source, target = ROOT / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("node_modules"))
        else:
            shutil.copy2(source, target)
    (tmp_path / ".venv").mkdir()  # where `make translate` puts what it collects
    return tmp_path


def quoted(line: str) -> list[str]:
    return re.findall("`([^`]+)`", line)


def run(project: Path, *command: str) -> str:
    # As by hand: a test database of this process's is not the copy's.
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TEST_"))}
    done = subprocess.run(
        command, cwd=project, env=environ, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def write_templates(project: Path, line: str) -> None:
    first, *others, name = quoted(line)
    folder, model = (project / first).parent, Path(first).stem
    for ending in (Path(first).suffix, *others):
        text = (folder / f"{model}{ending}").read_text(encoding="utf-8")
        for before, after in TEXTS.items():
            text = text.replace(before, after)
        (folder / f"{name}{ending}").write_text(text, encoding="utf-8")


def write_file(project: Path, line: str) -> None:
    model, name = quoted(line)
    text = (project / model).read_text(encoding="utf-8")
    text = text.replace('name="known"', f'name="{NAME}"').replace("already subscribed", "postcard")
    (project / model).with_name(name).write_text(text, encoding="utf-8")


def register(project: Path, line: str) -> None:
    letter, where, file = quoted(line)
    text = (project / file).read_text(encoding="utf-8")
    imported = "from subscriptions.emails.letters import "
    text = text.replace(imported, f"{imported}{NAME}, ", 1)
    before, opening, after = text.partition(f"{where}: tuple[LetterType[Any], ...] = (\n")
    (project / file).write_text(f"{before}{opening}    {letter},\n{after}", encoding="utf-8")


def queue(project: Path, line: str) -> None:
    (statement,) = quoted(line)
    test = project / "tests" / "subscriptions" / "emails" / f"test_{NAME}.py"
    test.write_text(QUEUED.format(line=statement), encoding="utf-8")


def translate(project: Path, line: str) -> None:
    command, file, again, _ = quoted(line)
    make = ["-o", ".venv/.development", f"BIN={Path(sys.executable).parent}"]  # nothing is installed
    run(project, *command.split(), *make)
    (catalogue,) = (project / "digest" / "locale").rglob(file)
    text = catalogue.read_text(encoding="utf-8")
    for number, said in enumerate(TEXTS.values()):
        translation = f"Ansichtskarte {number}" + (" %(name)s" if "%(name)s" in said else "")
        text = text.replace(f'msgid {said}\nmsgstr ""', f'msgid {said}\nmsgstr "{translation}"')
    catalogue.write_text(text, encoding="utf-8")
    run(project, *again.split(), *make)


def test_the_five_lines_of_contributing_make_a_letter(project: Path, lines: list[str]) -> None:
    steps = (write_templates, write_file, register, queue, translate)
    for follow, line in zip(steps, lines, strict=True):
        follow(project, line)
    tests = [*TESTS, f"tests/subscriptions/emails/test_{NAME}.py"]
    chosen = f"{NAME} or test_translations"
    printed = run(
        project, sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-k", chosen, *tests
    )
    passed = set(re.findall(rf"::(\w+)(?:\[[^\]]*{NAME}[^\]]*\])? PASSED", printed))
    assert passed >= LOOKED_AT_BY
