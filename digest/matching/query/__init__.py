"""The query language: text to tree, its normal form, relaxed forms, and the shipped topics."""
