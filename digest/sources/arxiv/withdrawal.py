"""Withdrawn papers: arXiv keeps them, and says so in a comment, which is no part of the abstract."""

from digest.lib.records import ABSTRACT_LIMIT, says_withdrawn


def abstract_with(comment: str, abstract: str) -> str:
    """The abstract, after the comment if that says that the paper is withdrawn and the abstract does not.

    So whoever finds the paper reads it first, and papers are marked by their abstract alone.
    """
    if not says_withdrawn(comment[:ABSTRACT_LIMIT]) or says_withdrawn(abstract[:ABSTRACT_LIMIT]):
        return abstract
    said = f"{comment.rstrip(' .')}. {abstract}"
    return said if says_withdrawn(said) else f"This paper has been withdrawn. {abstract}"
