"""From ticked papers to queries that would have brought them: what to show, clauses, proposals."""
