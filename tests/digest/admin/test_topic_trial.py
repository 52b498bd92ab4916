"""How good a topic is, on its page in the admin, and what another wording would do before it is saved."""

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from digest.ingestion import shipped_topics
from digest.models import Topic
from digest.training.examples import LABELS, LOCKED, read_label_rows
from tests.factories import edition, record, topic

pytestmark = pytest.mark.django_db

TITLES = {True: "A language agent that calls tools", False: "Bread, a history"}


def world() -> Topic:
    """The shipped topics, and invented papers under ids of labelled ones: four on agents, three on none."""
    shipped_topics.load()
    rows = read_label_rows(LABELS)
    on_agents = [key for key, labels in rows.items() if labels.topics == {"agents"} and not labels.ambiguous]
    on_none = [key for key, labels in rows.items() if not labels.topics and not labels.ambiguous]
    papers = [(key, True) for key in on_agents[:4]] + [(key, False) for key in on_none[:3]]
    edition(
        *(
            record(f"{TITLES[belongs]}, part {number}", "We study it.", key=f"arxiv:{key}")
            for number, (key, belongs) in enumerate(papers)
        ),
        "A paper that nobody labelled",
    )
    return Topic.objects.get(slug="agents")


def page_of(client: Client, row: Topic) -> str:
    return client.get(reverse("admin:digest_topic_change", args=[row.pk])).content.decode()


def tried(client: Client, row: Topic, query: str) -> BeautifulSoup:
    answer = client.post(reverse("admin:digest_topic_try", args=[row.pk]), {"query": query})
    assert answer.status_code == 200
    return BeautifulSoup(answer.content, "html.parser")


def figures(trial: BeautifulSoup) -> dict[str, list[str]]:
    """What the table says, by wording."""
    return {
        row.th.get_text(): [" ".join(cell.get_text().split()) for cell in row("td")]
        for row in trial.select("tbody tr")
        if row.th
    }


def test_a_topics_page_says_how_precise_and_complete_it_is(admin_client: Client) -> None:
    content = " ".join(page_of(admin_client, world()).split())
    assert "labelled papers that the model had not learned from" in content
    assert "the query alone" in content
    assert "query and trained model, which select" in content


def test_a_wording_is_tried_from_the_form_in_which_it_is_edited(admin_client: Client) -> None:
    form = BeautifulSoup(page_of(admin_client, world()), "html.parser").select_one(
        "form:has(textarea[name=query])"
    )
    assert form
    button = form.select_one("button[formaction$='/try/'][formnovalidate]")
    assert button
    assert button["hx-target"] == "#" + str(form.select("[id=topic-trial]")[0]["id"])


def test_a_topic_of_the_operators_own_says_that_nothing_measures_it(admin_client: Client) -> None:
    assert "nobody has labelled papers for it" in page_of(admin_client, topic("mine", "something"))


def test_a_wording_is_judged_on_the_labelled_papers_that_are_stored_here(admin_client: Client) -> None:
    trial = tried(admin_client, world(), "bread OR tools")
    assert "On the 7 labelled papers stored here, 4 of which belong" in " ".join(trial.get_text().split())
    assert figures(trial)["the wording that you are trying"] == ["0.57 4 of 7 given", "1.00 4 of 4"]


def test_trying_a_wording_names_the_papers_it_would_add_and_whether_they_belong(admin_client: Client) -> None:
    row = world()
    row.query, row.edited = "tools", True
    row.save()
    items = [" ".join(item.get_text().split()) for item in tried(admin_client, row, "tools OR bread")("li")]
    assert items == [f"Bread, a history, part {number} does not belong" for number in (4, 5, 6)]


def test_trying_a_wording_names_the_papers_it_would_lose(admin_client: Client) -> None:
    row = world()
    row.query, row.edited = "tools", True
    row.save()
    trial = tried(admin_client, row, "part NOT (bread OR 0 OR 1)")
    assert "It would no longer select 2" in " ".join(trial.get_text().split())


def test_trying_a_wording_stores_nothing(admin_client: Client) -> None:
    row = world()
    tried(admin_client, row, "bread")
    assert Topic.objects.get(pk=row.pk).query == row.query


def test_the_same_wording_changes_nothing(admin_client: Client) -> None:
    row = world()
    trial = tried(admin_client, row, row.query.replace("\n", "\r\n"))
    assert "It selects the same of these papers as now." in trial.get_text()


def test_a_wording_that_cannot_be_read_is_shown_with_a_caret(admin_client: Client) -> None:
    assert "This bracket is never closed" in tried(admin_client, world(), "(bread").get_text()


def test_where_no_labelled_paper_is_stored_the_trial_says_so(admin_client: Client) -> None:
    shipped_topics.load()
    trial = tried(admin_client, Topic.objects.get(slug="agents"), "bread")
    assert "None of the labelled papers is stored here" in trial.get_text()


def test_the_trial_says_which_papers_the_model_learned_from(admin_client: Client) -> None:
    row = world()
    locked = next(iter(read_label_rows(LOCKED)))
    edition(record("Kept for judging", key=f"arxiv:{locked}"))
    assert "The model learned from 7 of these papers" in tried(admin_client, row, "bread").get_text()


def test_a_wording_is_tried_by_those_alone_who_may_change_topics(client: Client) -> None:
    row = world()
    client.force_login(User.objects.create_user("viewer", is_staff=True))
    answer = client.post(reverse("admin:digest_topic_try", args=[row.pk]), {"query": "bread"})
    assert answer.status_code == 403
