"""Vault as a pure function: what an action makes of the facts, and what Vault would refuse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from roottrust.domain.action import Action, Verb
from roottrust.domain.certificate import parse_certificate
from roottrust.domain.facts import ClusterFacts, IssuerFacts, MountFacts, Unread, VaultFacts
from roottrust.domain.imported_root import ImportedRoot
from roottrust.domain.plan import Plan, plan_policy
from roottrust.domain.policy_mark import join_policy
from roottrust.domain.reviewer import ReviewerToken
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.target import ClusterTarget, VaultTarget
from roottrust.domain.vault_object import VaultKind
from tests.unit.domain.made_roots import (
    MADE_ISSUER_ID,
    MADE_KEY_ID,
    RefusedByVaultError,
    take_certificate,
)
from tests.unit.domain.next_root_model import (
    change_usage,
    generate_next,
    import_next,
    is_of_next,
    name_next,
    revoke,
)
from tests.unit.domain.samples import NO_FACTS, ROOT, build_reviewer_token


def apply_all(
    facts: VaultFacts,
    actions: Iterable[Action],
    *,
    target: VaultTarget,
    now: datetime,
    imported: ImportedRoot | Unread | None = None,
) -> VaultFacts:
    """Return the facts after the writes; of what is imported the Secret knows more than its text.

    Strategies tell of certificates that nobody has signed.
    """
    for action in actions:
        facts = apply(facts, action, target=target, now=now, imported=imported)
    return facts


def settle(snapshot: Snapshot, *, rounds: int) -> tuple[Snapshot, tuple[Plan, ...]]:
    """Plan and apply until nothing is left to do, at most so often; return all plans."""
    plans: list[Plan] = []
    for _ in range(rounds):
        plan = plan_policy(snapshot)
        plans.append(plan)
        if not plan.actions:
            break
        facts = apply_all(
            snapshot.facts,
            plan.actions,
            target=snapshot.target,
            now=snapshot.now,
            imported=snapshot.root_secret,
        )
        tokens = exchange_tokens(snapshot, plan.actions)
        snapshot = replace(snapshot, facts=facts, reviewer_tokens=tokens)
    return snapshot, tuple(plans)


def exchange_tokens(snapshot: Snapshot, actions: Iterable[Action]) -> dict[str, ReviewerToken]:
    """Return what is known of the reviewer's tokens after the writes: each exchanges one."""
    tokens = dict(snapshot.reviewer_tokens)
    for action in actions:
        path = action.wanted.path
        if action.wanted.kind is VaultKind.AUTH_CONFIG:
            tokens.pop(path, None)
        if action.wanted.needs_reviewer:
            tokens[path] = build_reviewer_token(snapshot.now, is_fresh=True)
    return tokens


def apply(
    facts: VaultFacts,
    action: Action,
    *,
    target: VaultTarget,
    now: datetime,
    imported: ImportedRoot | Unread | None = None,
) -> VaultFacts:
    path, fields = action.wanted.path, action.wanted.fields
    match action.wanted.kind:
        case VaultKind.SECRETS_MOUNT:
            return replace(facts, mounts=_put_mount(facts.mounts, path, action))
        case VaultKind.AUTH_MOUNT:
            mount = path.removeprefix("auth/")
            return replace(facts, auth_mounts=_put_mount(facts.auth_mounts, mount, action))
        case VaultKind.ROOT if is_of_next(action, target):
            return generate_next(facts, action, now=now)
        case VaultKind.ROOT_IMPORT if is_of_next(action, target):
            return import_next(facts, action, imported)
        case VaultKind.ROOT:
            return replace(facts, root_issuer=_generate_root(facts, action, now=now))
        case VaultKind.ROOT_IMPORT:
            return _import_root(facts, action, imported)
        case VaultKind.ISSUER_NAME if target.rotation is not None:
            return name_next(facts, action)
        case VaultKind.ISSUER_USAGE:
            return change_usage(facts, action)
        case VaultKind.ISSUER_REVOCATION:
            return revoke(facts, action)
        case VaultKind.KEY_NAME:
            _check_key(facts, action)
            return facts
        case VaultKind.ISSUER_NAME:
            return _name_root(facts, action)
        case VaultKind.DEFAULT_ISSUER:
            return replace(facts, default_issuer=fields["default"])
        case VaultKind.POLICY:
            document = join_policy(mark=fields["mark"], policy=fields["policy"])
            cluster = next(each for each in target.clusters if path.endswith(f"/{each.role}"))
            return _put_cluster(facts, cluster, policy=document)
        case VaultKind.AUTH_CONFIG:
            cluster = _find_by_mount(target, path.removesuffix("/config"))
            _check_auth_mount(facts, cluster)
            return _put_cluster(facts, cluster, auth_config=_read_back(action))
        case VaultKind.ROLE:
            cluster = _find_by_mount(target, path.partition("/role/")[0])
            _check_auth_mount(facts, cluster)
            return _put_role(facts, cluster, _read_back(action))


