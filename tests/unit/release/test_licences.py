"""What may be shipped is what somebody has allowed."""

from __future__ import annotations

import pytest

from release.component import Component, Origin
from release.licences import LicencePolicy

POLICY = LicencePolicy(
    frozenset({"MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"}), {"vague": "MIT"}
)


def part(*licences: str, name: str = "thing", origin: Origin = Origin.PYTHON) -> Component:
    return Component(
        name=name,
        version="1.0",
        origin=origin,
        purl=f"pkg:pypi/{name}@1.0",
        licences=licences,
        inside="outer" if origin is Origin.BUNDLED else "",
    )


@pytest.mark.parametrize(
    "licence",
    [
        "MIT",
        "MIT OR GPL-3.0-only",
        "GPL-3.0-only OR (MIT AND Apache-2.0)",
        "Apache-2.0 WITH LLVM-exception",
        "Apache-2.0 OR BSD-3-Clause",
    ],
)
def test_a_choice_that_is_allowed_is_enough(licence: str) -> None:
    assert POLICY.list_refused([part(licence)]) == []


@pytest.mark.parametrize(
    "licence",
    ["GPL-3.0-only", "MIT AND GPL-3.0-only", "BSD-3-Clause OR ISC", "MIT WITH LLVM-exception"],
)
def test_what_is_not_allowed_is_refused_by_name(licence: str) -> None:
    for origin, label in (
        (Origin.PYTHON, "thing 1.0"),
        (Origin.BUNDLED, "thing 1.0, inside outer"),
    ):
        (refused,) = POLICY.list_refused([part(licence, origin=origin)])
        assert refused == f"{label}: {licence} is not allowed in [tool.roottrust.licences]"


@pytest.mark.parametrize(
    ("licences", "said"),
    [((), "nothing"), (("BSD",), "BSD"), (("The MIT License\n\nCopyright",), "The MIT License")],
)
def test_what_is_not_clear_is_refused_until_somebody_states_it(
    licences: tuple[str, ...], said: str
) -> None:
    (refused,) = POLICY.list_refused([part(*licences)])
    assert refused.startswith(f"thing 1.0: its metadata say {said}, which is no SPDX expression")
    assert POLICY.list_refused(POLICY.complete([part(*licences, name="vague")])) == []


def test_what_is_clear_is_not_stated_otherwise() -> None:
    assert POLICY.complete([part("GPL-3.0-only", name="vague")])[0].licences == ("GPL-3.0-only",)


def test_the_base_is_told_and_not_judged() -> None:
    base = part("GPL-2+", origin=Origin.BASE, name="vague")
    assert POLICY.complete([base]) == [base]
    assert POLICY.list_refused([base]) == []


def test_a_statement_that_nothing_needs_any_more_is_told() -> None:
    assert POLICY.list_needless([part("Apache 2.0", name="vague")]) == []
    for parts in ([], [part("MIT", name="vague")]):
        (told,) = POLICY.list_needless(parts)
        assert told.startswith("vague: `stated`")
