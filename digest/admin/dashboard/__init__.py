"""The admin's front page about papers: figures, and what needs an operator's attention."""
