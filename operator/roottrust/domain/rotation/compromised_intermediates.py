"""Whose intermediates a person calls compromised: an annotation, so that Git can hold it.

Each entry names a generation and a cluster: what intermediates of a lower generation signed there
is not to be trusted any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from roottrust.api.compromised_intermediates import COMPROMISED_MAX
from roottrust.api.rotation import GENERATION_MAX
from roottrust.domain.names import is_dns_label
from roottrust.domain.redaction import build_one_line
from roottrust.domain.rotation.annotation_entries import split_entries

COMPROMISED_ANNOTATION = "admin.gloo.solo.io/intermediate-compromised"

_DIGITS = len(str(GENERATION_MAX))
_SHOWN = 60


@dataclass(frozen=True, kw_only=True)
class CompromiseOrders:
    """The generation by cluster, below which all are compromised; `problems` nobody understands."""

    generations: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def read_compromised(annotations: Mapping[str, str]) -> CompromiseOrders:
    """Return what the annotation asks for: of several numbers of one cluster the highest."""
    generations: dict[str, int] = {}
    problems: list[str] = []
    for entry in split_entries(annotations, COMPROMISED_ANNOTATION):
        number, _, cluster = entry.partition("/")
        if not _is_generation(number) or not is_dns_label(cluster):
            problems.append(_tell_problem(entry))
        elif cluster in generations or len(generations) < COMPROMISED_MAX:
            generations[cluster] = max(int(number), generations.get(cluster, 0))
    return CompromiseOrders(generations=generations, problems=tuple(problems[:1]))


def add_compromised(
    annotations: Mapping[str, str], *, clusters: Iterable[str], generation: int
) -> str:
    """Return the annotation with further clusters in it; what is there of others stays."""
    named = tuple(clusters)
    kept = (
        each
        for each in split_entries(annotations, COMPROMISED_ANNOTATION)
        if each.partition("/")[2] not in named
    )
    return ",".join((*kept, *(f"{generation}/{each}" for each in named)))


def _is_generation(text: str) -> bool:
    is_number = text.isascii() and text.isdigit() and len(text) <= _DIGITS
    return is_number and 1 <= int(text) <= GENERATION_MAX


def _tell_problem(entry: str) -> str:
    return (
        f"The annotation {COMPROMISED_ANNOTATION} must be intermediateGeneration/cluster, such as "
        f'3/cluster1, several with commas: "{build_one_line(entry, limit=_SHOWN)}" is ignored.'
    )
