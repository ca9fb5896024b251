"""The whole guide, in the order in which things become true."""

from __future__ import annotations

from collections.abc import Mapping

from roottrust.domain.reason_guide.acceptance import ACCEPTANCE
from roottrust.domain.reason_guide.advice import Advice, Topic
from roottrust.domain.reason_guide.agent import AGENT
from roottrust.domain.reason_guide.anywhere import ANYWHERE
from roottrust.domain.reason_guide.authority import AUTHORITY
from roottrust.domain.reason_guide.bounce import BOUNCE
from roottrust.domain.reason_guide.cluster import CONNECTION, REGISTRATION
from roottrust.domain.reason_guide.mesh import ISSUANCE, PROPAGATION
from roottrust.domain.reason_guide.root import DELETION, ROOT, ROTATION
from roottrust.domain.reason_guide.vault import VAULT_CONTENT, VAULT_SERVER
from roottrust.domain.reasons import Reason

TOPICS: tuple[Topic, ...] = (
    ACCEPTANCE,
    VAULT_SERVER,
    VAULT_CONTENT,
    ROOT,
    REGISTRATION,
    CONNECTION,
    ISSUANCE,
    PROPAGATION,
    AGENT,
    AUTHORITY,
    BOUNCE,
    ROTATION,
    DELETION,
    ANYWHERE,
)

GUIDE: Mapping[Reason, Advice] = {
    reason: advice for topic in TOPICS for reason, advice in topic.advice.items()
}
