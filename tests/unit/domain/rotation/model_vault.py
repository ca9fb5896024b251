"""The root mount of the model, and what the hub does and sees there."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy
from roottrust.api.rotation_status import RotationRoot, RotationStatus
from roottrust.domain.rotation.evidence import VaultView
from roottrust.domain.rotation.gate import choose_strategy
from roottrust.domain.rotation.infer import FoundRoots
from roottrust.domain.rotation.wish import RotationWish

FIRST = 1


def build_root(generation: int) -> RotationRoot:
    """Return the root of a generation."""
    return RotationRoot(issuer=f"issuer-{generation}", fingerprint=f"{generation:064x}")


def build_cross(generation: int, previous: int) -> str:
    """Return what stands for a cross-certificate."""
    content = base64.b64encode(f"{generation} by {previous}".encode()).decode()
    return f"-----BEGIN CERTIFICATE-----\n{content}\n-----END CERTIFICATE-----\n"


def read_generation(root: RotationRoot | None) -> int:
    """Return the generation of a root; without one it is the first, which the policy names."""
    return int(root.fingerprint, 16) if root else FIRST


@dataclass(kw_only=True)
class Vault:
    """Issuers by their generations; `crossed` are those that their predecessor has signed."""

    issuers: set[int] = field(default_factory=lambda: {FIRST})
    crossed: set[tuple[int, int]] = field(default_factory=set)
    withdrawn: set[int] = field(default_factory=set)
    default: int = FIRST
    interfered: int | None = None
    is_sealed: bool = False

    def list_chores(self, state: RotationStatus, wish: RotationWish) -> list[tuple[str, int]]:
        """Return what the stage asks for and is still to be written."""
        previous, target = read_generation(state.previous), state.to_generation or 0
        match state.stage:
            case Stage.PREPARE:
                wanted = [("make", target)] if target not in self.issuers else []
                strategy = choose_strategy(wish, VaultView(can_cross_sign=True))
                if strategy is not Strategy.MULTI_ROOT and (previous, target) not in self.crossed:
                    wanted.append(("cross", target))
                return wanted
            case Stage.RETIRE:
                wanted = [("default", target)] if self.default != target else []
                return wanted + ([("withdraw", previous)] if previous not in self.withdrawn else [])
            case Stage.NARROW if target in self.issuers and target not in self.withdrawn:
                return [("withdraw", target)]
        return []

    def act(self, state: RotationStatus, wish: RotationWish, number: int) -> None:
        """Do one thing of these."""
        chores = self.list_chores(state, wish)
        if self.is_sealed or self.interfered is not None or not chores:
            return
        verb, generation = chores[number % len(chores)]
        match verb:
            case "make":
                self.issuers.add(generation)
            case "cross" if generation in self.issuers:
                self.crossed.add((read_generation(state.previous), generation))
            case "default":
                self.default = generation
            case "withdraw":
                self.withdrawn.add(generation)

    def view(self, state: RotationStatus | None, wish: RotationWish) -> VaultView:
        """Return what the hub sees in a stage."""
        if self.is_sealed:
            return VaultView(fault="Vault is sealed.")
        known = state or RotationStatus()
        if known.stage is None:
            previous = read_generation(known.root)
            return VaultView(previous=build_root(previous), default_issuer=f"issuer-{self.default}")
        previous, target = read_generation(known.previous), known.to_generation or wish.generation
        is_crossed = (previous, target) in self.crossed
        return VaultView(
            previous=build_root(previous),
            next=build_root(target) if target in self.issuers else None,
            can_cross_sign=True,
            cross_certificate=build_cross(target, previous) if is_crossed else None,
            interference="Somebody changed the default issuer." if self.interfered else None,
            is_settled=not self.list_chores(known, wish),
            default_issuer=f"issuer-{self.default}",
        )

    def find_roots(self, wish: RotationWish) -> FoundRoots:
        """Return what is left to go by when the status is lost."""
        named = max((each for each in self.issuers if FIRST < each <= wish.generation), default=0)
        in_use = named if self.default in self.withdrawn else self.default
        return FoundRoots(
            previous=build_root(in_use) if in_use else None,
            named=build_root(named) if named else None,
            generation=named or None,
            is_default=named == self.default,
            is_named_withdrawn=named in self.withdrawn,
        )
