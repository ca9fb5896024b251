from __future__ import annotations

from typing import Any

import pytest

from roottrust.agent.certificate_subject import describe_certificate
from roottrust.api.choices import ObjectOrigin
from roottrust.domain.mark import OWNER_ANNOTATION, Mark
from roottrust.domain.policy import PolicyIdentity

SHOP = PolicyIdentity(namespace="team", name="shop", uid="u1")
MARK = Mark(hub="lab", policy=SHOP, origin=ObjectOrigin.CREATED).render()
NOTHING = {"policy": "", "cluster": "", "mesh": ""}


def test_lines_of_an_agent_name_policy_cluster_and_mesh() -> None:
    certificate = {
        "metadata": {"annotations": {OWNER_ANNOTATION: MARK}},
        "spec": {"meshRef": {"cluster": "c1", "name": "istiod-istio-system-c1"}},
    }
    assert describe_certificate(certificate) == {
        "policy": "team/shop",
        "cluster": "c1",
        "mesh": "istiod-istio-system-c1",
    }


@pytest.mark.parametrize(
    "certificate",
    [None, {}, {"metadata": {"annotations": {OWNER_ANNOTATION: "x"}}, "spec": {"meshRef": None}}],
)
def test_what_is_not_known_is_not_told(certificate: dict[str, Any] | None) -> None:
    assert describe_certificate(certificate) == NOTHING
