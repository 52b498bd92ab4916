"""Papers that somebody brings as a file or pastes: tables and lists of references."""

from digest.sources.adapter import Adapter
from digest.sources.uploads import reference_lists, table

UPLOADS = Adapter(
    name="uploads",
    title="Tables and lists of references",
    formats=(reference_lists.BIBTEX, reference_lists.RIS, table.FORMAT),
    about="CSV, BibTeX and RIS, uploaded or pasted: for what has no feed.",
)
