"""The demo reads what an agent has to send from the policy that the operator writes."""

from __future__ import annotations

from demo.single.istiod import read_stanzas
from roottrust.domain.policy_document import AgentRights, render_policy


def test_reads_stanzas_of_a_policy() -> None:
    rights = AgentRights(
        mark="roottrust",
        root_mount="pki",
        issuer_id="1-2",
        common_name="roottrust istiod CA cluster1",
        ttl="8760h",
        unnamed_ca_path=None,
        intermediate_mount="pki_int_cluster1",
        organization="Example",
        key_type="ec",
        key_bits=256,
    )
    generate, sign = read_stanzas(render_policy(rights))

    assert generate.path == "pki_int_cluster1/intermediate/generate/exported"
    assert generate.demands == {
        "common_name": "roottrust istiod CA cluster1",
        "key_bits": "256",
        "key_type": "ec",
    }
    assert sign.path == "pki/issuer/1-2/sign-intermediate"
    assert "max_path_length=5" in sign.words(max_path_length="5")
    assert sign.demands == {
        "common_name": "roottrust istiod CA cluster1",
        "max_path_length": "0",
        "ttl": "8760h",
    }
