"""What a library brings: papers like it, and the order of all others; alone or beside topics and queries."""

from datetime import timedelta
from typing import Any

import pytest

from digest.models import Paper, Selection
from digest.selection.content import Reading
from subscriptions.accounts.votes import FilterState, Muting
from subscriptions.emails import web_version
from subscriptions.models import Delivery, FilterSet, SavedPaper, Subscriber, Vote
from subscriptions.planning import first_digest
from subscriptions.planning.bulk_planner import sharing
from subscriptions.planning.planner import next_selection, plan
from tests.factories import DAY, NOW, edition, reader, record, topic

pytestmark = pytest.mark.django_db

QUANTIZATION = (
    "We quantize the weights of large language models to four bits with little loss of accuracy. Outlier "
    "activations are kept in higher precision, and calibration takes minutes on a single GPU. Post-training "
    "quantization of weights and activations makes inference with low precision integers fast."
)
ROBOTS = (
    "A humanoid robot learns to walk on rough terrain by reinforcement learning in simulation. The policy "
    "maps joint angles to torques, and transfers to hardware without tuning; locomotion becomes robust."
)
AUDIO = (
    "Speech is recognised from raw audio by a transformer that is trained on many languages. Word error "
    "rates fall for accented speakers, and the acoustic model streams with a delay of less than a second."
)


def known(title: str, abstract: str = QUANTIZATION, key: str = "arxiv:2301.00001") -> Paper:
    """A paper of a library, as it is stored when it was looked up."""
    return Paper.objects.create(
        key=key,
        title_key=key,
        title=title,
        abstract=abstract,
        day=DAY - timedelta(days=900),
        url="https://example.org/",
    )


def keep(subscriber: Subscriber, *papers: Paper, **values: Any) -> None:
    for paper in papers:
        SavedPaper.objects.create(
            subscriber=subscriber, key=paper.key, paper=paper, origin="imported", saved_at=NOW, **values
        )


def day_of_papers(**values: Any) -> None:
    edition(
        record("Four bits suffice", **({"abstract": QUANTIZATION} | values)),
        record("Walking robots", ROBOTS),
        record("Listening machines", AUDIO),
    )


def titles(selection: Selection) -> list[str]:
    papers = Paper.objects.in_bulk(selection.papers)
    return [papers[pk].title for pk in selection.papers]


def planned(subscriber: Subscriber) -> Selection:
    plan(NOW)
    selection = Delivery.objects.get(subscriber=subscriber, kind=Delivery.DIGEST).selection
    assert selection is not None
    return selection


def test_a_library_alone_brings_the_papers_like_it_with_the_reason() -> None:
    day_of_papers()
    ada = reader(library_daily=10)
    keep(ada, known("Low precision, high accuracy"))
    selection = planned(ada)
    assert titles(selection) == ["Four bits suffice"]
    (section,) = Reading().content_of(selection).sections
    assert (section.name, section.kind) == ("Your library", "library")
    html = web_version.read_html(Delivery.objects.get())
    assert "like “Low precision, high accuracy” from your library" in html


def test_the_reason_stays_when_the_abstract_is_corrected_before_the_mail_leaves() -> None:
    day_of_papers()
    ada = reader(library_daily=10)
    keep(ada, known("Low precision, high accuracy"))
    planned(ada)
    day_of_papers(abstract="Something else altogether.")
    assert "like “Low precision, high accuracy” from your library" in web_version.read_html(
        Delivery.objects.get()
    )


def test_the_first_digest_on_confirming_is_of_the_library_too() -> None:
    day_of_papers()
    ada = reader(library_daily=10, state=Subscriber.State.PENDING, consented_at=None)
    keep(ada, known("Low precision, high accuracy"))
    first_digest.confirm(ada, NOW, "192.0.2.1")
    selection = Delivery.objects.get(kind=Delivery.DIGEST).selection
    assert selection is not None
    assert titles(selection) == ["Four bits suffice"]


