"""The manifests that only the operator can judge, judged without one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from roottrust.api.root_trust_policy import RootTrustPolicySpec
from roottrust.domain.acceptance import accept_policy, find_ca_reference
from roottrust.domain.errors import RootTrustError
from roottrust.domain.fault import build_fault
from roottrust.domain.policy import PolicyIdentity
from roottrust.domain.server_terms import find_server
from tests.integration.manifests.table import OperatorCase, read_operator_cases
from tests.unit.domain.samples import TERMS, build_known

SERVERS = {
    address: replace(
        TERMS,
        address=address,
        allows_plain_http=False,
        reserved_roles=frozenset({"roottrust-hub"}),
    )
    for address in ("https://vault.example:8200", "http://vault.example:8200")
}
# Whether a Secret is there, the API server knows.
CASES = [case for case in read_operator_cases() if case.reason != "SecretNotFound"]


def accept(case: OperatorCase) -> None:
    metadata = case.manifest["metadata"]
    identity = PolicyIdentity(namespace=metadata["namespace"], name=metadata["name"], uid="u")
    spec = RootTrustPolicySpec.model_validate(case.manifest["spec"])
    find_ca_reference(identity, spec)
    known = [build_known(f"cluster{number + 1}") for number in range(case.clusters)]
    accept_policy(
        identity,
        spec,
        server=find_server(spec, SERVERS),
        clusters=[replace(each, labels={"env": "prod"}) for each in known],
        agents_ca_pem=spec.config.agent_ca.vault.ca_bundle,
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_manifest_is_refused(case: OperatorCase) -> None:
    with pytest.raises(RootTrustError) as refusal:
        accept(case)
    fault = build_fault(refusal.value)
    assert (fault.status, fault.reason) == (case.status, case.reason)
    assert case.message in fault.message
