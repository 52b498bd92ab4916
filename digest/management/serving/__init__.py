"""What `manage.py serve` runs: checks before the start, the programs, their supervisor."""
