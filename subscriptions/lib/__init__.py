"""What every room below readers builds on: SQL for many rows, signed links, addresses."""
