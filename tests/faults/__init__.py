"""The fault table of docs/reliability.md, row by row, on real processes and on both databases.

A scene is a fresh database with readers and papers; senders are processes of the service; the sink is the
relay they hand over to, and misbehaves as it is told. After each row the accounts are settled: every paper
that a reader was due is counted at the sink.
"""
