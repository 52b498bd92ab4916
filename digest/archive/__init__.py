"""The public archive: queries, search, pages, feeds and sitemaps, the same for everybody."""
