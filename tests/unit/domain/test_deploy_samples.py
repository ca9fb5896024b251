"""The samples that deploy/ ships are accepted, by the default grants and one for a team."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.domain.acceptance import accept_policy
from roottrust.domain.bounds import Grant
from roottrust.domain.login_check import SignatureCheck
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.target import VaultTarget
from tests.unit.domain.samples import TERMS, build_known, build_mesh

LABELS = {"env": "prod"}
TEAM = Grant(policy_namespaces=("team-a",), vault_namespaces=("team-a",))
SAMPLES = Path(__file__).parents[3] / "deploy/samples"


def accept(path: Path) -> VaultTarget:
    manifest = yaml.safe_load(path.read_text(encoding="utf-8"))
    metadata = manifest["metadata"]
    return accept_policy(
        PolicyIdentity(namespace=metadata["namespace"], name=metadata["name"], uid="uid-1"),
        RootTrustPolicySpec.model_validate(manifest["spec"]),
        server=replace(TERMS, grants=(*TERMS.grants, TEAM)),
        clusters=(
            build_known("cluster1", build_mesh(), labels=LABELS),
            build_known("cluster2", labels=LABELS),
        ),
        agents_ca_pem=None,
    )


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_a_sample_is_accepted(path: Path) -> None:
    assert accept(path).clusters


def test_the_sample_for_all_clusters_needs_no_credential_and_warns_of_nothing() -> None:
    target = accept(SAMPLES / "every-cluster.yaml")
    assert target.warnings == ()
    assert [each.cluster for each in target.clusters] == ["cluster1", "cluster2"]
    for cluster in target.clusters:
        assert isinstance(cluster.login_check, SignatureCheck)
        assert cluster.login_check.audience == f"vault-{cluster.cluster}"
        assert cluster.intermediate_mount is None
