"""axe-core in a page: what keeps somebody from using it, by WCAG 2.2 AA and axe's own best practices."""

from functools import cache

from playwright.sync_api import Page

from tests.services.node import CHECKERS

AXE = CHECKERS / "node_modules" / "axe-core" / "axe.min.js"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = """async (tags) => {
  const rules = {runOnly: {type: "tag", values: tags}, resultTypes: ["violations"], iframes: false};
  const found = await axe.run(document, rules);
  const shown = (rule) => rule.nodes.map((node) => node.html).join(" | ");
  return found.violations.map((rule) => rule.id + ": " + shown(rule));
}"""


@cache
def _source() -> str:
    assert AXE.exists(), (
        "axe-core is missing: a test that looks for violations asks for the fixture `checkers`"
    )
    return AXE.read_text()


def violations(page: Page) -> list[str]:
    """Each rule that the page breaks, with the elements. A framed mail is another document."""
    page.evaluate(_source())
    found: list[str] = page.evaluate(_RUN, _TAGS)
    return found
