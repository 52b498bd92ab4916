"""What `make check` says of a lock that is not the one of the requirements."""

import pytest

from tests.project.locks import disagreements

REQUIRED = "# What it runs on.\nDjango==5.2.19\ncelery[redis]==5.7.0  # tasks\n"
LOCK = """\
celery[redis]==5.7.0 \\
    --hash=sha256:aa
    # via -r requirements.txt
django==5.2.19 \\
    --hash=sha256:bb \\
    --hash=sha256:cc
    # via
    #   -r requirements.txt
    #   django-axes
kombu==5.7.1 ; sys_platform != 'win32' \\
    --hash=sha256:dd
    # via celery
"""


def test_a_lock_of_its_requirements_is_passed() -> None:
    assert list(disagreements(LOCK, REQUIRED)) == []


@pytest.mark.parametrize(
    ("lock", "required", "said"),
    [
        (LOCK, REQUIRED.replace("5.2.19", "5.2.20"), "django==5.2.20 is required, 5.2.19 locked"),
        (LOCK, REQUIRED + "lxml==6.1.3\n", "lxml==6.1.3 is required, nothing locked"),
        (LOCK, REQUIRED.replace("Django==5.2.19\n", ""), "django==5.2.19 is no longer required"),
        (LOCK.replace("--hash=sha256:dd", ""), REQUIRED, "kombu==5.7.1 has no hash"),
    ],
)
def test_a_lock_of_something_else_is_told(lock: str, required: str, said: str) -> None:
    assert list(disagreements(lock, required)) == [said]
