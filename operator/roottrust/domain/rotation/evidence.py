"""What was seen of a fleet whose root is rotated: the input of each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from roottrust.api.mesh import RotationEvidence
from roottrust.api.rotation_status import RotationRoot
from roottrust.domain.istiod_ability import IstiodAbility, judge_istiod


@dataclass(frozen=True, kw_only=True)
class MeshView:
    """One mesh, as its cluster tells it and as certificates prove it.

    `step` is the one that its IssuedCertificate names, and what the rest is about. `serves` says
    that each of its istiods serves what the step asks for, `has_roots` that each of its namespaces
    has the roots; `message` is what is missing of these, as a sentence. `is_crossed` says that a
    chain still holds a cross-certificate. `stale_istiods` are the replicas of istiod that know
    their clients by roots before; `version` and `replicas` are istiod's, and `restarts_pods` is
    whether the policy of the mesh asks for restarts.
    """

    cluster: str
    mesh: str
    step: str | None = None
    serves: bool = False
    has_roots: bool = False
    message: str = ""
    is_crossed: bool = False
    evidence: RotationEvidence | None = None
    multi_root: bool | None = None
    version: str = ""
    replicas: int | None = None
    restarts_pods: bool = False
    stale_istiods: tuple[str, ...] = ()
    namespace: str = ""
    deployment: str = ""

    @property
    def ability(self) -> IstiodAbility:
        """What its istiod can do when roots change."""
        return judge_istiod(self.version, multi_root=self.multi_root)


@dataclass(frozen=True, kw_only=True)
class VaultView:
    """The two roots as Vault has them.

    `cross_fault` is why there is no cross-certificate though there may be one, `fault` why there is
    no next root to go on with, `interference` what somebody changed by
    hand. `is_settled` says that all is done that the stage asks of Vault, `left` what of it is left
    to a person. `default_issuer` is the mount's, empty where it is not known.
    """

    previous: RotationRoot | None = None
    next: RotationRoot | None = None
    can_cross_sign: bool = False
    cross_certificate: str | None = None
    cross_fault: str | None = None
    fault: str | None = None
    interference: str | None = None
    is_settled: bool = False
    left: tuple[str, ...] = ()
    default_issuer: str = ""


@dataclass(frozen=True, kw_only=True)
class FleetView:
    """All that depends on the root.

    `heard` are the clusters whose meshes are all in `meshes`, `silent` those of which nothing new
    is learned, and why, as a sentence. `unseen` is what speaks for others who depend on the
    previous root, each as half a sentence.
    """

    vault: VaultView
    meshes: tuple[MeshView, ...] = ()
    heard: frozenset[str] = frozenset()
    silent: Mapping[str, str] = field(default_factory=dict)
    unseen: tuple[str, ...] = ()
