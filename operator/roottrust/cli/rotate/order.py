"""What a person orders of a rotation: an annotation of the policy that owns the root; pure.

Each names the generation, so that it ends with its rotation. What is there already stays.
"""

from __future__ import annotations

from dataclasses import dataclass

from roottrust.api.choices import RotationStage, RotationStrategy
from roottrust.cli.rotate.annotation import build_annotation_patch, read_annotations
from roottrust.cli.rotate.own_root import OwnRoot
from roottrust.cli.rotate.request import Operation
from roottrust.domain.errors import ConflictError, DependencyMissingError, InvalidSpecError
from roottrust.domain.reasons import Reason
from roottrust.domain.rotation.annotation_entries import split_entries
from roottrust.domain.rotation.approval import is_asked_for, list_asked_for
from roottrust.domain.rotation.stage import (
    can_return,
    find_next_stage,
    is_returning,
    list_stages,
    list_way_back,
)
from roottrust.domain.rotation.stage_text import tell_stage
from roottrust.domain.rotation.wish import (
    APPROVE_ANNOTATION,
    EXCLUDE_ANNOTATION,
    PAUSE_ANNOTATION,
    ROLLBACK_ANNOTATION,
)
from roottrust.domain.some_names import list_some


@dataclass(frozen=True, kw_only=True)
class Order:
    """An annotation as it is to be, None if it is to go; `follows` is what then happens.

    `question` is asked before, where there is a risk. `also` is written along with it.
    """

    root: OwnRoot
    annotation: str
    value: str | None
    follows: str
    question: str | None = None
    also: tuple[Operation, ...] = ()

    @property
    def before(self) -> str | None:
        """The annotation as it is."""
        return read_annotations(self.root.policy).get(self.annotation)

    @property
    def is_given(self) -> bool:
        """Whether nothing is left to be written."""
        return self.before == self.value and not self.also

    @property
    def entries(self) -> frozenset[str]:
        """What it adds to the annotation, or takes from it."""
        before = split_entries(read_annotations(self.root.policy), self.annotation)
        after = split_entries({self.annotation: self.value or ""}, self.annotation)
        return frozenset(before) ^ frozenset(after)

    def is_as(self, other: Order) -> bool:
        """Whether it asks for the same, after the same question."""
        return (self.entries, self.question) == (other.entries, other.question)

    def render_line(self) -> str:
        """Return the line of metadata.annotations as Git is to have it."""
        if self.value is None:
            return f"# no {self.annotation}"
        return f'{self.annotation}: "{self.value}"'

    def build_patch(self) -> tuple[Operation, ...]:
        """Return a JSON patch for the policy as it was read: what others wrote since is not lost.

        Also the stage for which the order is meant could be another one by now.
        """
        return build_annotation_patch(self.root.policy, self.annotation, self.value, also=self.also)


def plan_approval(root: OwnRoot, *, stage: RotationStage | None = None) -> Order:
    """Let a rotation into a stage: the one that waits, or one before its time."""
    _check_under_way(root, "approve")
    rotation = root.rotation
    state = rotation.state
    chosen = stage or rotation.find_awaited(now=root.read_at)
    if chosen is None:
        raise DependencyMissingError(
            f"No stage of {root.full_name} waits for a person: {_tell_place(root)} One that is "
            "asked for later is approved before its time by --stage.",
            reason=Reason.WAITING_FOR_ROTATION,
        )
    _check_ahead(root, chosen)
    return Order(
        root=root,
        annotation=APPROVE_ANNOTATION,
        value=add_entry(root, APPROVE_ANNOTATION, f"{rotation.generation}/{chosen}"),
        follows=f"{chosen} follows{_tell_when(root, chosen)}: "
        f"{tell_stage(chosen, state.strategy)}.{_tell_pause(root)}",
    )


def plan_pause(root: OwnRoot) -> Order:
    """Let no further stage begin."""
    _check_due(root, "pause")
    stage = root.rotation.state.stage
    what = f"{stage} goes on until it is proven" if stage else "Prepare may begin"
    return Order(
        root=root,
        annotation=PAUSE_ANNOTATION,
        value=add_entry(root, PAUSE_ANNOTATION, str(root.rotation.generation)),
        follows=f"{what}, and no further stage or wave begins until `roottrust rotate resume "
        f"{root.full_name}`. Nothing is undone, and connections go on.",
    )


def plan_resume(root: OwnRoot) -> Order:
    """Let stages follow again."""
    _check_due(root, "resume")
    generation = str(root.rotation.generation)
    entries = _read_entries(root, PAUSE_ANNOTATION)
    left = tuple(each for each in entries if each != generation)
    if len(left) == len(entries):
        raise DependencyMissingError(
            f"The rotation of {root.full_name} is not paused: {_tell_place(root)}",
            reason=Reason.WAITING_FOR_ROTATION,
        )
    stage = root.rotation.state.stage
    return Order(
        root=root,
        annotation=PAUSE_ANNOTATION,
        value=",".join(left) or None,
        follows=f"What follows {stage} begins once that is proven."
        if stage
        else "It begins with Prepare.",
    )


