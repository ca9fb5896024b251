from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from roottrust.domain.deletion_scope import FINALIZER, FORCE_DELETE_ANNOTATION
from roottrust.domain.errors import (
    AccessDeniedError,
    ConflictError,
    RootTrustError,
    TransientError,
)
from roottrust.domain.reasons import Reason
from roottrust.hub import policy_deletion
from roottrust.hub.dependants import find_mounts_in_use
from roottrust.hub.kinds import POLICIES
from roottrust.hub.policy_object import read_policy
from roottrust.runtime.fence import FencedError
from tests.unit.domain.deletions import build_deletion_facts
from tests.unit.domain.issuances import KEY, build_certificate
from tests.unit.domain.samples import ADDRESS, IDENTITY, OTHER_POLICY, build_manifest_spec
from tests.unit.hub.conftest import Bench
from tests.unit.hub.fakes import build_manifest

DELETION = {"deletionPolicy": "Delete"}
DELETE = build_manifest_spec(management=DELETION)
SEALED = TransientError("Vault x is sealed: unseal it.", reason=Reason.SEALED)
DENIED = AccessDeniedError(
    "Vault x denied delete on sys/auth/kube-a: grant it.",
    reason=Reason.ACCESS_DENIED,
    path="sys/auth/kube-a",
    capability="delete",
)
API_DENIED = AccessDeniedError(
    "The API server denied delete on x: grant it.",
    reason=Reason.ACCESS_DENIED,
    path="x",
    capability="delete",
)
FENCED = FencedError("This was not written.", reason=Reason.NOT_LEADING)
EVERYTHING = [
    "delete auth/kube-a/role/gen-a",
    "delete sys/policies/acl/gen-a",
    "delete auth/kube-a",
    "delete pki_int_a",
]


def build_issued(mount: str = "pki_int_a", server: str = ADDRESS) -> dict[str, Any]:
    vault = {"csrPath": f"{mount}/intermediate/generate/exported", "server": server}
    metadata = {"namespace": "istio-system", "name": "istiod"}
    return {"metadata": metadata, "spec": {"agentCa": {"vault": vault}}}


@pytest.fixture
def deleted(bench: Bench) -> Bench:
    """A hub with a policy that is being deleted, and a Vault with all that was made for it."""
    bench.server.deletion = build_deletion_facts()
    bench.kube.finalizers = ["foregroundDeletion", FINALIZER]
    metadata = {"finalizers": list(bench.kube.finalizers)}
    bench.put(build_manifest(spec=DELETE, metadata=metadata))
    delete(bench)
    return bench


def delete(bench: Bench) -> None:
    bench.edit(metadata={"deletionTimestamp": bench.now.strftime("%Y-%m-%dT%H:%M:%SZ")})


async def reconcile(bench: Bench, *, after: float = 1) -> float | None:
    """Reconcile some seconds later; return when to look again."""
    bench.now += timedelta(seconds=after)
    written = len(bench.kube.applied)
    again = await bench.controller.reconcile(bench.key)
    for manifest in bench.kube.applied[written:]:
        bench.edit(status=manifest["status"])
    bench.edit(metadata={"finalizers": list(bench.kube.finalizers or [])})
    return again


async def test_vault_is_cleaned_and_then_the_finalizer_goes(deleted: Bench) -> None:
    assert await reconcile(deleted) is None
    assert deleted.server.written == EVERYTHING
    assert deleted.kube.finalizers == ["foregroundDeletion"]
    assert deleted.events.reasons == ["RemovedFromVault"]
    assert deleted.kube.applied == []
    assert await reconcile(deleted) is None
    assert len(deleted.server.asked) == len(EVERYTHING)


async def test_finalizer_is_on_before_the_first_write(bench: Bench) -> None:
    bench.put(build_manifest(spec=DELETE))
    bench.kube.failure = SEALED
    with pytest.raises(TransientError):
        await bench.reconcile()
    assert bench.server.written == []
    bench.kube.failure = None
    await bench.reconcile()
    assert bench.kube.finalizers == [FINALIZER]
    assert bench.server.written != []


