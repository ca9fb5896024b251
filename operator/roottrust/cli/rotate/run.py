"""One run of `roottrust rotate`: asked for once, then followed until it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from roottrust.cli.denied import tell_person
from roottrust.cli.policy_choice import Manifest, get_full_name
from roottrust.cli.rotate.followed import P
from roottrust.cli.rotate.request import Operation, RaisedGeneration, check_clusters
from roottrust.cli.status.build_report import build_report
from roottrust.cli.status.reader import Choice, StatusReader
from roottrust.cli.status.report import PolicyReport, StatusReport
from roottrust.cli.status.run import WATCH_SECONDS, read_status
from roottrust.domain.errors import (
    AccessDeniedError,
    ConflictError,
    TransientError,
)
from roottrust.hub.kinds import POLICIES
from roottrust.kube.access import load_access
from roottrust.kube.client import KubeClient

FIELD_MANAGER = "roottrust-rotate"
RIGHTS = "deploy/rotate/"

Now = Callable[[], datetime]


@dataclass(frozen=True, kw_only=True)
class PlannedRotation:
    """What is asked for, and whom it concerns."""

    raised: RaisedGeneration
    policy: PolicyReport


async def read_plan(
    reader: StatusReader, plan: Callable[[tuple[Manifest, ...]], RaisedGeneration], *, now: Now
) -> PlannedRotation:
    """Return what would be written or followed; raises RootTrustError where nothing would be."""
    found = await reader.read()
    raised = plan(found.policies)
    (policy,) = build_report(found, read_at=now()).policies
    check_clusters(raised, policy)
    return PlannedRotation(raised=raised, policy=policy)


async def write_patch(policy: Manifest, patch: tuple[Operation, ...], choice: Choice) -> None:
    """Edit a policy, unless somebody else did meanwhile; raises RootTrustError."""
    access = await load_access(kubeconfig=choice.kubeconfig, context=choice.context)
    client = KubeClient(access)
    metadata = policy["metadata"]
    name = get_full_name(policy)
    try:
        await client.patch_json(
            POLICIES,
            patch,
            name=metadata["name"],
            namespace=metadata["namespace"],
            field_manager=FIELD_MANAGER,
        )
    except AccessDeniedError as error:
        raise tell_person(error, rights=RIGHTS) from None
    except ConflictError as error:
        raise ConflictError(
            f"{name} was changed meanwhile, and nothing was written: see `roottrust status {name}` "
            "whether somebody else rotates.",
            reason=error.reason,
        ) from None
    finally:
        await client.close()


async def follow_rotation(
    reader: StatusReader,
    judge: Callable[[StatusReport], P],
    show: Callable[[P], None],
    *,
    now: Now,
    deadline: datetime,
    every_seconds: float = WATCH_SECONDS,
) -> P:
    """Show how far it is until it is over, or the deadline is past; return what was seen last.

    An API server that is away for a while is waited for as well; raises any other RootTrustError.
    """
    while True:
        try:
            last = judge(await read_status(reader, now=now))
            show(last)
            if last.waits_for is None or now() >= deadline:
                return last
        except TransientError:
            if now() >= deadline:
                raise
        await asyncio.sleep(every_seconds)
