"""What a visitor, a network and everybody together may ask for, and what is counted."""
