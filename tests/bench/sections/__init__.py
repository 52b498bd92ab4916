"""One module a section: its docstring says what it measures, its `run(report)` does it."""
