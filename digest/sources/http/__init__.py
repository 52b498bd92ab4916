"""Fetching over HTTP, only from public addresses."""
