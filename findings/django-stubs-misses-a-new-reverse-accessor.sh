#!/usr/bin/env bash
# mypy 2.4.1 with django-stubs 6.1.2 and Django 5.2.19: where a model with a foreign key is added in a file of its own, the
# reverse accessor is reported as missing as long as .mypy_cache is from before: the file of the other model has not
# changed, and is not looked at again. With the cache deleted the same files pass.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check mypy==2.4.1 django-stubs==6.1.2 Django==5.2.19
mkdir -p shelf/models
touch shelf/__init__.py
cat > settings.py <<'PYTHON'
SECRET_KEY = "x"
INSTALLED_APPS = ["shelf"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PYTHON
cat > mypy.ini <<'INI'
[mypy]
plugins = mypy_django_plugin.main
[mypy.plugins.django-stubs]
django_settings_module = settings
INI
cat > shelf/models/author.py <<'PYTHON'
from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=80)
PYTHON
echo "from shelf.models.author import Author as Author" > shelf/models/__init__.py
.venv/bin/mypy shelf

cat > shelf/models/book.py <<'PYTHON'
from django.db import models

from shelf.models.author import Author


class Book(models.Model):
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
PYTHON
echo "from shelf.models.book import Book as Book" >> shelf/models/__init__.py
cat > shelf/count.py <<'PYTHON'
from shelf.models import Author


def books_of(author: Author) -> int:
    return author.books.count()
PYTHON
echo "with the cache of before:"
if .venv/bin/mypy shelf | tee said; then
    echo "a new reverse accessor is found now" >&2
    exit 1
fi
grep -q '"Author" has no attribute "books"' said
rm -rf .mypy_cache
echo "without it:"
.venv/bin/mypy shelf
