"""arXiv's archives and their subject classes: what an operator may choose, and how OAI-PMH calls them.

https://arxiv.org/category_taxonomy
"""

import re
from collections.abc import Collection

_CAPITALS = r"[A-Z]{2}"
_WORDS = r"[a-z]+(?:-[a-z]+)?"
_NO_CLASSES = ("gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th", "math-ph", "nucl-ex", "nucl-th", "quant-ph")
_GROUP_AND_CLASSES = {
    **{name: (name, _CAPITALS) for name in ("cs", "econ", "eess", "math", "q-bio", "q-fin", "stat")},
    **dict.fromkeys(("astro-ph", "nlin"), ("physics", _CAPITALS)),
    **dict.fromkeys(("cond-mat", "physics"), ("physics", _WORDS)),
    **dict.fromkeys(_NO_CLASSES, ("physics", "")),
}
_MOST = 20


def check(value: str) -> str:
    """Categories as arXiv writes them: "cs.lg, cs.CL" is "cs.LG+cs.CL".

    ValueError, in a sentence for the operator, if one cannot be a category of arXiv.
    """
    found = dict.fromkeys(_category(name) for name in re.split(r"[\s,;+]+", value) if name)
    if not found:
        raise ValueError("Name at least one category of arXiv, such as cs.LG.")
    if len(found) > _MOST:
        raise ValueError(f"Name at most {_MOST} categories: whole archives, such as cs, hold many.")
    return "+".join(found)


def _category(name: str) -> str:
    archive, dot, subject = name.casefold().partition(".")
    _, classes = _GROUP_AND_CLASSES.get(archive, ("", ""))
    if archive not in _GROUP_AND_CLASSES:
        raise ValueError(f"arXiv has no archive “{archive[:40]}”: name categories such as cs.LG or hep-th.")
    if not dot:
        return archive
    subject = subject.upper() if classes == _CAPITALS else subject
    if not classes or not re.fullmatch(classes, subject):
        raise ValueError(f"arXiv’s archive {archive} has no subject class “{subject[:40]}”.")
    return f"{archive}.{subject}"


def set_of(category: str) -> str:
    """The set that holds a category in OAI-PMH: "cs:cs:LG", "physics:hep-th"."""
    archive = category.partition(".")[0]
    return f"{_GROUP_AND_CLASSES[archive][0]}:{category.replace('.', ':')}"


def query_for(chosen: Collection[str]) -> str:
    """What finds the papers of these categories by arXiv's API: "cat:cs.LG OR cat:math.*"."""
    return " OR ".join(f"cat:{name}.*" if _has_classes(name) else f"cat:{name}" for name in chosen)


def _has_classes(name: str) -> bool:
    return bool(_GROUP_AND_CLASSES.get(name, ("", ""))[1])


def covers(chosen: Collection[str], category: str) -> bool:
    """Whether a category is one of the `chosen`, or of an archive that is; so is one that is not known."""
    return not category or category in chosen or category.partition(".")[0] in chosen