def test_what_a_topic_brings_stands_there_and_not_twice() -> None:
    day_of_papers()
    ada = reader(topics=[topic("quantization", "quantize"), topic("robots", "robot")], library_daily=10)
    keep(ada, known("Low precision, high accuracy"))
    content = Reading().content_of(planned(ada))
    assert {section.name: len(section.items) for section in content.sections} == {
        "Quantization": 1,
        "Robots": 1,
    }


def test_a_library_brings_at_most_as_many_papers_a_day_as_the_reader_chose() -> None:
    edition(*(record(f"Four bits suffice, part {number}", QUANTIZATION) for number in range(5)))
    edition(
        *(record(f"Earlier bits, part {number}", QUANTIZATION) for number in range(5)),
        day=DAY - timedelta(days=1),
    )
    ada = reader(library_daily=2, covered=0)
    keep(ada, known("Low precision, high accuracy"))
    assert len(titles(planned(ada))) == 4, "two of each of the two days"


def test_what_is_left_out_is_left_out_of_what_a_library_brings() -> None:
    day_of_papers()
    ada = reader(library_daily=10)
    ada.filter_set = FilterSet.objects.obtain((), (), ("GPU",))
    ada.save()
    keep(ada, known("Low precision, high accuracy"))
    assert planned(ada).is_empty


def test_only_for_the_order_a_library_brings_nothing() -> None:
    day_of_papers()
    ada = reader(queries=["robot"], library_daily=0)
    keep(ada, *(known(f"Known {n}", key=f"arxiv:2301.0000{n}") for n in range(6)))
    assert titles(planned(ada)) == ["Walking robots"]


def test_a_library_decides_on_the_order_and_the_mail_says_so() -> None:
    day_of_papers()
    ada = reader(queries=["robot OR quantize OR speech"], library_daily=0)
    plain = titles(next_selection(ada))
    last = plain[-1]
    abstract = {"Four bits suffice": QUANTIZATION, "Walking robots": ROBOTS, "Listening machines": AUDIO}[
        last
    ]
    keep(ada, *(known(f"Known {n}", abstract, key=f"arxiv:2301.0000{n}") for n in range(6)))
    assert titles(planned(ada))[0] == last
    assert "Ranked up because of your library: “Known" in web_version.read_html(Delivery.objects.get())


def test_votes_and_library_are_one_taste_and_less_beats_the_library() -> None:
    day_of_papers()
    ada = reader(library_daily=10)
    paper = known("Low precision, high accuracy")
    keep(ada, paper)
    others = [known(f"Other {n}", AUDIO, f"arxiv:2302.0000{n}") for n in range(4)]
    for voted in (paper, *others):
        Vote.objects.create(subscriber=ada, paper=voted, verdict=Vote.Verdict.LESS, at=NOW)
    assert next_selection(ada).is_empty


def test_a_paper_of_the_library_itself_is_not_brought_again() -> None:
    day_of_papers()
    ada = reader(library_daily=10)
    keep(ada, Paper.objects.get(title="Four bits suffice"))
    assert planned(ada).is_empty


def test_a_paper_that_was_had_before_is_not_brought_again() -> None:
    day_of_papers()
    ada = reader(library_daily=10)
    keep(ada, known("Low precision, high accuracy"))
    assert titles(planned(ada)) == ["Four bits suffice"]
    Delivery.objects.update(state=Delivery.State.ACCEPTED)
    ada.refresh_from_db()
    assert next_selection(ada).is_empty


def test_a_digest_that_never_went_out_is_planned_again_with_the_library() -> None:
    day_of_papers()
    ada = reader(library_daily=10)
    keep(ada, known("Low precision, high accuracy"))
    planned(ada)
    Subscriber.objects.update(next_digest_at=NOW + timedelta(hours=1))
    plan(NOW + timedelta(hours=1))
    waiting = Delivery.objects.get(state=Delivery.State.PENDING).selection
    assert waiting is not None
    assert (titles(waiting), waiting.carried) == (["Four bits suffice"], [])


