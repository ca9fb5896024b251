"""Which rights an account has, as the API server itself says (selfsubjectaccessreviews)."""

from __future__ import annotations

from collections.abc import Iterable

from roottrust.domain.remote_hub import Right
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import SELF_SUBJECT_ACCESS_REVIEWS

_MANAGER = "roottrust-hub-rights"


async def find_missing_rights(client: KubeClient, rights: Iterable[Right]) -> tuple[Right, ...]:
    """Return the rights that the client's account lacks; raises RootTrustError.

    A review is a request to create something, but nothing is: the client must let it pass.
    """
    missing = []
    for right in rights:  # one by one: of a server that does not answer one request is enough
        review = {"metadata": {}, "spec": {"resourceAttributes": right.build_attributes()}}
        answer = await client.create(SELF_SUBJECT_ACCESS_REVIEWS, review, field_manager=_MANAGER)
        status = answer.get("status")
        if not (isinstance(status, dict) and status.get("allowed") is True):
            missing.append(right)
    return tuple(missing)