def plan_rollback(root: OwnRoot) -> Order:
    """Go back to the root before; after Drop that is another rotation."""
    _check_due(root, "rollback")
    stage, name = root.rotation.state.stage, root.full_name
    if stage is not None and not is_returning(stage) and not can_return(stage):
        raise InvalidSpecError(
            f"The rotation of {name} is in {stage}: the root before is dropped, and there is no "
            "way back to it. After Drop a roll-back is a new rotation: once this one has ended, "
            f"`roottrust rotate root {name}`.",
            reason=Reason.NOT_ALLOWED,
        )
    way = "; ".join(f"{each}: {tell_stage(each)}" for each in list_way_back(stage))
    return Order(
        root=root,
        annotation=ROLLBACK_ANNOTATION,
        value=add_entry(root, ROLLBACK_ANNOTATION, str(root.rotation.generation)),
        follows=(f"{way}." if stage else "It does not begin.")
        + f" Generation {root.rotation.generation} is over then: the next rotation is another "
        f"generation.{_tell_pause(root)}",
    )


def plan_exclusion(root: OwnRoot, *, cluster: str, forces: bool = False) -> Order:
    """Wait for a cluster no more."""
    _check_under_way(root, "exclude")
    state = root.rotation.state
    if cluster not in state.members:
        known = list_some(state.members, most=5) if state.members else "none"
        raise InvalidSpecError(
            f"{cluster} is no cluster of the rotation of {root.full_name}: these are {known}.",
            reason=Reason.INVALID_SPEC,
        )
    meshes = tuple(each.mesh for each in root.meshes if each.cluster == cluster)
    if meshes and cluster not in root.away and not forces:
        raise InvalidSpecError(
            f"{cluster} is heard and has {list_some(meshes)}: what is excluded is not waited for, "
            "and its workloads may fail to connect from Drop on. Only a cluster that is gone for "
            "good is to be excluded; --force does it in spite of that.",
            reason=Reason.NOT_ALLOWED,
        )
    return Order(
        root=root,
        annotation=EXCLUDE_ANNOTATION,
        value=add_entry(root, EXCLUDE_ANNOTATION, f"{root.rotation.generation}/{cluster}"),
        follows=f"Nothing in {cluster} is waited for any more, and the rotation's history names "
        "it. Whatever of it is still there, or comes back, has what it had: from Drop on its "
        "connections with others fail.",
        question=f"Is {cluster} gone for good? The rotation goes on without any proof of it. "
        "Exclude it",
    )


def check_annotations(root: OwnRoot) -> None:
    """Raise InvalidSpecError for an annotation that nobody understands."""
    problems = root.rotation.wish.orders.problems
    if problems:
        raise InvalidSpecError(f"{problems[0]} Mend it first.", reason=Reason.INVALID_SPEC)


def _check_due(root: OwnRoot, command: str) -> None:
    root.check_owner(command=command)
    check_annotations(root)
    if not root.rotation.is_due:
        raise DependencyMissingError(
            f"No rotation of the root of {root.full_name} is under way or asked for.",
            reason=Reason.WAITING_FOR_ROTATION,
        )


def _check_under_way(root: OwnRoot, command: str) -> None:
    _check_due(root, command)
    if not root.rotation.is_under_way:
        raise DependencyMissingError(
            f"The rotation of {root.full_name} to generation {root.rotation.generation} has not "
            "begun yet.",
            reason=Reason.WAITING_FOR_ROTATION,
        )


def _check_ahead(root: OwnRoot, stage: RotationStage) -> None:
    """Raise RootTrustError for an approval of which nothing would come."""
    rotation = root.rotation
    state, wish = rotation.state, rotation.wish
    # Of what trusts the root in Vault the policy says nothing: Drop may ask for that, too.
    if not is_asked_for(stage, wish) and stage is not RotationStage.DROP:
        raise InvalidSpecError(
            f"Nobody is asked before {stage} (rotation.verification: "
            f"{rotation.spec.verification}): {_tell_asked(root)}.",
            reason=Reason.INVALID_SPEC,
        )
    order = list_stages(state.strategy or RotationStrategy.CROSS_SIGNED)
    is_past = state.stage in order and order.index(stage) <= order.index(state.stage)
    if is_returning(state.stage) or (is_past and state.strategy is not None):
        raise ConflictError(
            f"{stage} is not ahead of the rotation of {root.full_name}: {_tell_place(root)}",
            reason=Reason.CONFLICT,
        )


def _tell_asked(root: OwnRoot) -> str:
    wish, state = root.rotation.wish, root.rotation.state
    asked = list_asked_for(state.strategy, wish, unseen=state.unseen)
    return f"it is before {', '.join(asked)}" if asked else "no stage waits for a person"


def _tell_place(root: OwnRoot) -> str:
    """Return where the rotation is, as a sentence."""
    return root.rotation.state.message or "it has not begun yet."


def _tell_when(root: OwnRoot, stage: RotationStage) -> str:
    """Return what an approval before its time still waits for."""
    now, state = root.rotation.find_awaited(now=root.read_at), root.rotation.state
    if now is stage or state.stage is None:
        return ""
    is_next = state.strategy and find_next_stage(state.stage, state.strategy) is stage
    if is_next and root.rotation.wish.is_hurried:
        return " at once, whatever is not restarted yet"
    return f" once {state.stage} is proven" if is_next else " without a question, in its turn"


def _tell_pause(root: OwnRoot) -> str:
    if not root.rotation.is_paused:
        return ""
    return f" The rotation is paused: `roottrust rotate resume {root.full_name}` lets it go on."


def add_entry(root: OwnRoot, annotation: str, entry: str) -> str:
    """Return an annotation with one entry more."""
    entries = _read_entries(root, annotation)
    return ",".join(entries if entry in entries else (*entries, entry))


def _read_entries(root: OwnRoot, annotation: str) -> tuple[str, ...]:
    return split_entries(read_annotations(root.policy), annotation)
