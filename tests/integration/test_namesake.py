"""A status that was worked out for an object is never that of another one by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from roottrust.domain.errors import ConflictError
from roottrust.hub.kinds import POLICIES
from roottrust.kube.access import load_access
from roottrust.kube.client import KubeClient
from roottrust.kube.status import POLICY_STATUS_MANAGER, apply_status
from testbed import Cluster
from tests.integration.hub.policy import Policy


async def test_a_policy_that_was_made_anew_gets_no_status_of_the_one_before(
    cluster: Cluster, namespace: str
) -> None:
    policy = Policy(cluster=cluster, namespace=namespace, name="anew")
    policy.apply({})
    before = policy.read()
    policy.delete()
    policy.apply({})
    client = KubeClient(await load_access(kubeconfig=Path(cluster.kubeconfig)))
    try:
        status = {"state": "ACCEPTED", "message": "of the one before"}
        with pytest.raises(ConflictError):
            await apply_status(
                client,
                POLICIES,
                before,
                status,
                field_manager=POLICY_STATUS_MANAGER,
                version=before["metadata"]["resourceVersion"],
            )
    finally:
        await client.close()
    assert policy.read_status() == {}
    policy.delete()