@pytest.mark.parametrize(
    "management", [{"deletionPolicy": "Retain"}, {"deletionPolicy": "Delete", "mode": "Observe"}]
)
async def test_finalizer_goes_when_nothing_is_to_be_removed_any_more(
    bench: Bench, management: dict[str, str]
) -> None:
    bench.put(build_manifest(spec=DELETE))
    await bench.reconcile()
    bench.edit(spec=build_manifest_spec(management=management), metadata={"generation": 2})
    await bench.reconcile()
    assert bench.kube.finalizers == []
    # Also of a policy that is not accepted any more.
    bench.edit(spec=DELETE)
    await bench.reconcile()
    refused = build_manifest_spec(management=management, vault={"server": "https://other"})
    bench.edit(spec=refused)
    with pytest.raises(RootTrustError):
        await bench.reconcile()
    assert bench.kube.finalizers == []


async def test_policy_switched_to_retain_leaves_all(deleted: Bench) -> None:
    deleted.edit(spec=build_manifest_spec())
    assert await reconcile(deleted) is None
    assert deleted.server.observed == 0
    assert deleted.kube.finalizers == ["foregroundDeletion"]


async def test_finalizer_that_has_moved_is_looked_for_again(deleted: Bench) -> None:
    deleted.kube.finalizers = [FINALIZER]
    with pytest.raises(ConflictError):
        await reconcile(deleted)
    deleted.edit(metadata={"finalizers": [FINALIZER]})
    assert await reconcile(deleted) is None
    assert deleted.kube.finalizers == []


async def test_vault_that_is_away_is_waited_for_and_told(deleted: Bench) -> None:
    deleted.server.down = SEALED
    assert await reconcile(deleted) == policy_deletion.RETRY_SECONDS
    assert deleted.read_condition("Ready") == ("False", "Deleting")
    assert deleted.read_condition("VaultReachable") == ("False", "Sealed")
    assert deleted.read_condition("Reconciling") == ("True", "Deleting")
    assert deleted.status.state == "PENDING"
    assert "Vault x is sealed: unseal it" in str(deleted.status.message)
    assert await reconcile(deleted) == policy_deletion.RETRY_SECONDS
    assert len(deleted.kube.applied) == 1
    deleted.server.down = None
    assert await reconcile(deleted) is None
    assert deleted.server.written == EVERYTHING


async def test_vault_that_stays_away_is_given_up(deleted: Bench) -> None:
    deleted.edit(status=_build_status("pki_int_a", "SecretsMount"))
    deleted.server.down = SEALED
    assert await reconcile(deleted, after=117) == 3
    assert FINALIZER in (deleted.kube.finalizers or [])
    assert await reconcile(deleted, after=3) is None
    assert deleted.kube.finalizers == ["foregroundDeletion"]
    assert deleted.events.posted[-1] == (
        "Warning",
        "LeftInVault",
        (
            f"Left in Vault {ADDRESS}; remove by hand what nobody needs: "
            "vault secrets disable pki_int_a (Vault x is sealed: unseal it)."
        ),
    )


def _build_status(path: str, kind: str) -> dict[str, Any]:
    managed = [{"path": path, "kind": kind, "origin": "Created"}]
    return {"managedObjects": managed, "vault": {"server": ADDRESS}}


async def test_operator_that_was_away_too_long_still_tries_once(deleted: Bench) -> None:
    deleted.now += timedelta(hours=1)
    assert await reconcile(deleted) is None
    assert deleted.server.written == EVERYTHING
    assert "LeftInVault" not in deleted.events.reasons


async def test_api_server_whose_clock_is_ahead_makes_nobody_wait_longer(deleted: Bench) -> None:
    deleted.edit(metadata={"deletionTimestamp": "2999-01-01T00:00:00Z"})
    deleted.server.down = SEALED
    assert await reconcile(deleted) is not None
    assert await reconcile(deleted, after=121) is None
    deleted.controller._deleter.forget(deleted.key)


async def test_another_policy_of_that_name_has_its_own_time(deleted: Bench) -> None:
    deleted.server.down = SEALED
    await reconcile(deleted)
    deleted.now += timedelta(hours=1)
    deleted.kube.finalizers = [FINALIZER]
    deleted.edit(metadata={"uid": "uid-9", "finalizers": [FINALIZER]})
    delete(deleted)
    assert await reconcile(deleted) == policy_deletion.RETRY_SECONDS


async def test_missing_right_keeps_nothing_else_in_vault(deleted: Bench) -> None:
    deleted.server.refused = {"auth/kube-a": DENIED}
    assert await reconcile(deleted) == policy_deletion.RETRY_SECONDS
    assert deleted.server.written == [each for each in EVERYTHING if each != EVERYTHING[2]]
    assert "denied delete on sys/auth/kube-a" in str(deleted.status.message)
    assert deleted.read_condition("VaultReachable") == ("True", "Reachable")
    assert await reconcile(deleted, after=120) is None
    assert "vault auth disable kube-a (Vault x denied" in deleted.events.posted[-1][2]


