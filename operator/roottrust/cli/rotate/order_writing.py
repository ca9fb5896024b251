"""Writing what a person orders of a rotation, asking first where there is a risk."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import click

from roottrust.cli.rotate.following import now
from roottrust.cli.rotate.order import Order
from roottrust.cli.rotate.own_root import OwnRoot, choose_root
from roottrust.cli.rotate.run import write_patch
from roottrust.cli.status.reader import Choice, open_reader
from roottrust.cli.terminal import fail, tell
from roottrust.domain.errors import ConflictError
from roottrust.domain.reasons import Reason

# The hub writes the status meanwhile, and others write their orders.
TRIES = 5

Plan = Callable[[OwnRoot], Order]


async def read_root(choice: Choice) -> OwnRoot:
    """Return the policy that is meant, with all that share its root; raises RootTrustError."""
    # All policies are read: those that share the root are concerned as well.
    async with open_reader(replace(choice, name=None), tell=tell) as reader:
        found = await reader.read()
    return choose_root(found, name=choice.name, namespace=choice.namespace, now=now())


async def give_order(order: Order, plan: Plan, choice: Choice) -> Order:
    """Write an order beside those that are there; where others write, too, after them.

    What has changed since may forbid it: each try is planned anew. It may also have become another
    order, such as the approval of a later stage, which nobody has given. Raises RootTrustError.
    """
    for left in reversed(range(TRIES)):
        if order.is_given:
            return order
        try:
            await write_patch(order.root.policy, order.build_patch(), choice)
        except ConflictError:
            if not left:
                raise
            again = plan(await read_root(choice))
            if not again.is_given and not again.is_as(order):
                raise ConflictError(
                    f"{order.root.full_name} was changed meanwhile, by which this order would be "
                    f"another one ({again.render_line()}): nothing was written. Look at "
                    "`roottrust status`, and order it again if it is meant.",
                    reason=Reason.CONFLICT,
                ) from None
            order = again
        else:
            break
    return order


def can_be_asked() -> bool:
    """Whether a person is there."""
    return sys.stdin.isatty()


def ask(question: str) -> None:
    """End unless somebody says yes."""
    if not can_be_asked():
        fail([f"{question}: say so by --yes, for there is nobody to ask here."])
    click.confirm(f"{question}?", abort=True, err=True)
