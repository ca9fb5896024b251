"""What a person is told who calls intermediates compromised: what that does, and does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from roottrust.cli.rotate.compromised_intermediates_request import CompromisedClusters
from roottrust.cli.rotate.render import render_change, render_commit, render_reach
from roottrust.cli.status.report import PolicyReport
from roottrust.domain.moment import show_time
from roottrust.domain.printable import make_printable
from roottrust.domain.some_names import list_some

_NAMED = 5


def render_order(compromised: CompromisedClusters) -> str:
    """Return what is written, each on one line."""
    name = compromised.raised.full_name
    return f"{render_change(compromised.raised)}\n{name}: {compromised.render_annotation()}"


def render_git(compromised: CompromisedClusters) -> str:
    """Return what is to be committed where policies are kept in Git, as the end of a sentence."""
    return (
        f"{render_commit(compromised.raised)}, and the annotation {compromised.render_annotation()}"
    )


def render_consequences(compromised: CompromisedClusters, policy: PolicyReport) -> str:
    """Return what will happen, and what will not, before anything is written."""
    return "\n".join(make_printable(each) for each in _list_consequences(compromised, policy))


def render_question(compromised: CompromisedClusters) -> str:
    """Return what is asked, without its question mark."""
    raised = compromised.raised
    clusters = list_some(raised.clusters, most=_NAMED)
    return (
        f"Replace and revoke the intermediates of {clusters}, though they stay trusted until "
        "the root is replaced"
    )


def find_owner(policy: PolicyReport) -> str:
    """Return the policy that owns the root, which is the one to replace it."""
    owner = policy.rotation.owner if policy.rotation else None
    return owner or policy.full_name


def _list_consequences(compromised: CompromisedClusters, policy: PolicyReport) -> Iterator[str]:
    raised = compromised.raised
    clusters = list_some(raised.clusters, most=_NAMED)
    yield (
        f"The intermediates of {clusters} below generation {raised.after} count as compromised: "
        "whoever has the key of one can pass for any workload under the root."
    )
    yield "What happens:"
    yield f"  1. {render_reach(raised, policy)}"
    yield (
        "  2. Once each of these istiods serves its new one, all older ones of "
        f"{clusters} are revoked in Vault: none that an istiod uses. Nothing undoes that."
    )
    yield "What does not happen:"
    end = _find_last_end(compromised, policy)
    until = f"{show_time(end)}, when the last of those in use ends" if end else "they end"
    yield (
        f"  - Nobody distrusts them. Peers go on trusting what they sign until {until}, revoked "
        "or not: istiod is given no CRL, and asks Vault for none."
    )
    yield (
        "Only another root has them distrusted: `roottrust rotate root "
        f"{find_owner(policy)} --compromised`. It replaces all intermediates as well."
    )


def _find_last_end(compromised: CompromisedClusters, policy: PolicyReport) -> datetime | None:
    """Return when the last intermediate of these clusters ends, as far as istiods tell."""
    ends = [
        instance.not_after
        for mesh in policy.meshes
        if mesh.cluster in compromised.raised.clusters
        for instance in mesh.instances or ()
    ]
    return max((each for each in ends if each is not None), default=None)
