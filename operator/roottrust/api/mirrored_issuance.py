"""What the hub tells, on a mirror of a Mesh, of the intermediates of istiod's replicas.

The IssuedCertificate itself lies in the mesh's own cluster.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from roottrust.api.choices import ReplicaState
from roottrust.api.issued_certificate import INSTANCES_MAX, SerialNumber
from roottrust.api.listing import keyed_by
from roottrust.api.model import ExchangedModel
from roottrust.api.text import Count, Fingerprint, StatusName, StatusText, Timestamp


class MirroredInstance(ExchangedModel):
    """One replica of istiod; of one that is not believed nothing but that."""

    pod: StatusName = Field(description="The replica's pod.")
    state: ReplicaState = Field(description="How far it is.")
    message: StatusText | None = Field(default=None, description="What it lacks, in a clause.")
    serial: SerialNumber | None = Field(default=None, description="The intermediate's serial.")
    fingerprint: Fingerprint | None = Field(
        default=None, description="SHA-256 of the intermediate."
    )
    intermediate_generation: Count | None = Field(
        default=None, description="The generation that it was issued for."
    )
    not_after: Timestamp | None = Field(default=None, description="When it ends.")
    next_renewal: Timestamp | None = Field(
        default=None, description="When the agent is going to renew it."
    )
    loaded_by_istiod: bool | None = Field(default=None, description="istiod was seen to serve it.")


class MirroredIssuance(ExchangedModel):
    """How far the intermediates of a mesh are, and for which policy."""

    policy: StatusName = Field(description="NAMESPACE/NAME of the RootTrustPolicy.")
    root_fingerprint: Fingerprint = Field(
        description="SHA-256 of the root that they are checked against."
    )
    intermediate_generation: Count = Field(description="The generation that is asked for.")
    instances: Annotated[
        tuple[MirroredInstance, ...],
        Field(max_length=INSTANCES_MAX, json_schema_extra=keyed_by("pod")),
    ] = Field(default=(), description="The replicas of istiod that report.")
