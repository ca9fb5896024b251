"""Registering a cluster no more, and telling what is left of it where."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from roottrust.api.kind import ISSUED_CERTIFICATE, ROOT_TRUST_POLICY
from roottrust.cli.cluster.places import Places, explained, find_kind
from roottrust.domain.cluster_registration import CLUSTER_SELECTOR
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.remote_hub import list_own_manifests
from roottrust.kube.client import KubeClient
from roottrust.kube.kind import SECRETS
from roottrust.kube.own_kind import build_resource

FIELD_MANAGER = "roottrust-cluster-leave"

Tell = Callable[[str], None]
Manifest = Mapping[str, Any]


async def leave(name: str, places: Places, *, tell: Tell) -> None:
    """Take the registration away, then the hub's account if its cluster is named.

    Doing it again does no harm. Raises RootTrustError.
    """
    async with places.open_hub() as hub:
        with explained(hub):
            await _unregister(name, hub, namespace=places.namespace, tell=tell)
            if not await _tell_of_vault(name, hub, tell=tell):
                tell("No policy of the management cluster tells of anything in Vault for it.")
    if places.context is None:
        tell(
            "In the cluster itself the hub's account is left: `roottrust cluster leave "
            f"{name} --context CTX` removes that as well."
        )
        return
    async with places.open_workload() as workload:
        with explained(workload):
            await _remove_account(workload, namespace=places.namespace, tell=tell)
            await _tell_of_vault(name, workload, tell=tell, owner=f"{name}:")
            await _tell_of_certificates(workload, tell=tell)


async def _unregister(name: str, hub: KubeClient, *, namespace: str, tell: Tell) -> None:
    found = await hub.list(SECRETS, namespace=namespace, label_selector=CLUSTER_SELECTOR)
    registering = [each for each in found if name in (each.get("data") or {})]
    for secret in registering:
        await _remove_key(name, hub, secret)
        place = f"{namespace}/{secret['metadata']['name']}"
        tell(f"Secret {place} registers {name} no more: the hub does nothing there from now on.")
    if not registering:
        tell(f"No Secret in {namespace} registers {name}.")


async def _remove_key(name: str, hub: KubeClient, secret: Manifest) -> None:
    """Remove the Secret; of one that registers others, too, this cluster alone."""
    metadata = secret["metadata"]
    place = {"namespace": metadata["namespace"], "name": metadata["name"]}
    if len(secret["data"]) == 1:
        await hub.delete(SECRETS, **place, uid=metadata["uid"])
        return
    version = {
        "op": "test",
        "path": "/metadata/resourceVersion",
        "value": metadata["resourceVersion"],
    }
    removal = {"op": "remove", "path": f"/data/{name}"}
    await hub.patch_json(SECRETS, [version, removal], **place, field_manager=FIELD_MANAGER)


async def _tell_of_vault(name: str, client: KubeClient, *, tell: Tell, owner: str = "") -> bool:
    """Tell what policies keep in Vault for it: nobody removes that by a Secret that is gone.

    `owner` stands before the names of policies that are in the cluster itself. Returns whether
    there is anything.
    """
    try:
        policies = await client.list(build_resource(ROOT_TRUST_POLICY))
    except DependencyMissingError:
        policies = ()
    kept = [line for policy in policies for line in _list_kept(name, policy, owner=owner)]
    if not kept:
        return False
    tell("In Vault stays what policies had made for it:")
    for line in kept:
        tell(f"  {line}")
    tell(
        "Its istiods go on with the intermediates that they have, until these end, and can log in "
        "to Vault as before. To end that: remove the roles and auth mounts above, then the mounts."
    )
    return True


def _list_kept(name: str, policy: Manifest, *, owner: str) -> Iterator[str]:
    metadata, status = policy["metadata"], policy.get("status") or {}
    for each in status.get("managedObjects") or ():
        if each.get("cluster") == name:
            yield f"{each['path']} (policy {owner}{metadata['namespace']}/{metadata['name']})"


async def _remove_account(workload: KubeClient, *, namespace: str, tell: Tell) -> None:
    for manifest in list_own_manifests(namespace):
        metadata = manifest["metadata"]
        await workload.delete(
            find_kind(manifest), name=metadata["name"], namespace=metadata.get("namespace")
        )
    tell(
        f"{workload.server}: the hub's account and its rights are removed, and with it its token "
        "is worth nothing. The account roottrust-reviewer stays: Vault may review tokens by it."
    )


async def _tell_of_certificates(workload: KubeClient, *, tell: Tell) -> None:
    try:
        found = await workload.list(build_resource(ISSUED_CERTIFICATE))
    except DependencyMissingError:
        return
    if found:
        tell(
            f"{len(found)} IssuedCertificates are left there: agents beside istiod follow them. "
            "Remove them together with the agents."
        )