def _put_mount(
    mounts: Mapping[str, MountFacts], path: str, action: Action
) -> Mapping[str, MountFacts]:
    fields = action.wanted.fields
    known = mounts.get(path)
    if (action.verb is Verb.CREATE) != (known is None):
        raise RefusedByVaultError(f"cannot {action}: it {'exists' if known else 'is missing'}")
    if known is not None and known.type != fields["type"]:
        raise RefusedByVaultError(f"cannot {action}: its type is {known.type}")
    mount = MountFacts(
        type=fields["type"],
        description=fields["description"],
        max_ttl_seconds=fields.get("max_lease_ttl", known.max_ttl_seconds if known else 0),
    )
    return {**mounts, path: mount}


def _generate_root(facts: VaultFacts, action: Action, *, now: datetime) -> IssuerFacts:
    mount = facts.mounts.get(action.wanted.path.partition("/issuer/")[0])
    if mount is None or mount.type != "pki":
        raise RefusedByVaultError(f"cannot {action}: there is no pki")
    if facts.root_issuer is not None or facts.other_issuers:
        raise RefusedByVaultError(f"cannot {action}: there is a root")
    wanted_seconds = int(action.wanted.extra["ttl"].removesuffix("h")) * 3600
    life = timedelta(seconds=min(wanted_seconds, mount.max_ttl_seconds))
    made = replace(
        ROOT,
        subject=f"CN={action.wanted.extra['common_name']}",
        not_before=now,
        not_after=now + life,
        fingerprint="5" * 64,
    )
    return IssuerFacts(
        issuer_id=MADE_ISSUER_ID,
        issuer_name=action.wanted.fields["issuer_name"],
        certificate=made,
        has_key=True,
    )


def _import_root(
    facts: VaultFacts, action: Action, imported: ImportedRoot | Unread | None
) -> VaultFacts:
    """Add what the mount has not: the certificate, or the key of one that it has."""
    mount = facts.mounts.get(action.wanted.path.partition("/issuer/")[0])
    if mount is None or mount.type != "pki":
        raise RefusedByVaultError(f"cannot {action}: there is no pki")
    text = take_certificate(action)
    certificate = parse_certificate(text)
    if isinstance(imported, ImportedRoot) and imported.certificate.pem == text:
        certificate = imported.certificate
    named = facts.root_issuer
    if isinstance(named, IssuerFacts) and named.certificate == certificate:
        return replace(facts, root_issuer=replace(named, has_key=True, key_id=MADE_KEY_ID))
    others = tuple(
        replace(each, has_key=True, key_id=MADE_KEY_ID) if each.certificate == certificate else each
        for each in facts.other_issuers
    )
    if others == facts.other_issuers:
        others += (
            IssuerFacts(
                issuer_id=MADE_ISSUER_ID,
                issuer_name="",
                certificate=certificate,
                has_key=True,
                key_id=MADE_KEY_ID,
            ),
        )
    return replace(facts, other_issuers=others)


def _check_key(facts: VaultFacts, action: Action) -> None:
    key_id = action.wanted.path.partition("/key/")[2]
    if key_id not in {each.key_id for each in (*facts.other_issuers, *facts.beside)}:
        raise RefusedByVaultError(f"cannot {action}: there is no such key")


def _name_root(facts: VaultFacts, action: Action) -> VaultFacts:
    """Name one of the issuers; with its name it is the one that is looked for."""
    if facts.root_issuer is not None:
        raise RefusedByVaultError(f"cannot {action}: issuer name already in use")
    issuer_id = action.wanted.path.partition("/issuer/")[2]
    (issuer,) = (each for each in facts.other_issuers if each.issuer_id == issuer_id)
    named = replace(issuer, issuer_name=action.wanted.fields["issuer_name"])
    others = tuple(each for each in facts.other_issuers if each is not issuer)
    return replace(facts, root_issuer=named, other_issuers=others)


def _find_by_mount(target: VaultTarget, path: str) -> ClusterTarget:
    return next(each for each in target.clusters if f"auth/{each.auth_mount}" == path)


def _check_auth_mount(facts: VaultFacts, cluster: ClusterTarget) -> None:
    mount = facts.auth_mounts.get(cluster.auth_mount)
    if mount is None or mount.type != cluster.login_check.MOUNT_TYPE:
        raise RefusedByVaultError(f"auth/{cluster.auth_mount} is not of the type of its parts")


def _read_back(action: Action) -> dict[str, Any]:
    fields = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in action.wanted.fields.items()
    }
    if action.wanted.kind is VaultKind.AUTH_CONFIG:
        fields["token_reviewer_jwt_set"] = action.wanted.needs_reviewer
    return fields


def _put_role(facts: VaultFacts, cluster: ClusterTarget, fields: dict[str, Any]) -> VaultFacts:
    known = facts.clusters.get(cluster.cluster, NO_FACTS)
    names = () if isinstance(known, Unread) else known.role_names
    before = {} if isinstance(known, Unread) or known.role is None else dict(known.role)
    return _put_cluster(
        facts,
        cluster,
        role={**before, **fields},
        role_names=tuple(sorted({*names, cluster.role})),
    )


def _put_cluster(facts: VaultFacts, cluster: ClusterTarget, **changes: Any) -> VaultFacts:
    known = facts.clusters.get(cluster.cluster, NO_FACTS)
    if isinstance(known, Unread):
        raise RefusedByVaultError(f"nothing is known of {cluster.cluster}")
    changed: ClusterFacts = replace(known, **changes)
    return replace(facts, clusters={**facts.clusters, cluster.cluster: changed})
