"""`roottrust rotate intermediate --compromised`: replaced, revoked, and told what that leaves."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial

import click

from roottrust.cli.rotate.compromised_intermediates_progress import (
    CompromiseProgress,
    judge_compromise,
    list_compromise_lines,
    render_compromise,
)
from roottrust.cli.rotate.compromised_intermediates_request import (
    CompromisedClusters,
    find_ordered,
    plan_compromise,
)
from roottrust.cli.rotate.compromised_intermediates_text import (
    render_consequences,
    render_git,
    render_order,
    render_question,
)
from roottrust.cli.rotate.followed import View
from roottrust.cli.rotate.following import follow_to_end, now
from roottrust.cli.rotate.order_writing import TRIES, ask
from roottrust.cli.rotate.render import render_end
from roottrust.cli.rotate.request import RaisedGeneration, check_clusters, plan_following
from roottrust.cli.rotate.run import write_patch
from roottrust.cli.status.build_report import build_report
from roottrust.cli.status.reader import Choice, open_reader
from roottrust.cli.status.report import PolicyReport, StatusReport
from roottrust.cli.terminal import fail, tell
from roottrust.domain.errors import ConflictError
from roottrust.domain.printable import make_printable

_NO_CLUSTER = (
    "--compromised is for the clusters whose intermediates have leaked: name each by --cluster. "
    "Where it is the root whose key may have leaked: `roottrust rotate root --compromised`."
)


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What is ordered, and how its policy is."""

    compromised: CompromisedClusters
    policy: PolicyReport


def order_compromise(
    choice: Choice, clusters: tuple[str, ...], *, is_dry: bool, is_sure: bool
) -> RaisedGeneration:
    """Say what follows, ask, and write it, or only show it; raises RootTrustError."""
    planned = asyncio.run(_read_plan(choice, clusters))
    compromised = planned.compromised
    consequences = render_consequences(compromised, planned.policy)
    if is_dry:
        click.echo(f"{render_order(compromised)}\n{consequences}")
        click.echo(f"In Git: {render_git(compromised)}. Nothing was changed (--dry-run).")
        return compromised.raised
    click.echo(consequences, err=True)
    if not is_sure:
        ask(render_question(compromised))
    asyncio.run(_write(compromised, choice, clusters))
    click.echo(render_order(compromised))
    tell(
        f"where {compromised.raised.full_name} is kept in Git, commit {render_git(compromised)} "
        "there; a lower number is refused from now on."
    )
    return compromised.raised


def follow_compromise(
    raised: RaisedGeneration, choice: Choice, *, timeout_seconds: float, color: str
) -> None:
    """Follow what was ordered until all is revoked, and say what that leaves."""
    clusters = " ".join(map("--cluster {}".format, raised.clusters))
    command = f"roottrust rotate intermediate {raised.full_name} --follow --compromised {clusters}"
    last = follow_to_end(
        View(
            judge=partial(_judge, raised),
            render=render_compromise,
            list_lines=list_compromise_lines,
        ),
        raised.policy,
        choice,
        command=command,
        timeout_seconds=timeout_seconds,
        color=color,
    )
    click.echo(render_end(raised, last.rotation))
    for each in last.revocations:
        click.echo(make_printable(each.told.message if each.told else ""))


def plan_following_compromise(
    choice: Choice, clusters: tuple[str, ...], *, generation: int | None
) -> RaisedGeneration:
    """Return what somebody else has ordered, or will; raises RootTrustError."""

    async def plan() -> RaisedGeneration:
        async with open_reader(choice, tell=tell) as reader:
            found = await reader.read()
        ordered = generation or find_ordered(found.policies, clusters)
        raised = plan_following(found.policies, generation=ordered, clusters=clusters)
        (policy,) = build_report(found, read_at=now()).policies
        check_clusters(raised, policy)
        return raised

    return asyncio.run(plan())


def check_compromise_options(
    clusters: tuple[str, ...], *, is_compromised: bool, is_sure: bool, follows: bool
) -> None:
    """End with what is wrong about options that do not go together."""
    if is_compromised and not clusters:
        fail([_NO_CLUSTER])
    if is_sure and (follows or not is_compromised):
        fail(["--yes is for --compromised alone, which asks: nothing else does."])


async def _read_plan(choice: Choice, clusters: tuple[str, ...]) -> Planned:
    async with open_reader(choice, tell=tell) as reader:
        found = await reader.read()
    compromised = plan_compromise(found.policies, clusters=clusters)
    (policy,) = build_report(found, read_at=now()).policies
    check_clusters(compromised.raised, policy)
    return Planned(compromised=compromised, policy=policy)


async def _write(
    compromised: CompromisedClusters, choice: Choice, clusters: tuple[str, ...]
) -> None:
    """Write both at once; a status that was written meanwhile is no reason not to."""
    for left in reversed(range(TRIES)):
        try:
            await write_patch(compromised.raised.policy, compromised.build_patch(), choice)
        except ConflictError:
            again = (await _read_plan(choice, clusters)).compromised
            if not left or _get_essence(again) != _get_essence(compromised):
                raise
            compromised = again
        else:
            return


def _get_essence(compromised: CompromisedClusters) -> tuple[str, int, str]:
    """Return what a person has agreed to."""
    uid: str = compromised.raised.policy["metadata"]["uid"]
    return uid, compromised.raised.after, compromised.value


def _judge(raised: RaisedGeneration, report: StatusReport) -> CompromiseProgress:
    (policy,) = report.policies
    return judge_compromise(policy, generation=raised.after, clusters=raised.clusters)
