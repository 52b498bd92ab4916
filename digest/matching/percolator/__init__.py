"""Many queries against many papers at once."""
