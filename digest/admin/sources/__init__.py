"""Admin pages for sources: which there are, what each fetches, and whether its papers arrived."""

from digest.admin.sources import pages

__all__ = ["pages"]
