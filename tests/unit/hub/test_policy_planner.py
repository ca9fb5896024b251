"""Policies planned beside each other: one makes what another waits for, one failure is its own."""

from __future__ import annotations

from typing import Any

import pytest

from roottrust.domain.errors import TransientError
from roottrust.domain.preview import KNOWN_AFTER_APPLY
from roottrust.domain.reasons import ConditionType, Reason
from roottrust.hub.given_policies import put_given
from roottrust.hub.kinds import POLICIES
from roottrust.hub.policy_homes import PolicyHomes
from roottrust.hub.policy_planner import PolicyPlanner, PolicyPreview
from roottrust.runtime.store import ObjectKey
from tests.unit.domain.certificates import NOW
from tests.unit.domain.samples import (
    EMPTY_FACTS,
    build_facts,
    build_known,
    build_manifest_spec,
    build_mesh,
)
from tests.unit.hub.conftest import Bench
from tests.unit.hub.fakes import FakeRegistry, FakeServer, FakeServers, build_manifest, fake

GENERATE = {"root": {"source": "Generate"}}
DOWN = TransientError("Vault is sealed: unseal it.", reason=Reason.SEALED)


def build(name: str, cluster: str, **changes: Any) -> dict[str, Any]:
    selector = {"istio": {"clusterSelector": {"cluster": cluster}}}
    spec = build_manifest_spec(applyToMeshes=[selector], **changes)
    metadata = {"name": name, "uid": f"uid-{name}", "creationTimestamp": f"2026-01-01T0{name}"}
    return build_manifest(metadata=metadata, spec=spec)


def get_key(name: str) -> ObjectKey:
    return ObjectKey(kind=POLICIES, namespace="gloo-mesh", name=name)


@pytest.fixture
def two() -> Bench:
    """Policy 1 makes the root, policy 2 uses it; Vault is empty."""
    bench = Bench(
        registry=FakeRegistry(clusters=(build_known("a"), build_known("b"))),
        servers=FakeServers(server=FakeServer(facts=EMPTY_FACTS)),
    )
    bench.put(build("1", "a", management=GENERATE))
    bench.put(build("2", "b"))
    return bench


async def plan(bench: Bench, *names: str) -> tuple[PolicyPreview, ...]:
    planner = PolicyPlanner(
        bench.controller, homes=PolicyHomes(fake(None), bench.store), concurrency=4
    )
    return await planner.plan([get_key(name) for name in names])


def count(preview: PolicyPreview) -> int:
    return len(preview.plan.actions) if preview.plan else 0


def find(preview: PolicyPreview, kind: ConditionType) -> tuple[str, str]:
    (found,) = (each for each in preview.judgements if each.type is kind)
    return found.status, found.reason


async def test_the_root_that_one_makes_serves_the_other(two: Bench) -> None:
    first, second = await plan(two, "1", "2")
    assert (count(first), count(second)) == (6, 4)
    assert find(second, ConditionType.READY) == ("True", "WaitingForMesh")
    assert two.server.asked == []


async def test_the_root_is_known_where_its_owner_is_not_asked_for(two: Bench) -> None:
    (second,) = await plan(two, "2")
    assert count(second) == 4


async def test_a_root_that_is_only_observed_is_not_made(two: Bench) -> None:
    two.put(build("1", "a", management={**GENERATE, "mode": "Observe"}))
    first, second = await plan(two, "1", "2")
    assert first.is_observed_only
    assert count(first) == 6
    assert find(first, ConditionType.VAULT_CONFIGURED) == ("False", "ChangesPending")
    assert count(second) == 0
    assert find(second, ConditionType.VAULT_CONFIGURED) == ("Unknown", "RootNotFound")


async def test_one_that_is_refused_does_not_keep_the_other_from_it(two: Bench) -> None:
    two.put(build("2", "nowhere"))
    first, second = await plan(two, "1", "2")
    assert count(first) == 6
    assert second.error is not None
    assert (second.target, second.plan) == (None, None)
    assert find(second, ConditionType.ACCEPTED)[1] == "NoClusterSelected"


async def test_a_vault_that_is_away_is_told(two: Bench) -> None:
    two.server.down = DOWN
    for each in await plan(two, "1", "2"):
        assert each.error is DOWN
        assert each.target is not None
        assert find(each, ConditionType.VAULT_REACHABLE) == ("False", "Sealed")


async def test_a_policy_that_is_gone_is_left_out(two: Bench) -> None:
    assert await plan(two, "3") == ()


async def test_a_given_policy_takes_the_place_of_the_one_that_is_there(two: Bench) -> None:
    known = two.store.get_by_key(get_key("1"))
    before = put_given(two.store, [build("1", "b", management=GENERATE)], now=NOW)
    assert before == {get_key("1"): known}
    after = two.store.get_by_key(get_key("1"))
    assert after is not None
    assert after["metadata"]["generation"] == 2
    _, second = await plan(two, "1", "2")
    assert second.error is not None
    assert second.error.reason is Reason.SELECTED_BY_OLDER_POLICY


async def test_a_given_policy_that_is_new_is_the_youngest(two: Bench) -> None:
    two.server.facts = build_facts()
    new = build("0", "b")
    new["metadata"] = {"namespace": "gloo-mesh", "name": "0"}
    assert put_given(two.store, [new], now=NOW) == {get_key("0"): None}
    found = two.store.get_by_key(get_key("0"))
    assert found is not None
    assert found["metadata"]["uid"] == KNOWN_AFTER_APPLY
    (preview,) = await plan(two, "0")
    assert preview.error is not None
    assert preview.error.reason is Reason.SELECTED_BY_OLDER_POLICY


async def test_an_unchanged_specification_keeps_its_generation(two: Bench) -> None:
    put_given(two.store, [build("1", "a", management=GENERATE)], now=NOW)
    found = two.store.get_by_key(get_key("1"))
    assert found is not None
    assert found["metadata"]["generation"] == 1


async def test_certificates_follow_once_vault_is_as_it_will_be(two: Bench) -> None:
    two.registry.clusters = (build_known("a", build_mesh("istiod-istio-system-a")),)
    (first,) = await plan(two, "1")
    (action,) = first.certificates.actions
    assert str(action) == "create IssuedCertificate istio-system/istiod-istio-system-a"
    # What Vault will choose is not known yet.
    assert KNOWN_AFTER_APPLY in action.manifest["spec"]["agentCa"]["vault"]["caPath"]
    assert action.manifest["spec"]["trustBundle"] == KNOWN_AFTER_APPLY
    assert find(first, ConditionType.READY) == ("Unknown", "WaitingForVault")
    assert two.registry.applied == []
