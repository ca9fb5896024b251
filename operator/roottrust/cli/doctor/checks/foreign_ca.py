"""CA material of others beside istiod: Secrets by which its CA may come from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from roottrust.cli.doctor.facts import Facts, Unseen, list_seen
from roottrust.cli.doctor.finding import Check, Finding, found, passed
from roottrust.cli.doctor.unseen import SECRET_RIGHTS, not_seen
from roottrust.domain.foreign_secret import OVERRIDING, describe_foreign_secret
from roottrust.domain.health import Health
from roottrust.domain.reasons import Reason

_UNSEEN = "whether istiod's CA may come from a Secret is not known"
_OVERRIDES = "istiod publishes another root than the one that it signs under"
_LINGERS = "a private key of a CA that workloads may trust lies in the cluster"


def check_foreign_ca(facts: Facts) -> Iterator[Finding]:
    """Judge each namespace of an istiod; what agents told in Events counts without a right, too."""
    told = set(_list_told(facts))
    for namespace in sorted({namespace for namespace, _ in facts.foreign}):
        secrets = {
            name: there for (place, name), there in facts.foreign.items() if place == namespace
        }
        present = [name for name, there in secrets.items() if there is True]
        unseen = [each for each in secrets.values() if isinstance(each, Unseen)]
        for name in present:
            yield _judge(namespace, name)
        if unseen:
            subject = f"Secrets in {namespace}"
            yield not_seen(Check.FOREIGN_CA, subject, unseen[0], why=_UNSEEN, rights=SECRET_RIGHTS)
        elif not present:
            yield passed(Check.FOREIGN_CA, namespace, "no CA of others lies beside istiod")
        for message in sorted(told) if unseen else ():
            if f" in {namespace}:" in message:
                fix = f"kubectl get events -n {namespace} --field-selector reason=ForeignCASecret"
                yield found(
                    Check.FOREIGN_CA, namespace, Health.WARNING, message, why=_LINGERS, fix=fix
                )


def _judge(namespace: str, name: str) -> Finding:
    is_overriding = name == OVERRIDING
    return found(
        Check.FOREIGN_CA,
        f"Secret {namespace}/{name}",
        Health.BAD if is_overriding else Health.WARNING,
        describe_foreign_secret(name, namespace=namespace),
        why=_OVERRIDES if is_overriding else _LINGERS,
        fix=f"kubectl delete secret {name} -n {namespace}",
    )


def _list_told(facts: Facts) -> Iterator[str]:
    for events in facts.events.values():
        for event in list_seen(events):
            if event.get("reason") == Reason.FOREIGN_CA_SECRET:
                yield str(event.get("message") or event.get("note") or "")
