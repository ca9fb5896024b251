"""The stages of a rotation in words, for whoever is about to begin one or to let one go on."""

from __future__ import annotations

from roottrust.api.choices import RotationStage as Stage
from roottrust.api.choices import RotationStrategy as Strategy

_WORDS = {
    Stage.PREPARE: "Vault has the next root beside the one in use, checked",
    Stage.SIGN: "every istiod signs under the next root",
    Stage.WIDEN: "every mesh trusts both roots",
    Stage.CONFIRM: "every workload is proven to trust both",
    Stage.PROVE: "every workload is proven to have a leaf of the next root",
    Stage.DROP: "every mesh trusts the next root alone: from here on there is no way back",
    Stage.RETIRE: "in Vault the old root may sign nothing any more; it stays there until somebody "
    "removes it",
    Stage.RETURN: "every istiod signs under the old root again, and no leaf needs the next one",
    Stage.NARROW: "every mesh trusts the old root alone, and the next one may sign nothing any "
    "more",
}
_CROSSED = {
    Stage.PREPARE: "Vault has the next root beside the one in use, checked and signed by that one",
    Stage.SIGN: "every istiod signs under the next root, with chains that lead to the one in use: "
    "nobody needs to trust the next one yet",
}

_HURRIED = {
    Stage.PREPARE: "Vault has the next root beside the one in use, signed by that one if it can be",
    Stage.PROVE: "workloads are restarted, and have leaves of the next root",
    Stage.DROP: "every mesh trusts the next root alone, and workloads are restarted once more: a "
    "proxy trusts what it was given until its next certificate. From here on there is no way back",
    Stage.RETIRE: "in Vault the compromised root is revoked",
}
_SPECIAL = {Strategy.CROSS_SIGNED: _CROSSED, Strategy.DISTRUST_FIRST: _HURRIED}


def tell_stage(stage: Stage, strategy: Strategy | None = None) -> str:
    """Return what holds once a stage is over, as a clause."""
    special = _SPECIAL.get(strategy, {}) if strategy else {}
    return special.get(stage) or _WORDS[stage]
