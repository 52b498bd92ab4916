"""Which papers a digest brings: the window, its candidates, the selection, near misses."""
