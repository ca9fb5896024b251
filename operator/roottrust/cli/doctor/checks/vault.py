"""Each Vault: reached from here, unsealed, new enough, and what the hub says of its own login."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from roottrust.api.choices import ConditionStatus
from roottrust.api.condition import Condition
from roottrust.cli.doctor.facts import Facts, Unseen, VaultFacts, list_seen
from roottrust.cli.doctor.finding import Check, Finding, found, passed
from roottrust.cli.doctor.unseen import not_seen
from roottrust.cli.status.build_report import read_policy_status
from roottrust.domain.health import Health
from roottrust.domain.reasons import ConditionType, Reason
from roottrust.domain.some_names import list_some
from roottrust.vault.client import VaultHealth

_OLDEST = (1, 11)
_WHY = "without Vault no intermediate is issued or renewed: istiods stand when theirs ends"
_RIGHTS = "vault policy write roottrust-plan deploy/vault/roottrust-plan.hcl"
_SERVICE = re.compile(r"^[a-z0-9-]+\.([a-z0-9-]+)\.svc(\.|$)")


def check_vault(facts: Facts) -> Iterator[Finding]:
    """Judge each server of the configuration."""
    for each in facts.vaults:
        yield _judge_health(facts, each)
        yield from _judge_objects(each)


def _judge_health(facts: Facts, vault: VaultFacts) -> Finding:
    health = vault.health
    if isinstance(health, Unseen):
        return _judge_unreachable(facts, vault, health)
    fault = _find_fault(vault, health)
    if fault is not None:
        what, fix = fault
        return found(Check.VAULT, vault.address, Health.BAD, what, why=_WHY, fix=fix)
    return passed(Check.VAULT, vault.address, f"answers, version {health.version}, is not sealed")


def _find_fault(vault: VaultFacts, health: VaultHealth) -> tuple[str, str] | None:
    at = f"-address={vault.endpoint}"
    if not health.initialized:
        return "it is not initialized", f"vault operator init {at}"
    if health.sealed:
        return "it is sealed", f"vault operator unseal {at}"
    if health.dr_secondary:
        return (
            "it is a disaster recovery secondary, which serves nothing",
            "vault read sys/replication/dr/status  # and name the primary in vaultServers",
        )
    version = re.match(r"(\d+)\.(\d+)", health.version)
    if version is not None and (int(version[1]), int(version[2])) < _OLDEST:
        return (
            f"its version is {health.version}, which has no issuers: 1.11 is the least",
            "vault version",
        )
    return None


def _judge_unreachable(facts: Facts, vault: VaultFacts, unseen: Unseen) -> Finding:
    """Return the finding: who looks from elsewhere need not reach what the hub reaches."""
    address = vault.address
    told = list(_list_reachable(facts, address))
    if unseen.reason is Reason.UNTRUSTED_CERTIFICATE:
        host = urlsplit(vault.endpoint).netloc
        fix = (
            f"openssl s_client -connect {host} -showcerts </dev/null  # then caFile in vaultServers"
        )
        return found(Check.VAULT, address, Health.BAD, unseen.message, why=_WHY, fix=fix)
    if any(each.status is ConditionStatus.FALSE for each in told):
        fix = _find_pods(vault)
        return found(Check.VAULT, address, Health.BAD, unseen.message, why=_WHY, fix=fix)
    says = (
        "The hub says that it reaches it."
        if told
        else "No policy tells whether the hub reaches it."
    )
    return Finding(
        check=Check.VAULT,
        subject=address,
        health=Health.UNKNOWN,
        what=f"It could not be looked at from here. {unseen.message} {says}",
        why="whether it is sealed, and its clock, are not known from here",
        fix=f"roottrust doctor --vault-endpoint {address}=https://localhost:8200  # a port-forward",
    )


def _find_pods(vault: VaultFacts) -> str:
    """Return where to look: pods, if Vault is reached by the name of a Service."""
    service = _SERVICE.match(urlsplit(vault.endpoint).hostname or "")
    if service is not None:
        return f"kubectl get pods -n {service[1]}"
    return f"vault status -address={vault.endpoint}"


def _list_reachable(facts: Facts, address: str) -> Iterator[Condition]:
    """Return what policies of this server say of it."""
    for manifest in list_seen(facts.policies):
        status = read_policy_status(manifest)
        if status.vault is None or status.vault.server.rstrip("/") == address:
            for each in status.conditions:
                if each.type == ConditionType.VAULT_REACHABLE:
                    yield each


def _judge_objects(vault: VaultFacts) -> Iterator[Finding]:
    """Return what the person's own token shows of what policies say they keep there."""
    if not vault.objects:
        return
    missing = [path for path, there in vault.objects.items() if there is False]
    unseen = {path: there for path, there in vault.objects.items() if isinstance(there, Unseen)}
    if unseen:
        first = next(iter(unseen.values()))
        subject = f"{vault.address} {list_some(tuple(unseen))}"
        why = "whether what the hub says it keeps is there is not known"
        yield not_seen(Check.VAULT, subject, first, why=why, rights=_RIGHTS)
    if missing:
        what = f"not there, and kept by policies: {list_some(missing)}"
        why = "istiods cannot log in or have their intermediates signed"
        yield found(Check.VAULT, vault.address, Health.BAD, what, why=why, fix="roottrust plan")
    elif all(there is True for there in vault.objects.values()):
        what = f"all {len(vault.objects)} objects that policies keep are there"
        yield passed(Check.VAULT, vault.address, what)
