"""Invented papers for /previews/ and for the tests: the plain, the sparse, the long and the hostile."""

import re
from dataclasses import replace
from datetime import date

from digest.compose.content import Item, Mark
from digest.lib.records import PaperRecord

DAY = date(2025, 11, 5)


def paper(number: int, title: str, abstract: str = "", **known: object) -> PaperRecord:
    """A paper that nobody wrote; `known` replaces what is said about it."""
    record = PaperRecord(
        key=f"arxiv:2511.{number:05}",
        title=title,
        abstract=abstract,
        authors=None,
        organization=None,
        published=None,
        comments=None,
        upvotes=None,
        url=f"https://huggingface.co/papers/2511.{number:05}",
        day=DAY,
    )
    return replace(record, **known)  # type: ignore[arg-type]


def item(record: PaperRecord, *words: str) -> Item:
    """`record`, kept because of `words`, each marked wherever it stands."""
    marks = [
        Mark(field, found.start(), found.end())
        for field, text in (("title", record.title), ("abstract", record.abstract))
        for word in words
        for found in re.finditer(re.escape(word), text, re.IGNORECASE)
    ]
    return Item(record, tuple(marks), page_url=record.url, number=int(record.key[-5:]))


FOUR_BITS = item(
    paper(
        101,
        "Bridging the Gap Between Promise and Performance for Microscaling FP4 Quantization",
        "Four-bit floating point formats such as MXFP4 and NVFP4 are supported by recent accelerators, but "
        "their accuracy in practice is not well understood. We present the first comprehensive study of "
        "MXFP4 and NVFP4 for post-training quantization, and find that small groups defeat the usual "
        "outlier tricks, e.g. rotations. We introduce a variant of GPTQ that tailors its rounding to the "
        "format and recovers 98.9% of the accuracy of the original model. Kernels run up to 3.6x faster "
        "than in 16 bits. Code is available at https://github.com/example/four-bits.",
        authors=12,
        organization="ISTA",
        upvotes=48,
        comments=3,
        code_url="https://github.com/example/four-bits",
        project_url="https://four-bits.example.org",
        author_names=("Ada Example", *(f"Bo Example {n}" for n in range(10)), "Zoe de Groot"),
        summary="Micro-scaled four-bit formats lose little accuracy when rounding follows the format.",
    ),
    *("FP4 Quantization", "MXFP4"),
)
COLD_CACHE = item(
    paper(
        102,
        "Cold Cache: Quantizing Keys and Values Where Attention Does Not Look",
        "Long contexts fill memory with keys and values that are rarely read again. We propose Cold Cache, "
        "which keeps the few entries that attention visits in 16 bits and quantizes all others to two bits. "
        "On six long-context benchmarks it loses 0.3 points and serves 2.4 times as many requests.",
        authors=4,
        upvotes=1,
        comments=1,
    ),
    *("Quantizing", "quantizes"),
)
LAB_BENCH = item(
    paper(
        103,
        "LabBench: Do Agents Read the Manual?",
        "Agents are judged by whether a task is done, seldom by how. We introduce LabBench, 240 tasks on "
        "simulated instruments whose manuals contradict common habits. The best agent follows the manual in "
        "41.5% of the steps. Asking it to quote the relevant line first improves this to 63.0%.",
        authors=1,
        organization="University of Example",
        upvotes=1204,
    ),
    *("agents", "agent"),
)
KEPT_BUSY = item(
    paper(
        105,
        "Kept Busy: Scheduling KV Transfers Behind Prefill",
        "Serving splits prefill and decoding across machines and waits for the network in between. This "
        "paper shows that KV transfers can be scheduled layer by layer behind the computation. With 64 GPUs "
        "the waiting time falls by 71%, v1.5 of the scheduler included, and no request is delayed by more "
        "than 2 ms (cf. Fig. 3).",
        authors=7,
        organization="Example Systems Group",
        upvotes=17,
        comments=2,
        published=DAY,
    ),
    "KV transfers",
)
NO_ABSTRACT = item(paper(104, "A Short Note on Splatting Without Cameras", authors=2), "Splatting")
_HOSTILE_ABSTRACT = (
    "We present <b>bold</b> claims &amp; {{ 7*7 }} {% raw %} templates. "
    "</td></table><style>*{display:none}</style> Results improve by 12.5%."
)
HOSTILE = (
    item(
        paper(
            201,
            '<script>alert("1")</script> in a title, & <img src=x onerror=alert(1)>',
            _HOSTILE_ABSTRACT,
            summary="</p><b>A summary</b> {{ 7*7 }} " + "and still going on " * 20,
        ),
        "bold",
    ),
    item(
        paper(202, "{{7*7}} {% include '/etc/passwd' %} {# gone #} jx0x", "%s %(to)b %% = =3D =\n.\nFrom me"),
        "{{7*7}}",
    ),
    item(
        paper(
            203,
            "Reversed \u202eesrever\u202c and \u2066isolated\u2069\x00\x0b\x1b[31m",
            "A\u2028B\u2029C\ud800D.",
        ),
        "and",
    ),
    item(paper(204, "Very long " + "and still going on " * 21, "We " + "go on " * 400), "going on"),
    item(
        paper(205, "Emoji 👩‍🔬🧪 für Ärzte, 量子化について, تكميم النماذج", "我们提出一种量化方法。它很快。"),
        "量子化",
    ),
    item(paper(206, "Pneumono" + "ultramicroscopicsilicovolcanoconiosis" * 5, "x" * 2_000), "ultra"),
    item(
        paper(
            207,
            "\x02unsubscribe\x03 \x02web\x03 a forged link",
            url="javascript:alert(1)",
            code_url='https://example.org/"><b>',
            organization="Subject: x\r\nBcc: y@example.org " * 9,
        ),
    ),
)
