"""Papers as entries of reference managers: BibTeX and RIS. Pure, and nothing is looked up."""
