"""Remains of typesetting in bioRxiv's and medRxiv's abstracts, such as "MO_SCPLOWUSEC_SCPLOW" for "MUSE".

Each element opens with O_ and closes with C_ and its name, in the middle of words too.
"""

import re

_HEADINGS = re.compile(r"^\s*(?:AO_SCPLOWBSTRACTC_SCPLOW|SO_SCPLOWUMMARYC_SCPLOW)\s*:?\s*")
_FIGURES = re.compile(r"O_(FIG|TBL|INLINEFIG)\b.{0,5000}?C_\1(?![A-Z])", re.DOTALL)
_LABEL = re.compile(r"O_ST_ABS\s*([^:]{1,100}?)\s*:?\s*C_ST_ABS\s*:?\s*")
_BLOCK = re.compile(r"[OC]_(?:LI|ST_ABS|QUOTE|TEXTBOX|FIG|TBL|INLINEFIG)")
_INLINE = re.compile(r"[OC]_(?:SCPLOW|SCPCAP)")


def without_tokens(text: str) -> str:
    """The text without them: headings are labels (“Background: …”), figures go with all that is in them."""
    if "C_" not in text:
        return text
    text = _FIGURES.sub(" ", _HEADINGS.sub("", text))
    text = _BLOCK.sub(" ", _LABEL.sub(r" \1: ", text))
    return _INLINE.sub("", text)
