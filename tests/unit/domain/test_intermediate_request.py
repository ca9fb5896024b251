from __future__ import annotations

from collections.abc import Mapping

import pytest

from roottrust.api.choices import KeyType
from roottrust.api.issued_certificate import CertOptions
from roottrust.domain.intermediate_request import build_key_request, build_sign_request
from roottrust.domain.policy_document import AgentRights, render_policy
from tests.unit.domain.vault_acl import Request, parse_policy

SIGN = "pki/issuer/1-2/sign-intermediate"


def build_rights(options: CertOptions, *, bits: int, kind: str) -> AgentRights:
    return AgentRights(
        mark="roottrust test",
        root_mount="pki",
        issuer_id="1-2",
        common_name=options.common_name,
        ttl=f"{24 * options.ttl_days}h",
        unnamed_ca_path=None,
        intermediate_mount="int",
        organization=options.org_name,
        key_type=kind,
        key_bits=bits,
    )


@pytest.mark.parametrize("org_name", [None, "Müller & Co"])
@pytest.mark.parametrize(
    ("key_type", "kind", "bits"),
    [(KeyType.ECDSA_P256, "ec", 256), (KeyType.RSA_4096, "rsa", 4096)],
)
def test_least_policy_lets_exactly_this_pass(
    org_name: str | None, key_type: KeyType, kind: str, bits: int
) -> None:
    options = CertOptions(common_name="int", ttl_days=30, key_type=key_type, org_name=org_name)
    stanzas = parse_policy(render_policy(build_rights(options, bits=bits, kind=kind)))

    def is_allowed(path: str, parameters: Mapping[str, str]) -> bool:
        request = Request(capability="update", path=path, parameters=parameters)
        return any(stanza.grants(request) for stanza in stanzas)

    assert is_allowed(SIGN, build_sign_request(options, csr="x"))
    assert is_allowed("int/intermediate/generate/exported", build_key_request(options))
    longer = options.model_copy(update={"ttl_days": 31})
    assert not is_allowed(SIGN, build_sign_request(longer, csr="x"))
