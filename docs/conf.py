"""The site of the documentation, from the Markdown files as they stand in the repository: `make docs`.

The source directory is the whole repository, so that links from docs/ to README.md and back are checked too.
"""

import tomllib
from pathlib import Path

project = "Paper Digest"
_pyproject = Path(__file__).resolve().parents[1] / "pyproject.toml"
release = tomllib.loads(_pyproject.read_text())["project"]["version"]

extensions = ["myst_parser"]
include_patterns = ["*.md", "docs/**.md", "findings/**.md"]
exclude_patterns = [
    ".*",
    "node_modules",
    "var",
    "tests",
    "digest",
    "subscriptions",
    "templates",
    "docs/_build",
]
root_doc = "docs/index"
myst_heading_anchors = 4  # as GitHub makes them

html_theme = "furo"
html_extra_path = ["index.html"]  # leads from the root of the site to docs/
html_title = f"{project} {release}"
html_copy_source = False
html_show_copyright = False
