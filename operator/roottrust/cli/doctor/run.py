"""One run of `roottrust doctor`, from its options to its result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from roottrust.cli.denied import tell_person
from roottrust.cli.doctor.facts import (
    BadConfiguration,
    Clock,
    ConfigurationFacts,
    Facts,
    Unseen,
    VaultFacts,
    build_unseen,
    list_seen,
)
from roottrust.cli.doctor.finding import Check
from roottrust.cli.doctor.gather import Gatherer
from roottrust.cli.doctor.gather_vault import gather_vault
from roottrust.cli.doctor.judge import judge
from roottrust.cli.doctor.report import DoctorReport
from roottrust.cli.operator_configuration import (
    Configuration,
    override_endpoints,
    read_configuration,
)
from roottrust.cli.own_access import OwnAccess, list_notes
from roottrust.domain.errors import AccessDeniedError, RootTrustError
from roottrust.http.guard import refuse_writes
from roottrust.kube.access import load_access
from roottrust.kube.client import KubeClient
from roottrust.runtime.settings_file import SettingsError
from roottrust.version import read_version

Tell = Callable[[str], None]

RIGHTS = "deploy/doctor/"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line says."""

    operator_namespace: str
    kubeconfig: Path | None = None
    context: str | None = None
    config_file: Path | None = None
    is_configured: bool = False
    endpoints: tuple[str, ...] = ()
    skips: tuple[Check, ...] = ()


async def run_doctor(
    options: Options, own: OwnAccess, *, tell: Tell, now: Callable[[], datetime]
) -> tuple[Facts, DoctorReport]:
    """Return what was read and found; raises RootTrustError when no cluster can be looked at."""
    access = await load_access(kubeconfig=options.kubeconfig, context=options.context)
    client = KubeClient(access, guard=refuse_writes)
    try:
        gatherer = Gatherer(
            client=client,
            home=options.operator_namespace,
            version=read_version(),
            now=now,
        )
        facts = await gatherer.gather()
        facts = await _add_vaults(facts, client, options, own, tell=tell, now=now)
    except AccessDeniedError as error:
        raise tell_person(error, rights=RIGHTS) from None
    finally:
        await client.close()
    return facts, judge(facts, skips=options.skips)


async def _add_vaults(
    facts: Facts,
    client: KubeClient,
    options: Options,
    own: OwnAccess,
    *,
    tell: Tell,
    now: Callable[[], datetime],
) -> Facts:
    """Return the facts with the configuration, and with what its Vaults show."""
    found = await _read_configuration(client, options)
    if not isinstance(found, Configuration):
        return replace(facts, configuration=found)
    servers = found.settings.vault_servers
    for note in list_notes(own, servers):
        tell(note)
    vaults: list[VaultFacts] = []
    clocks: list[Clock] = list(facts.clocks)
    for server in servers:
        vault, clock = await gather_vault(server, found, own, list_seen(facts.policies), now=now)
        vaults.append(vault)
        clocks += [clock] if clock else []
    source = str(options.config_file or "$ROOTTRUST_CONFIG")
    if not options.is_configured:
        source = f"the configuration of the operator in {facts.home}"
    return replace(
        facts,
        configuration=ConfigurationFacts(settings=found.settings, source=source),
        vaults=tuple(vaults),
        clocks=tuple(clocks),
    )


async def _read_configuration(
    client: KubeClient, options: Options
) -> Configuration | BadConfiguration | Unseen:
    """Return the operator's; what is wrong with --vault-endpoint is the person's fault."""
    try:
        configuration = await read_configuration(
            client,
            file=options.config_file,
            is_given=options.is_configured,
            namespace=options.operator_namespace,
        )
    except SettingsError as error:
        return BadConfiguration(lines=error.lines)
    except AccessDeniedError as error:
        return build_unseen(error, right=f"{error.capability} {error.path}")
    except RootTrustError as error:
        return build_unseen(error, right="")
    return override_endpoints(configuration, options.endpoints)
