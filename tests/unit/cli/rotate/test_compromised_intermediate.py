"""`roottrust rotate intermediate --compromised`: what is said first, written, and followed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from click.testing import Result as Called

from roottrust.cli.main import main
from roottrust.cli.rotate import order_writing
from roottrust.cli.status.found import FoundObjects
from roottrust.domain.errors import ConflictError
from roottrust.domain.reasons import Reason
from roottrust.domain.rotation.compromised_intermediates import COMPROMISED_ANNOTATION
from tests.unit.cli.rotate.conftest import StandIn
from tests.unit.cli.status.objects import (
    MESH,
    build_certificate,
    build_mesh,
    build_policy,
    build_told,
    find,
    find_well,
    show,
)
from tests.unit.domain.agent_entries import build_instance

Call = Callable[..., Called]

CONFLICT = ConflictError("It was changed meanwhile.", reason=Reason.CONFLICT)
WORDS = ("rotate", "intermediate", "--cluster", "cluster1", "--compromised")
NAMED = "gloo-mesh/fleet"
CHANGE = (
    f"{NAMED}: spec.rotation.clusters of cluster1: 1 → 2\n"
    f'{NAMED}: {COMPROMISED_ANNOTATION}: "2/cluster1"\n'
)
ENDS_AT = show(build_instance().not_after)
DONE = "Intermediates of cluster1 below generation 2: 2 are revoked in pki/. Revoked or not, peers"
LEFT = "Intermediates of cluster1 below generation 2 are compromised: `vault write pki/revoke x`."
FOLLOW = f"`roottrust rotate intermediate {NAMED} --follow --compromised --cluster cluster1`"


def find_ordered(
    *, is_served: bool = True, annotation: str = "2/cluster1", **told: Any
) -> FoundObjects:
    """Return a fleet after the order; `told` is what the status has of the revocation."""
    rotation = {"clusters": [{"name": "cluster1", "intermediateGeneration": 2}]}
    entry = {"cluster": "cluster1", "generation": 2, "message": LEFT, **told}
    policy = build_policy(
        spec={"rotation": rotation},
        meshes=[build_told(message=None if is_served else "It renews.")],
        compromisedIntermediates=[entry] if told else [],
    )
    if annotation:
        policy["metadata"]["annotations"] = {COMPROMISED_ANNOTATION: annotation}
    instance = build_instance(intermediate_generation=2 if is_served else 1)
    certificate = build_certificate(instance, generation=2)
    return find(policy, meshes=(build_mesh(),), certificates=(certificate,))


FOUND_DONE = {"revoked": 2, "revokedAt": "2030-01-02T00:00:00Z", "message": DONE}


def find_annotated(annotations: dict[str, str], version: str = "7") -> FoundObjects:
    policy = build_policy()
    policy["metadata"] |= {"annotations": annotations, "resourceVersion": version}
    certificate = build_certificate(build_instance())
    return find(policy, meshes=(build_mesh(),), certificates=(certificate,))


@pytest.fixture
def cluster(stand_in: StandIn) -> StandIn:
    stand_in.states = [find_well()]
    return stand_in


def test_without_a_cluster_it_is_refused_with_the_other_way(call: Call, cluster: StandIn) -> None:
    done = call("rotate", "intermediate", "--compromised", "--yes")
    assert (done.exit_code, done.stdout, cluster.choices) == (1, "", [])
    assert "name each by --cluster. Where it is the root whose key may have leaked: `roottr" in (
        done.stderr
    )


@pytest.mark.parametrize("words", [("--yes",), ("--compromised", "--follow", "--yes")])
def test_nothing_else_asks(call: Call, cluster: StandIn, words: tuple[str, ...]) -> None:
    done = call("rotate", "intermediate", "--cluster", "cluster1", *words)
    assert (done.exit_code, cluster.choices) == (1, [])
    assert "--yes is for --compromised alone" in done.stderr


def test_both_are_written_at_once_and_followed_until_all_is_revoked(
    call: Call, cluster: StandIn
) -> None:
    cluster.states = [
        find_well(),
        find_ordered(is_served=False),
        find_ordered(),
        find_ordered(left=2, message=LEFT),
        find_ordered(**FOUND_DONE),
    ]
    done = call(*WORDS, "--yes")
    assert done.exit_code == 0, done.output
    (patch,) = cluster.patches
    assert patch == (
        {"op": "test", "path": "/metadata/uid", "value": "u-1"},
        {"op": "test", "path": "/metadata/resourceVersion", "value": "7"},
        {"op": "test", "path": "/metadata/uid", "value": "u-1"},
        {"op": "test", "path": "/spec/rotation/intermediateGeneration", "value": 1},
        {
            "op": "add",
            "path": "/spec/rotation/clusters",
            "value": [{"name": "cluster1", "intermediateGeneration": 2}],
        },
        {
            "op": "add",
            "path": "/metadata/annotations",
            "value": {COMPROMISED_ANNOTATION: "2/cluster1"},
        },
    )
    assert done.stdout == (
        f"{CHANGE}{NAMED}: every istiod of 1 mesh serves an intermediate of generation 2.\n{DONE}\n"
    )
    assert "The operator has not told yet of cluster1 that" in done.stderr
    assert f"cluster1: {LEFT}\n" in done.stderr
    assert "commit in spec.rotation.clusters {name: cluster1, intermediateGeneration: 2}, and" in (
        done.stderr
    )


def test_it_says_first_what_will_not_be_distrusted(call: Call, cluster: StandIn) -> None:
    done = call(*WORDS, "--yes", "--no-wait")
    assert (done.exit_code, done.stdout) == (0, CHANGE)
    told = done.stderr.splitlines()
    assert told[:7] == [
        (
            "The intermediates of cluster1 below generation 2 count as compromised: whoever has "
            "the key of one can pass for any workload under the root."
        ),
        "What happens:",
        (
            f"  1. Every istiod of 1 mesh obtains a new intermediate: cluster1/{MESH}. No workload "
            "restarts."
        ),
        (
            "  2. Once each of these istiods serves its new one, all older ones of cluster1 are "
            "revoked in Vault: none that an istiod uses. Nothing undoes that."
        ),
        "What does not happen:",
        (
            f"  - Nobody distrusts them. Peers go on trusting what they sign until {ENDS_AT}, when "
            "the last of those in use ends, revoked or not: istiod is given no CRL, and asks Vault "
            "for none."
        ),
        (
            "Only another root has them distrusted: `roottrust rotate root gloo-mesh/fleet "
            "--compromised`. It replaces all intermediates as well."
        ),
    ]


def test_of_a_shared_root_the_owner_is_named(call: Call, cluster: StandIn) -> None:
    shared = {"rootGeneration": 1, "owner": "infra/root"}
    cluster.states = [find(build_policy(rotation=shared), meshes=(build_mesh(),))]
    done = call(*WORDS, "--dry-run")
    assert "`roottrust rotate root infra/root --compromised`" in done.stdout
    assert "until they end, revoked or not" in done.stdout


def test_a_dry_run_prints_what_git_should_have(call: Call, cluster: StandIn) -> None:
    done = call(*WORDS, "--dry-run")
    assert (done.exit_code, done.stderr, cluster.patches) == (0, "", [])
    assert done.stdout.startswith(CHANGE)
    assert done.stdout.endswith(
        "In Git: in spec.rotation.clusters {name: cluster1, intermediateGeneration: 2}, and the "
        f'annotation {COMPROMISED_ANNOTATION}: "2/cluster1". Nothing was changed (--dry-run).\n'
    )


def test_without_anybody_to_ask_nothing_is_written(call: Call, cluster: StandIn) -> None:
    done = call(*WORDS)
    assert (done.exit_code, done.stdout, cluster.patches) == (1, "", [])
    assert "they stay trusted until the root is replaced: say so by --yes" in done.stderr


@pytest.mark.parametrize(("answer", "written"), [("y\n", 1), ("n\n", 0), ("\n", 0)])
def test_a_person_is_asked(
    cluster: StandIn, monkeypatch: pytest.MonkeyPatch, answer: str, written: int
) -> None:
    monkeypatch.setattr(order_writing, "can_be_asked", lambda: True)
    done = CliRunner().invoke(main, [*WORDS, "--no-wait"], input=answer)
    assert (done.exit_code, len(cluster.patches)) == (1 - written, written)


def test_what_is_there_of_other_clusters_stays(call: Call, cluster: StandIn) -> None:
    cluster.states = [find_annotated({"team": "a", COMPROMISED_ANNOTATION: "2/b,1/cluster1"})]
    call(*WORDS, "--yes", "--no-wait")
    (patch,) = cluster.patches
    path = f"/metadata/annotations/{COMPROMISED_ANNOTATION.replace('/', '~1')}"
    assert patch[-1] == {"op": "add", "path": path, "value": "2/b,2/cluster1"}


def test_an_annotation_that_nobody_understands_is_mended_first(
    call: Call, cluster: StandIn
) -> None:
    cluster.states = [find_annotated({COMPROMISED_ANNOTATION: "cluster1"})]
    done = call(*WORDS, "--yes")
    assert (done.exit_code, cluster.patches) == (1, [])
    assert "is ignored. Mend it first." in done.stderr


def test_a_cluster_without_a_mesh_is_refused(call: Call, cluster: StandIn) -> None:
    done = call("rotate", "intermediate", "--cluster", "nowhere", "--compromised", "--yes")
    assert (done.exit_code, cluster.patches) == (1, [])
    assert "has no mesh in nowhere: its clusters are cluster1." in done.stderr


def test_a_status_that_was_written_meanwhile_is_no_reason_not_to(
    call: Call, cluster: StandIn
) -> None:
    cluster.states = [find_annotated({"a": "b"}), find_annotated({"a": "b"}, "8")]
    cluster.refusals = [CONFLICT]
    done = call(*WORDS, "--yes", "--no-wait")
    assert done.exit_code == 0, done.output
    (patch,) = cluster.patches
    assert patch[1]["value"] == "8"


def test_somebody_else_who_rotates_at_once_is_one_too_many(call: Call, cluster: StandIn) -> None:
    cluster.states, cluster.refusals = [find_well(), find_ordered()], [CONFLICT]
    done = call(*WORDS, "--yes", "--no-wait")
    assert (done.exit_code, done.stdout, cluster.patches) == (1, "", [])
    assert "It was changed meanwhile." in done.stderr
    cluster.states, cluster.refusals = [find_well()] * 9, [CONFLICT] * 9
    done = call(*WORDS, "--yes", "--no-wait")
    assert (done.exit_code, cluster.patches) == (1, [])


def test_what_a_commit_ordered_is_followed(call: Call, cluster: StandIn) -> None:
    done_state = find_ordered(**FOUND_DONE)
    cluster.states = [done_state, done_state]
    done = call(*WORDS, "--follow")
    assert done.exit_code == 0, done.output
    assert done.stdout.endswith(f"generation 2.\n{DONE}\n")
    assert cluster.patches == []


@pytest.mark.parametrize(("told", "code"), [({"left": 1}, 1), ({"needsPerson": True}, 2)])
def test_what_is_not_revoked_in_time_says_what_a_person_has_to_do(
    call: Call, cluster: StandIn, told: dict[str, Any], code: int
) -> None:
    cluster.states = [find_well(), *[find_ordered(**told)] * 1000]
    done = call(*WORDS, "--yes", "--timeout", "0.01")
    assert done.exit_code == code
    assert done.stderr.endswith(
        f"Error: not done after 0.01 s: {LEFT} It goes on: {FOLLOW} follows it.\n"
    )


def test_an_order_that_is_not_there_is_waited_for_with_its_words(
    call: Call, cluster: StandIn
) -> None:
    cluster.states = [find_ordered(annotation="")] * 1000
    done = call(*WORDS, "--follow", "--timeout", "0.01")
    assert done.exit_code == 1
    assert f'once the policy has the annotation {COMPROMISED_ANNOTATION}: "2/cluster1".' in (
        done.stderr
    )


def test_the_help_teaches_what_it_does_not_do(call: Call, cluster: StandIn) -> None:
    done = call("rotate", "intermediate", "--help")
    assert done.exit_code == 0
    assert "they go on trusting what the leaked ones sign until these end, or until" in done.stdout
    assert f'{COMPROMISED_ANNOTATION}: "3/prod-1"' in done.stdout