async def test_outage_in_the_middle_ends_the_attempt(deleted: Bench) -> None:
    deleted.server.refused = {"sys/policies/acl/gen-a": SEALED}
    await reconcile(deleted)
    assert deleted.server.asked == EVERYTHING[:2]
    deleted.server.refused = {}
    await reconcile(deleted)
    assert deleted.server.written == EVERYTHING


async def test_removed_objects_are_no_longer_told_as_managed(deleted: Bench) -> None:
    deleted.edit(status=_build_status("pki_int_a", "SecretsMount"))
    deleted.server.refused = {"auth/kube-a": DENIED}
    await reconcile(deleted)
    assert deleted.status.managed_objects == ()


async def test_hub_that_leads_no_more_tells_nothing(deleted: Bench) -> None:
    deleted.server.refused = {"auth/kube-a/role/gen-a": FENCED}
    with pytest.raises(FencedError):
        await reconcile(deleted, after=500)
    assert deleted.events.posted == []
    assert FINALIZER in (deleted.kube.finalizers or [])


async def test_slow_vault_is_cut_off(deleted: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_deletion, "ATTEMPT_SECONDS", 0.01)
    deleted.server.hangs = True
    assert await reconcile(deleted, after=500) is None
    assert deleted.kube.finalizers == ["foregroundDeletion"]
    assert f"Vault {ADDRESS} is too slow" in deleted.events.posted[-1][2]


async def test_mount_that_an_issued_certificate_uses_is_waited_for(deleted: Bench) -> None:
    deleted.registry.others = (build_issued(),)
    await reconcile(deleted)
    assert deleted.server.written == EVERYTHING[:3]
    assert "IssuedCertificate istio-system/istiod of cluster1 depends on it" in str(
        deleted.status.message
    )
    deleted.edit(metadata={"annotations": {FORCE_DELETE_ANNOTATION: "true"}})
    assert await reconcile(deleted) is None
    assert deleted.server.written == EVERYTHING


async def test_mount_is_left_when_its_user_stays(deleted: Bench) -> None:
    deleted.registry.others = (build_issued(),)
    await reconcile(deleted, after=121)
    assert "vault secrets disable pki_int_a (IssuedCertificate" in deleted.events.posted[-1][2]


async def test_nothing_is_removed_before_it_is_known_who_uses_it(deleted: Bench) -> None:
    deleted.registry.unlisted = TransientError(
        "x cannot be reached.", reason=Reason.API_UNREACHABLE
    )
    await reconcile(deleted)
    assert deleted.server.written == []
    deleted.registry.unlisted = None
    assert await reconcile(deleted) is None
    assert deleted.server.written == EVERYTHING


def test_only_the_cluster_that_a_mount_is_for_can_keep_it_in_use() -> None:
    """Whoever is in charge of another one could have it stay, by naming it."""
    issued = {"c1": (build_issued("a"),), "c2": (build_issued("a"), build_issued("b"))}
    assert find_mounts_in_use(issued, server=ADDRESS, users={"a": "c1"}) == {
        "a": "IssuedCertificate istio-system/istiod of c1",
        "b": "IssuedCertificate istio-system/istiod of c2",
    }
    issued["c1"] = ()
    assert set(find_mounts_in_use(issued, server=ADDRESS, users={"a": "c1"})) == {"b"}


def test_only_mounts_of_the_same_server_are_in_use() -> None:
    broken: tuple[dict[str, Any], ...] = ({}, {"spec": {}}, {"spec": {"agentCa": {"vault": {}}}})
    issued = {"c1": (build_issued("a"), build_issued("b", "https://other"), *broken)}
    assert set(find_mounts_in_use(issued, server=ADDRESS, users={})) == {"a"}


UNKNOWN_PLACES = [
    ({"management": {"deletionPolicy": "Delete"}}, None),
    (build_manifest_spec(management=DELETION, vault={"server": "https://x"}), None),
    (DELETE, {"server": "https://gone"}),
    (DELETE, {"server": ADDRESS.replace("https", "http")}),
]


