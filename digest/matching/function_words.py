"""Words that do not tell what a paper is about: function words, and those of abstracts of any subject."""

from functools import cache

from digest.matching.tokenizer import Text

FUNCTION_WORDS = frozenset(
    """
    a able about above achieve achieved achieves achieving across address addresses after again against
    all allow allows almost alone along already also although always among an and another any approach
    approaches are around as at author authors away based be because become been before being below best
    better between beyond both but by can cannot challenge challenges challenging code compared
    comprehensive consistently could de demonstrate demonstrated demonstrates demonstrating despite
    developed did different do does done due during e each effective effectively effectiveness eg either
    else enable enables enabling enough et etc even ever every existing experiment experimental
    experiments extensive few finally find findings first five following for former four framework from
    full further g github given had has have having hence her here high highly his how however http https
    i ie if improve improved improvement improvements improves improving in including indeed instead into
    introduce introduced introduces is it its itself just key large largely latter least less like limited
    little low made mainly make many may me means method methods might more moreover most much must my
    near nearly need new no none nor not notably novel now observe of off offering often on once one only
    onto or other others our out outperform outperforming outperforms over own paper per performance
    perhaps present presents project propose proposed proposes provide provides providing quite rather
    recent recently remain remains report require requires results s same second see seem seen several
    shall she should show shows significant significantly simple since small so some specifically state
    still strong studies study substantially such superior surpassing t task tasks technical technique
    techniques than that the their them then there therefore these they this those though three through
    throughout thus to together too toward towards two under unlike until up upon us use used using
    validate various very via was we well were what when where whereas whether which while who whole whom
    whose why widely will with within without work would write written www yet you your
    """.split()
)


@cache
def function_stems() -> frozenset[str]:
    """Their stems."""
    return frozenset(Text(" ".join(sorted(FUNCTION_WORDS))).stems)