def test_an_unknown_paper_or_a_few_saved_ones_change_nothing_of_a_readers_digest() -> None:
    day_of_papers()
    plain, ada = reader("plain@readers.example", queries=["robot"]), reader(queries=["robot"])
    SavedPaper.objects.create(subscriber=ada, key="doi:10.1000/x", saved_at=NOW)
    keep(ada, known("Low precision, high accuracy"))
    plan(NOW)
    selections = Delivery.objects.values_list("selection", flat=True)
    assert len(set(selections)) == 1
    assert plain.pk != ada.pk


def test_readers_with_a_library_are_planned_one_by_one_and_others_together() -> None:
    day_of_papers()
    both = [reader(f"{name}@readers.example", library_daily=10, queries=["robot"]) for name in ("ada", "bob")]
    keep(both[0], known("Low precision, high accuracy"))
    shared = sharing(Subscriber.objects.due(NOW), (both[0].pk, both[1].pk)).values_list("pk", flat=True)
    assert list(shared) == [both[1].pk]


def test_one_press_in_the_mail_makes_a_library_count_for_the_order_only_and_undo_brings_it_back() -> None:
    day_of_papers()
    ada = reader(topics=[topic("robots", "robot")], library_daily=7)
    keep(ada, known("Low precision, high accuracy"))
    planned(ada)
    muting = Muting.of(Delivery.objects.get(), 1)
    assert muting is not None
    assert muting.state == FilterState.ACTIVE
    muting.mute()
    ada.refresh_from_db()
    assert (ada.library_daily, muting.state) == (0, FilterState.MUTED)
    muting.undo()
    ada.refresh_from_db()
    assert (ada.library_daily, muting.state) == (7, FilterState.ACTIVE)


def test_what_is_all_that_brings_papers_cannot_be_taken_away_by_a_press() -> None:
    day_of_papers()
    ada = reader(topics=[topic("robots", "robot")], library_daily=7)
    keep(ada, known("Low precision, high accuracy"))
    planned(ada)
    robots = Muting.of(Delivery.objects.get(), 0)
    assert robots is not None
    robots.mute()
    library = Muting.of(Delivery.objects.get(), 1)
    assert library is not None
    assert library.state == FilterState.LAST
    library.mute()
    ada.refresh_from_db()
    assert ada.library_daily == 7


def test_papers_of_a_muted_topic_do_not_come_back_through_the_library() -> None:
    edition(record("One bit for speech", QUANTIZATION))
    ada = reader(topics=[topic("speech", "speech")], library_daily=10)
    keep(ada, known("Low precision, high accuracy"))
    planned(ada)
    Delivery.objects.update(state=Delivery.State.ACCEPTED)
    speech = Muting.of(Delivery.objects.get(), 0)
    assert speech is not None
    edition(
        record("Four bits suffice", QUANTIZATION),
        record("Two bits for speech", QUANTIZATION),
        day=DAY + timedelta(days=1),
    )
    speech.mute()
    assert titles(next_selection(Subscriber.objects.get())) == ["Four bits suffice"]
    speech.undo()
    again = titles(next_selection(Subscriber.objects.get()))
    assert set(again) == {"Four bits suffice", "Two bits for speech"}


def test_a_paper_like_the_library_of_a_digest_that_was_lost_keeps_its_reason() -> None:
    day_of_papers()
    ada = reader(library_daily=10)
    keep(ada, known("Low precision, high accuracy"))
    planned(ada)
    Delivery.objects.update(state=Delivery.State.UNKNOWN)
    tomorrow = NOW + timedelta(days=1)
    edition(record("Speaking machines", AUDIO), day=tomorrow.date(), now=tomorrow)
    plan(tomorrow)
    digest = Delivery.objects.latest("due_at")
    assert digest.selection is not None
    assert digest.selection.carried
    assert "like “Low precision, high accuracy” from your library" in web_version.read_html(digest)
