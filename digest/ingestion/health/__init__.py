"""Whether the papers of each source arrive as they should, and what the operator is told if they do not."""
