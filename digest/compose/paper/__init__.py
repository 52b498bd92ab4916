"""One paper as digests and pages show it: title, facts, excerpt, and why it is there."""
