"""The engine stands alone."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_composing_loads_neither_django_nor_celery() -> None:
    done = python(
        "-c",
        "import sys; from digest.compose import samples, compose_digest;"
        "compose_digest(samples.DIGESTS['one'], samples.BRAND);"
        "print({name.partition('.')[0] for name in sys.modules} & {'django', 'celery', 'kombu', 'redis'})",
    )
    assert done.stdout.strip() == "set()", done.stderr


def test_the_lint_command_passes_ours_and_fails_others(tmp_path: Path) -> None:
    assert python("-m", "digest.compose.templating.lint", "templates/email").returncode == 0
    (tmp_path / "bad.html").write_text("<p class='{{ x }}'>{{ x|safe }}</p>")
    done = python("-m", "digest.compose.templating.lint", str(tmp_path))
    assert done.returncode == 1
    assert "bad.html: |safe" in done.stderr
