#!/usr/bin/env bash
# feedparser 6.0.14: a description is read as HTML after it was unescaped, and “<y” followed by text is taken for a tag.
# A sentence with “x < y” written as “x <y” loses everything up to the next “>”; the same words in a title stay.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check feedparser==6.0.14
.venv/bin/python - <<'PYTHON'
import feedparser

TEXT = "for x &lt;y and z we show &lt;b&gt;this&lt;/b&gt; holds"
feed = feedparser.parse(
    f"<rss version=\"2.0\"><channel><title>t</title><item><title>{TEXT}</title>"
    f"<description>{TEXT}</description></item></channel></rss>"
)
entry = feed.entries[0]
print(repr(entry.title), repr(entry.description), sep="\n")
assert entry.description == "for x <b>this</b> holds", "the text after “<y” is kept now"
PYTHON
