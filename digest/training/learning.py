"""From examples to a topic model, in two steps: a teacher reads few labels, a pupil reads the whole corpus.

The teacher is a logistic regression on the labelled papers, over the features of
`digest.matching.topics.features` and the 200 directions in which the corpus's words vary together (latent
semantic analysis): it knows that words it never saw labelled go with words it did. Its judgement of every
paper of the corpus, mixed with the labels where there are some, is what the pupil learns: a logistic
regression over the features alone, pruned to the strongest. Only the pupil is stored.

Equal input gives an equal model: nothing is drawn by chance but with a fixed seed.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from digest.matching.tokenizer import Text
from digest.matching.topics.features import Features, terms
from digest.training.examples import TOPICS, Example

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

TERMS_AT_LEAST, TERMS_AT_MOST = 8, 0.3  # papers of the corpus with a term; a share of them
TERM, TITLE_TERM, CONCEPT, DIRECTION = 0.15, 0.3, 0.2, 2.0  # how freely a feature may be given weight
DIRECTIONS = 200
TEACHER, PUPIL = 2.0, 2.0  # inverse strength of regularisation
GOLD_WEIGHT, AMBIGUOUS_WEIGHT = 2.0, 0.4
UNLABELLED_WEIGHT, LABELLED_WEIGHT, TRUST = (
    0.5,
    2.0,
    0.9,
)  # of a paper for the pupil; of a label against the teacher
KEPT = 700  # features of a topic
THRESHOLDS, DISTANCE_PENALTY = np.linspace(-3, 2, 101), 0.1
FUNCTION_WORDS = frozenset(
    "a about above across after all also an and any are as at be been before being between both but by can"
    " could did do does down during each etc few for from further had has have he her here his how however i"
    " if in into is it its itself just may more most much no nor not now of off on once only or other our out"
    " over own same she should so some such than that the their them then there these they this those through"
    " to too under until up upon very via was we were what when where which while who whom why will with"
    " within without would you your us et al e g s t".split()
)


@dataclass(frozen=True)
class Learned:
    """Weights of every topic (rows, in the order of TOPICS) for the features called `names`."""

    names: Sequence[str]
    weights: Floats
    biases: Floats


class Material:
    """Examples as numbers: the labelled ones first, then the corpus."""

    def __init__(
        self, labelled: Sequence[Example], corpus: Sequence[Example], concepts: Mapping[str, Iterable[str]]
    ) -> None:
        self.labelled = labelled
        self.topics = np.array([[slug in paper.topics for slug in TOPICS] for paper in labelled])
        self.ambiguous = np.array([[slug in paper.ambiguous for slug in TOPICS] for paper in labelled])
        self.weight = np.array(
            [1.0 if paper.pool in {"corpus", "invented"} else GOLD_WEIGHT for paper in labelled]
        )
        of_corpus = {paper.key: row for row, paper in enumerate(corpus)}
        self.row_in_corpus = np.array([of_corpus.get(paper.key, -1) for paper in labelled])
        texts = [(Text(paper.title), Text(paper.abstract)) for paper in (*labelled, *corpus)]
        features = Features(_common_terms(texts[len(labelled) :]), concepts)
        found = [features.find(title, abstract) for title, abstract in texts]
        papers_with = Counter(name for one in found[len(labelled) :] for name in one)
        self.names = sorted(name for name, papers in papers_with.items() if papers >= TERMS_AT_LEAST)
        self.scale = np.array([_scale(name, papers_with[name], len(corpus)) for name in self.names])
        number = {name: column for column, name in enumerate(self.names)}
        rows = [
            (row, number[name], feature.value)
            for row, one in enumerate(found)
            for name, feature in one.items()
            if name in number
        ]
        at, column, value = map(np.array, zip(*rows, strict=True))
        shape = (len(texts), len(self.names))
        self.features = sparse.csr_matrix((value * self.scale[column], (at, column)), shape=shape)
        directions = self._directions(papers_with, len(corpus))
        self.with_directions = sparse.hstack([self.features, directions * DIRECTION]).tocsr()

    def _directions(self, papers_with: Mapping[str, int], papers: int) -> Floats:
        """Where each example lies along the main directions of the corpus."""
        is_term = np.array([not name.startswith(("[", "title: ")) for name in self.names])
        rarity = np.array([math.log(papers / papers_with[name]) for name in self.names])
        weighted = self.features @ sparse.diags(np.where(is_term, rarity / self.scale, 0.0))
        weighted = normalize(weighted)
        analysis = TruncatedSVD(DIRECTIONS, n_iter=4, random_state=0).fit(weighted[len(self.labelled) :])
        directions: Floats = normalize(analysis.transform(weighted))
        return directions

    def learn(self, rows: Numbers, *, unseen: Numbers | None = None) -> Learned:
        """A model learned from the labelled examples `rows`; thresholds are not yet chosen.

        Corpus papers that are among the labelled examples `unseen` are left out: they are to be judged.
        """
        corpus = np.arange(len(self.labelled), self.features.shape[0])
        if unseen is not None:
            seen_twice = self.row_in_corpus[unseen]
            corpus = np.delete(corpus, seen_twice[seen_twice >= 0])
        learned = [self._learn_topic(topic, rows, corpus) for topic in range(len(TOPICS))]
        weights = np.array([weights for weights, _ in learned]) * self.scale
        return Learned(self.names, weights, np.array([bias for _, bias in learned]))

    def _learn_topic(self, topic: int, rows: Numbers, corpus: Numbers) -> tuple[Floats, float]:
        labels = self.topics[rows, topic]
        weight = self.weight[rows] * np.where(self.ambiguous[rows, topic], AMBIGUOUS_WEIGHT, 1.0)
        teacher = _regression(TEACHER).fit(self.with_directions[rows], labels, sample_weight=weight)
        judged = np.concatenate([rows, corpus])
        belief = teacher.predict_proba(self.with_directions[judged])[:, 1]
        belief[: len(rows)] += (
            TRUST
            * (weight > 0)
            * (labels - belief[: len(rows)])
            * np.where(self.ambiguous[rows, topic], 0.5, 1.0)
        )
        importance = np.full(len(judged), UNLABELLED_WEIGHT)
        importance[: len(rows)] = LABELLED_WEIGHT * self.weight[rows]
        return self._teach(self.features[judged], belief, importance)

    def _teach(self, features: sparse.csr_matrix, belief: Floats, importance: Floats) -> tuple[Floats, float]:
        """Weights that agree with `belief`: learned over all features, then again over the strongest."""
        fit = partial(_fit_belief, belief=belief, importance=importance)
        weights, _ = fit(features)
        spread = np.sqrt(np.asarray(features.multiply(features).mean(axis=0)).ravel())
        kept = np.sort(np.argsort(-np.abs(weights) * spread, kind="stable")[:KEPT])
        final = np.zeros(len(self.names))
        final[kept], bias = fit(features[:, kept])
        return final, bias

    def margins(self, learned: Learned, rows: Numbers) -> Floats:
        """How far above 0 each topic (column) is for the labelled examples `rows`."""
        return np.asarray(self.features[rows] @ (learned.weights / self.scale).T) + learned.biases


def thresholds(material: Material, rows: Numbers, folds: int = 4, seed: int = 1) -> Floats:
    """The margin above which each topic is best given, from models that had not seen the paper judged."""
    order = np.random.RandomState(seed).permutation(rows)
    parts = [order[start::folds] for start in range(folds)]
    judged = Parallel(n_jobs=-1)(
        delayed(_judge_unseen)(material, np.setdiff1d(rows, part), part) for part in parts
    )
    margins, order = np.concatenate(judged), np.concatenate(parts)
    return best_thresholds(margins, material.topics[order], material.weight[order])


def best_thresholds(margins: Floats, belongs: NDArray[np.bool_], weight: Floats) -> Floats:
    """The threshold of each topic (column) for papers (rows) of these margins and weights.

    Each is the best for its topic, less a penalty for its distance from what is best for all topics
    together: few papers decide one topic, and a threshold of its own fits their chance.
    """
    scores = np.array(
        [_f1_by_threshold(margins[:, topic], belongs[:, topic], weight) for topic in range(len(TOPICS))]
    )
    common = THRESHOLDS[np.argmax(scores.mean(axis=0))]
    best = np.argmax(scores - DISTANCE_PENALTY * (THRESHOLDS - common) ** 2, axis=1)
    chosen: Floats = THRESHOLDS[best]
    return chosen


def learn_with_thresholds(material: Material, rows: Numbers, *, unseen: Numbers | None = None) -> Learned:
    """A model whose topics begin at a margin of 0."""
    learned = material.learn(rows, unseen=unseen)
    return Learned(learned.names, learned.weights, learned.biases - thresholds(material, rows))


def _judge_unseen(material: Material, rows: Numbers, unseen: Numbers) -> Floats:
    return material.margins(material.learn(rows, unseen=unseen), unseen)


def _f1_by_threshold(margins: Floats, labels: NDArray[np.bool_], weight: Floats) -> Floats:
    """F1 at each of THRESHOLDS, smoothed over neighbouring ones."""
    given = margins > THRESHOLDS[:, None]
    right = (given & labels) @ weight
    scores = 2 * right / np.maximum(2 * right + (given != labels) @ weight, 1e-9)
    smooth: Floats = np.convolve(np.pad(scores, 5, mode="edge"), np.ones(11) / 11, "valid")
    return smooth


def _fit_belief(features: sparse.csr_matrix, belief: Floats, importance: Floats) -> tuple[Floats, float]:
    """Logistic regression on degrees of belief: each paper counts as both, by how far it is believed."""
    weight = np.concatenate([importance * belief, importance * (1 - belief)])
    label = np.repeat([True, False], len(belief))
    used = weight > 1e-3
    doubled = sparse.vstack([features, features]).tocsr()[used]
    fitted = _regression(PUPIL).fit(doubled, label[used], sample_weight=weight[used])
    return fitted.coef_[0], float(fitted.intercept_[0])


def _regression(strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, solver="liblinear", max_iter=300, random_state=0)


def _common_terms(texts: Sequence[tuple[Text, Text]]) -> list[str]:
    papers_with = Counter(
        term for title, abstract in texts for term in {*terms(title), *terms(abstract)} if _speaks(term)
    )
    most = TERMS_AT_MOST * len(texts)
    return sorted(term for term, papers in papers_with.items() if TERMS_AT_LEAST <= papers <= most)


def _speaks(term: str) -> bool:
    """Whether a term is more than function words; a pair must not begin or end with one."""
    return FUNCTION_WORDS.isdisjoint(term.split())


def _scale(name: str, papers_with: int, papers: int) -> float:
    if name.startswith("["):
        return CONCEPT
    rarity = math.log(papers / papers_with) / 4
    return (TITLE_TERM if name.startswith("title: ") else TERM) * rarity
