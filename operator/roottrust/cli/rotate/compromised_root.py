"""Ordering that a compromised root is replaced: what is written, and when it cannot be; pure."""

from __future__ import annotations

from dataclasses import dataclass

from roottrust.cli.rotate.order import Order, add_entry, check_annotations
from roottrust.cli.rotate.own_root import OwnRoot
from roottrust.cli.rotate.request import raise_to
from roottrust.cli.rotate.root_request import POINTER, RaisedRoot
from roottrust.domain.errors import ConflictError, DependencyMissingError
from roottrust.domain.reasons import Reason
from roottrust.domain.rotation.stage import is_returning
from roottrust.domain.rotation.wish import COMPROMISED_ANNOTATION


@dataclass(frozen=True, kw_only=True)
class CompromisedRoot:
    """What is ordered; `raised` is raised by it, or was before: that rotation is hurried then."""

    raised: RaisedRoot
    order: Order

    @property
    def is_new(self) -> bool:
        """Whether a rotation is begun by it."""
        return self.raised.after > self.raised.before


def plan_compromised(root: OwnRoot) -> CompromisedRoot:
    """Have the root in use distrusted; raises RootTrustError where nothing would come of it.

    One that is being replaced already is replaced in a hurry. A policy need not be ready: what is
    not well is left behind.
    """
    root.check_owner(command="root --compromised")
    check_annotations(root)
    rotation = root.rotation
    state, name = rotation.state, root.full_name
    if state.root_generation is None:
        raise DependencyMissingError(
            f"The operator has not told yet which generation of the root {name} has: see that it "
            "runs, in a version that rotates roots.",
            reason=Reason.WAITING_FOR_ROTATION,
        )
    if is_returning(state.stage):
        raise ConflictError(
            f"The rotation of {name} to generation {state.to_generation} is being rolled back: "
            f"once that has ended, `roottrust rotate root {name} --compromised`.",
            reason=Reason.CONFLICT,
        )
    written = rotation.wish.generation
    after = rotation.generation if rotation.is_due else written + 1
    raised = RaisedRoot(root=root, before=after if rotation.is_due else written, after=after)
    order = Order(
        root=root,
        annotation=COMPROMISED_ANNOTATION,
        value=add_entry(root, COMPROMISED_ANNOTATION, str(after)),
        follows=f"The root in use is distrusted: generation {after} takes its place in a hurry.",
        question=f"Distrust the root of {name}, with all that this breaks",
        also=() if rotation.is_due else (raise_to(POINTER, after),),
    )
    return CompromisedRoot(raised=raised, order=order)
