#!/usr/bin/env python
"""Command-line door to the service: every command of the README runs through here."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")
    execute_from_command_line(sys.argv)
