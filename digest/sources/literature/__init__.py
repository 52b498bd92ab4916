"""Indexes and servers of the literature, one file each."""
