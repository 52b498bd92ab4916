"""XML from strangers: parsed without entities or network, and the text in its elements."""

from lxml import etree

from digest.lib.records import clean_text
from digest.sources.errors import SourceChanged


def load_xml(raw: bytes, expected: str) -> etree._Element:
    """The root of a document; SourceChanged, naming what was `expected`, if it is none or cut off."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SourceChanged(
            f"Expected {expected}, found XML that is broken or none ({clean_text(str(error), 200)})."
        ) from error


def text_within(element: etree._Element | None) -> str:
    """All text in an element, of the elements in it too ("CO<sub>2</sub>" is "CO2"); "" for none."""
    return "" if element is None else "".join(map(str, element.itertext())).strip()
