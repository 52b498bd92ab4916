"""Jinja2 templates whose styles are inlined once: environment, inliner, fragments, lint."""
