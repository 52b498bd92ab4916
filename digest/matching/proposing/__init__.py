"""From papers that somebody ticked to queries that would have brought them: what to show, clauses, proposals."""
