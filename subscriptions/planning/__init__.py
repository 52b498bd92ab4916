"""Who is due, and what each of them gets."""
