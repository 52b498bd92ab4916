"""Plain values and texts that everything else is built on: pure, no Django."""
