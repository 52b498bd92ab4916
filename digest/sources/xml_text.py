"""XML from strangers: parsed without entities or network, and the text in its elements."""

from lxml import etree

from digest.lib.records import clean_text
from digest.sources.errors import SourceChanged
from digest.sources.parsed_answer import require_plausible

MAX_TAGS = 500_000  # each takes some hundred bytes of memory; 10,000 papers have fewer
_BLOCKS = frozenset(
    "article blockquote br dd div dt h1 h2 h3 h4 h5 h6 hr label li ol p pre sec section td title tr".split()
)


def load_xml(raw: bytes, expected: str) -> etree._Element:
    """The root of a document; SourceChanged, naming what was `expected`, if it is none or cut off."""
    require_plausible(raw.count(b"<"), MAX_TAGS, "tags")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        what = clean_text(str(error), 200)
        raise SourceChanged(f"Expected {expected}, found XML that is broken or none ({what}).") from error


def text_within(element: etree._Element | None) -> str:
    """All text in an element, of the elements in it too ("CO<sub>2</sub>" is "CO2"); "" for none."""
    return "" if element is None else "".join(map(str, element.itertext())).strip()


def text_of_blocks(element: etree._Element) -> str:
    """All text in an element whose paragraphs are elements: these stay apart from each other."""
    parts: list[str] = []
    for event, node in etree.iterwalk(element, events=("start", "end")):
        parts.append(" " if local_name(node) in _BLOCKS else "")
        text = node.text if event == "start" else node.tail
        parts.append(str(text or "") if event == "start" or node is not element else "")
    return "".join(parts).strip()


def local_name(node: etree._Element) -> str:
    """The name of an element without its namespace, in small letters; "" for a comment."""
    return etree.QName(node).localname.lower() if isinstance(node.tag, str) else ""