@pytest.mark.parametrize(("spec", "vault"), UNKNOWN_PLACES)
async def test_policy_whose_vault_is_not_known_goes_in_the_end(
    deleted: Bench, spec: dict[str, Any], vault: dict[str, str] | None
) -> None:
    status = _build_status("auth/kube-a", "AuthMount") | {"vault": vault}
    deleted.edit(spec=spec, status={name: each for name, each in status.items() if each})
    assert await reconcile(deleted) == policy_deletion.RETRY_SECONDS
    assert await reconcile(deleted, after=120) is None
    assert deleted.server.observed == 0
    assert "vault auth disable kube-a" in deleted.events.posted[-1][2]


@pytest.mark.parametrize(
    "spec",
    [
        {"management": DELETION},
        build_manifest_spec(
            management=DELETION, vault={"csrPath": "elsewhere/intermediate/generate/exported"}
        ),
    ],
)
async def test_policy_that_is_not_accepted_any_more_is_cleaned_up_by_marks(
    deleted: Bench, spec: dict[str, Any]
) -> None:
    deleted.edit(spec=spec, status=_build_status("pki_int_a", "SecretsMount"))
    assert await reconcile(deleted) is None
    assert deleted.server.written == EVERYTHING


async def test_what_comes_back_is_told(deleted: Bench) -> None:
    deleted.server.drops_writes = True
    assert await reconcile(deleted) == policy_deletion.RETRY_SECONDS
    await reconcile(deleted, after=120)
    assert "it came back while it was removed" in deleted.events.posted[-1][2]


async def test_auth_mount_with_roles_of_others_is_told_at_once(deleted: Bench) -> None:
    deleted.server.deletion = build_deletion_facts(roles={"kube-a": ("ci", "gen-a")})
    assert await reconcile(deleted) is None
    assert deleted.events.reasons == ["RemovedFromVault", "LeftInVault"]
    assert "vault auth disable kube-a (it has roles of others: ci)" in deleted.events.posted[-1][2]


async def test_a_younger_policy_waits_until_the_older_one_is_gone(deleted: Bench) -> None:
    """It would find marks of the older one, and take them for a conflict."""
    younger = build_manifest(
        metadata={"name": "younger", "creationTimestamp": "2030-01-02T00:00:00Z"}
    )
    deleted.store.apply_event(POLICIES, "ADDED", younger)
    older = {"creationTimestamp": "2030-01-01T00:00:00Z"}
    deleted.edit(metadata=older)
    claims = deleted.controller.claims
    claims.outdate_all()
    reader = deleted.controller._reader
    claim = reader.read(read_policy(younger)).claim
    assert [each.policy.name for each in claims.list_beside(claim)].count(IDENTITY.name) >= 1
    await reconcile(deleted)
    concerned = claims.outdate(deleted.key)
    assert [key.name for key in concerned] == ["younger"]
    assert IDENTITY.name not in [each.policy.name for each in claims.list_beside(claim)]


async def test_what_agents_read_goes_before_anything_in_vault(deleted: Bench) -> None:
    deleted.registry.found[KEY] = build_certificate()
    deleted.server.down = SEALED
    assert await reconcile(deleted) == policy_deletion.RETRY_SECONDS
    assert deleted.registry.found == {}
    assert deleted.server.written == []
    deleted.server.down = None
    assert await reconcile(deleted) is None
    assert deleted.server.written == EVERYTHING


async def test_a_certificate_that_cannot_be_removed_is_waited_for_and_then_left(
    deleted: Bench,
) -> None:
    deleted.registry.found[KEY] = build_certificate()
    deleted.registry.refused[KEY] = API_DENIED
    assert await reconcile(deleted) == policy_deletion.RETRY_SECONDS
    assert deleted.server.written == EVERYTHING  # it hinders nothing else
    message = deleted.status.message
    assert message is not None
    assert f"IssuedCertificate {KEY} of cluster1: The API server denied delete on x" in message
    assert await reconcile(deleted, after=policy_deletion.DELETION_SECONDS) is None
    assert deleted.kube.finalizers == ["foregroundDeletion"]
    (left,) = [each for each in deleted.events.posted if each[1] == "LeftInClusters"]
    assert str(KEY) in left[2]


async def test_certificates_of_others_stay(deleted: Bench) -> None:
    deleted.registry.found[KEY] = build_certificate(OTHER_POLICY.render())
    assert await reconcile(deleted) is None
    assert list(deleted.registry.found) == [KEY]
