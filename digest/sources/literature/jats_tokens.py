"""Remains of typesetting in bioRxiv's and medRxiv's abstracts, such as "MO_SCPLOWUSEC_SCPLOW" for "MUSE".

Each element opens with O_ and closes with C_ and its name, in the middle of words too.
"""

import re

_HEADING = re.compile(r"^ ?(?:AO_SCPLOWBSTRACTC_SCPLOW|SO_SCPLOWUMMARYC_SCPLOW) ?:? ?")
_LABEL = re.compile(r"O_ST_ABS ?([^:_]{1,100}?) ?:? ?C_ST_ABS ?:? ?")
_BLOCK = re.compile(r"[OC]_(?:LI|ST_ABS|QUOTE|TEXTBOX|FIG|TBL|INLINEFIG)")
_INLINE = re.compile(r"[OC]_(?:SCPLOW|SCPCAP)")


def without_tokens(text: str) -> str:
    """The text, in one line, without them: headings are labels (“Background: …”), figures go as a whole."""
    text = " ".join(text.split())
    if "C_" not in text:
        return text
    for name in ("FIG", "TBL", "INLINEFIG"):
        *closed, rest = text.split(f"C_{name}")
        text = " ".join([*(piece.partition(f"O_{name}")[0] for piece in closed), rest])
    text = _LABEL.sub(r" \1: ", _HEADING.sub("", text))
    return _INLINE.sub("", _BLOCK.sub(" ", text))
