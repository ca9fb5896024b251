from __future__ import annotations

import pytest

from roottrust.cli.policy_choice import choose_policies, get_full_name
from roottrust.domain.errors import DependencyMissingError
from tests.unit.cli.status.objects import build_policy

FOUND = tuple(map(build_policy, ("b/fleet", "a/other", "a/fleet")))


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        (None, ["a/fleet", "a/other", "b/fleet"]),
        ("fleet", ["a/fleet", "b/fleet"]),
        ("b/fleet", ["b/fleet"]),
    ],
)
def test_a_name_means_that_of_every_namespace(name: str | None, chosen: list[str]) -> None:
    found = choose_policies(FOUND, name=name, namespace=None)
    assert list(map(get_full_name, found)) == chosen


def test_a_name_that_does_not_exist_is_told_with_those_that_do() -> None:
    with pytest.raises(DependencyMissingError) as refused:
        choose_policies(FOUND, name="flet", namespace=None)
    assert refused.value.message == (
        "There is no RootTrustPolicy flet in this cluster: there is a/fleet, a/other, b/fleet."
    )


@pytest.mark.parametrize(("namespace", "where"), [(None, "this cluster"), ("c", "namespace c")])
def test_no_policy_at_all_is_told_with_what_to_look_at(namespace: str | None, where: str) -> None:
    with pytest.raises(DependencyMissingError) as refused:
        choose_policies((), name="fleet", namespace=namespace)
    assert refused.value.message.startswith(f"There is no RootTrustPolicy in {where}: see by")
