"""Which rights nobody used, and which calls were refused although no test asked for that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from tests.integration.audit.call import Call
from tests.integration.audit.granted import Granted


@dataclass(frozen=True, kw_only=True)
class Window:
    """When a test ran, and how the accounts begin that it has refused what they ask for."""

    test: str
    begun: datetime
    ended: datetime
    refused: frozenset[str] = frozenset()


def find_unused(granted: Iterable[Granted], calls: Iterable[Call]) -> list[Granted]:
    """Return the rights that no call needed."""
    made = tuple(dict.fromkeys(_strip(each) for each in calls if not each.is_refused))
    return sorted({right for right in granted if not any(right.covers(each) for each in made)})


def judge_rights(
    granted: Iterable[Granted], calls: Iterable[Call], *, unplayed: Mapping[Granted, str]
) -> list[str]:
    """Say what is wrong with the rights: unused ones, and reasons that are good for nothing."""
    known = tuple(granted)
    unused = set(find_unused(known, calls))
    return [
        *(f"{each}: nobody uses it" for each in sorted(unused - set(unplayed))),
        *(
            f"{each}: it is used, so it needs no reason"
            for each in sorted(set(unplayed) & set(known) - unused)
        ),
    ]


def list_refusals(calls: Iterable[Call], windows: Iterable[Window]) -> Iterator[str]:
    """List the refused calls that no test provoked, with the test that ran at that time."""
    known = tuple(windows)
    for call in calls:
        meanwhile = [each for each in known if each.begun <= call.at <= each.ended]
        provoked = any(call.account.startswith(tuple(each.refused)) for each in meanwhile)
        if call.is_refused and not provoked:
            yield f"{call} ({', '.join(each.test for each in meanwhile) or 'no test ran'})"


def _strip(call: Call) -> Call:
    """Return what rights are compared with: many calls are one then."""
    return Call(
        user="",
        verbs=call.verbs,
        group=call.group,
        resource=call.resource,
        namespace="",
        name=call.name,
        role=call.role,
        is_refused=False,
        at=datetime.min,  # noqa: DTZ901  no moment at all
    )
