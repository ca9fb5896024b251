"""What a reason of a condition means for a person: why it matters, and the command that helps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from shlex import quote

from roottrust.domain.reasons import Reason


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """Why a reason matters; `fix` may name {policy}, {namespace}, {name} and {cluster}.

    `needs_person` is of what does not pass by itself, though the hub only says that it waits.
    """

    why: str
    fix: str
    needs_person: bool = False


_DESCRIBE = "kubectl describe rtp {name} -n {namespace}"
_NOT_USED = "a policy that is not accepted changes nothing: its meshes have no root of yours"
_CLUSTER = "nothing is given to that cluster, and nothing new is learned of it"
_VAULT = "no intermediate can be issued or renewed, until istiods stand with an expired one"
_GRANTED = "the hub cannot make what istiods log in with"
_CHAIN = "istiod must not sign with it, so workloads get no certificate that others trust"
_TRUST = "workloads of that mesh do not trust those of others, or are not trusted by them"
_OUTAGE = "a mesh whose intermediate has ended gives out no certificates, and calls fail"

_JOIN = "roottrust cluster join {cluster}"
_LIST = "roottrust cluster list"
_VERIFY = "roottrust verify {cluster}"
_EXPLAIN = "roottrust plan {policy}"
_ADOPT = "kubectl annotate rtp {name} -n {namespace} admin.gloo.solo.io/adopt=true"
_GRANT = "roottrust vault-policy | vault policy write roottrust-hub -"

_REFUSED = Remedy(why=_CLUSTER, fix=_LIST, needs_person=True)
_UNPREPARED = Remedy(why=_CLUSTER, fix=_JOIN, needs_person=True)

_REMEDIES = {
    Reason.INVALID_KUBECONFIG: _REFUSED,
    Reason.CREDENTIALS_NOT_INLINE: _REFUSED,
    Reason.CREDENTIALS_NOT_SUPPORTED: _REFUSED,
    Reason.INSECURE_CONNECTION: _REFUSED,
    Reason.INVALID_CLUSTER_NAME: _REFUSED,
    Reason.CLUSTER_NAME_TAKEN: _REFUSED,
    Reason.INVALID_VAULT_ADDRESS: _REFUSED,
    Reason.CLUSTER_NOT_PREPARED: _UNPREPARED,
    Reason.CLUSTER_ACCESS_DENIED: _UNPREPARED,
    Reason.UNREACHABLE: Remedy(why=_VAULT, fix="vault status"),
    Reason.UNTRUSTED_CERTIFICATE: Remedy(why=_VAULT, fix="roottrust doctor"),
    Reason.SEALED: Remedy(why=_VAULT, fix="vault operator unseal"),
    Reason.NOT_INITIALIZED: Remedy(why=_VAULT, fix="vault operator init"),
    Reason.STANDBY: Remedy(why=_VAULT, fix="vault status"),
    Reason.LOGIN_FAILED: Remedy(why=_VAULT, fix="roottrust vault-policy --help"),
    Reason.ACCESS_DENIED: Remedy(why=_GRANTED, fix=_GRANT),
    Reason.CONFLICT: Remedy(
        why="something of others has a name that the hub needs; nothing is written beside it",
        fix=f"{_EXPLAIN}  # shows the difference; to take it over: {_ADOPT}",
    ),
    Reason.UNKNOWN_SERVER: Remedy(why=_NOT_USED, fix=_DESCRIBE),
    Reason.CLUSTER_CONNECTING: Remedy(why=_CLUSTER, fix=_LIST),
    Reason.CLUSTER_UNREACHABLE: Remedy(why=_CLUSTER, fix=_LIST),
    Reason.ROOT_NOT_FOUND: Remedy(why=_CHAIN, fix=_EXPLAIN),
    Reason.ROOT_NOT_USABLE: Remedy(why=_CHAIN, fix=_EXPLAIN),
    Reason.INVALID_ROOT_SECRET: Remedy(why=_CHAIN, fix=_DESCRIBE),
    Reason.WAITING_FOR_AGENT: Remedy(why=_CHAIN, fix="roottrust istiod-patch --help"),
    Reason.AGENT_FAILED: Remedy(why=_CHAIN, fix="kubectl describe issuedcertificates -A"),
    Reason.INSTANCE_NOT_BELIEVED: Remedy(why=_TRUST, fix=_VERIFY),
    Reason.EXPIRED: Remedy(why=_OUTAGE, fix="roottrust status {policy}"),
    Reason.EXPIRING: Remedy(why=_OUTAGE, fix="roottrust status {policy}"),
    Reason.SELF_SIGNED: Remedy(why=_TRUST, fix="roottrust istiod-patch --help"),
    Reason.OTHER_ROOT_PUBLISHED: Remedy(why=_TRUST, fix=_VERIFY),
    Reason.NAMESPACES_STALE: Remedy(why=_TRUST, fix=_VERIFY),
}
_OTHER = Remedy(why="what follows from it cannot be done before", fix=_DESCRIBE)


def find_remedy(reason: str, *, policy: str, cluster: str = "") -> Remedy:
    """Return what to say of a reason, with the names of whoever has it."""
    namespace, _, name = policy.partition("/")
    remedy = next((each for known, each in _REMEDIES.items() if known == reason), _OTHER)
    fix = remedy.fix.format(
        policy=policy, namespace=namespace, name=name, cluster=quote(cluster or "CLUSTER")
    )
    return replace(remedy, fix=fix)
