"""What a person is told who is about to distrust a compromised root: what it does, and breaks."""

from __future__ import annotations

from collections.abc import Iterator

from roottrust.api.choices import RotationStrategy
from roottrust.cli.rotate.compromised_root import CompromisedRoot
from roottrust.cli.rotate.own_root import OwnRoot
from roottrust.cli.rotate.root_request import FIELD, describe_source
from roottrust.domain.counted import count
from roottrust.domain.moment import tell_length
from roottrust.domain.printable import make_printable
from roottrust.domain.rotation.hurry import LONGEST_RESTARTS, LONGEST_STEP
from roottrust.domain.rotation.stage import list_stages
from roottrust.domain.rotation.stage_text import tell_stage
from roottrust.domain.some_names import list_some

_NAMED = 5


def render_order(compromised: CompromisedRoot) -> str:
    """Return what is written, line by line as Git is to have it."""
    lines = [f"metadata.annotations: {compromised.order.render_line()}"]
    if compromised.is_new:
        lines.append(f"{FIELD}: {compromised.raised.after}")
    return "\n".join(f"{compromised.raised.root.full_name}: {each}" for each in lines)


def render_consequences(compromised: CompromisedRoot) -> str:
    """Return what will happen, what will break, and for how long."""
    return "\n".join(make_printable(each) for each in _list_consequences(compromised))


def _list_consequences(compromised: CompromisedRoot) -> Iterator[str]:
    raised = compromised.raised
    root, state = raised.root, raised.root.rotation.state
    clusters = tuple(sorted({each.cluster for each in root.meshes}))
    named = f": {list_some(clusters, most=_NAMED)}" if clusters else ""
    yield (
        f"The root of {count(root.meshes_total, 'mesh')} in {count(len(clusters), 'cluster')} "
        f"counts as compromised{named}. Whoever has its key can pass for any workload until nobody "
        "trusts it any more."
    )
    if not compromised.is_new and state.stage is not None:
        yield (
            f"The rotation to generation {raised.after} is under way ({state.stage}) and goes on "
            "in a hurry. Where it is the next root that is compromised, roll it back instead: "
            f"`roottrust rotate rollback {root.full_name}`."
        )
    yield "What happens: nobody is asked, nothing soaks, and clusters do not go by waves."
    strategy = state.strategy or RotationStrategy.DISTRUST_FIRST
    for number, stage in enumerate(list_stages(strategy), start=1):
        told = tell_stage(stage, RotationStrategy.DISTRUST_FIRST)
        yield f"  {number}. {stage}: {told}"
    if state.strategy is None:
        yield describe_source(raised)
    yield "What breaks, and what is left:"
    for each in _list_damage(root):
        yield f"  - {each}"
    yield (
        f"How long: Widen and Sign take seconds, at most {tell_length(LONGEST_STEP)} each; the two "
        "rounds of restarts as long as the workloads take, at most "
        f"{tell_length(LONGEST_RESTARTS)} each. Not to wait for the first round: "
        f"`roottrust rotate approve {root.full_name} --stage Drop`; what is not restarted by then "
        "cannot connect with what is."
    )


def _list_damage(root: OwnRoot) -> Iterator[str]:
    yield (
        "Every workload is restarted twice, also where config.autoRestartPods is off: in order, in "
        "bounded waves, within its PodDisruptionBudgets. One with a single replica is away then."
    )
    yield (
        "What cannot be restarted (pods without a controller, Jobs, paused or failing rollouts) "
        "cannot connect from Drop until it renews its certificate: 12 hours, unless SECRET_TTL "
        "says otherwise."
    )
    away = tuple(sorted(root.away))
    silent = f" Now that is {list_some(away, most=_NAMED)}." if away else ""
    yield (
        "A cluster that does not answer is not waited for: it goes on trusting the root, and from "
        f"Drop on cannot connect with others until it is back.{silent}"
    )
    declared = root.rotation.wish.dependants or tuple(
        each.name for each in root.rotation.spec.external_dependants
    )
    others = f" ({list_some(declared, most=_NAMED)})" if declared else ""
    yield (
        f"Whoever else trusts the root{others}, such as VMs and meshes of other operators, cannot "
        "connect from Drop until told of the next one."
    )
    yield (
        "Who uses the key before istiods are restarted in Retire can have istiod sign a "
        "certificate of the next root, for whatever identity, and keep it by renewing it."
    )
    yield "The root is revoked in Vault, which nothing undoes. From Drop on there is no way back."
