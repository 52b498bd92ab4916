#!/usr/bin/env python
"""Entry point of the command line: every command of the README starts here."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db.utils import OperationalError, ProgrammingError


def main() -> None:
    """Run the command; what the operator has to put right is one line, not a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")
    try:
        hash(settings.DATA_DIR)  # reads the environment
    except ImproperlyConfigured as error:
        sys.exit(f"Configuration error: {error}")
    except ValueError as error:
        sys.exit(f"Configuration error: an environment variable cannot be read ({error}).")
    try:
        execute_from_command_line(sys.argv)
    except (OperationalError, ProgrammingError) as error:
        if "runserver" in sys.argv[1:2]:
            raise
        database = settings.DATABASES["default"]
        place = " on ".join(str(part) for part in (database["NAME"], database.get("HOST")) if part)
        why = str(error).strip().partition("\n")[0].rstrip(".")
        sys.exit(f"The database {place} cannot be used: {why}. Run `manage.py prepare` first if it is new.")


if __name__ == "__main__":
    main()
