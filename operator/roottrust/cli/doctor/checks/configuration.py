"""The operator's configuration: whether it can be used, and what of it is for trials alone."""

from __future__ import annotations

from collections.abc import Iterator

from roottrust.cli.doctor.facts import BadConfiguration, Facts, Unseen
from roottrust.cli.doctor.finding import Check, Finding, found, passed
from roottrust.cli.doctor.unseen import not_seen
from roottrust.domain.counted import count
from roottrust.domain.health import Health


def check_configuration(facts: Facts) -> Iterator[Finding]:
    """Judge it as the operator would at its start."""
    known = facts.configuration
    subject = "the operator's configuration"
    if isinstance(known, Unseen):
        why = "which Vault is meant, and what policies may use there, is not known"
        yield not_seen(Check.CONFIGURATION, subject, known, why=why)
        return
    if isinstance(known, BadConfiguration):
        for line in known.lines:
            why = "the operator ends at its start, with this line in its log"
            fix = (
                f"kubectl get configmaps -n {facts.home}  # correct `config` in your values or "
                "overlay, and apply that again"
            )
            yield found(Check.CONFIGURATION, subject, Health.BAD, line, why=why, fix=fix)
        return
    servers = known.settings.vault_servers
    yield passed(Check.CONFIGURATION, known.source, f"can be used, {count(len(servers), 'Vault')}")
    for server in servers:
        if server.allow_plain_http and "http://" in server.address + server.endpoint:
            what = "it is reached by http://"
            why = "whoever is on the network reads tokens, and can give istiods another root"
            fix = "vault status -address=https://...  # then https:// in vaultServers"
            yield found(Check.CONFIGURATION, server.address, Health.WARNING, what, why=why, fix=fix)
