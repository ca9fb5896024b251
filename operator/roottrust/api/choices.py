"""The words that fields may have."""

from __future__ import annotations

from enum import StrEnum


class KeyType(StrEnum):
    """Kind and size of a private key."""

    ECDSA_P256 = "ecdsa-p256"
    ECDSA_P384 = "ecdsa-p384"
    RSA_2048 = "rsa-2048"
    RSA_3072 = "rsa-3072"
    RSA_4096 = "rsa-4096"


class RestartOn(StrEnum):
    """After which change workloads are restarted."""

    ROOT_CHANGE = "RootChange"
    ISSUANCE = "Issuance"


class ManagementMode(StrEnum):
    """Whether Vault is written to."""

    MANAGE = "Manage"
    OBSERVE = "Observe"


class DeletionPolicy(StrEnum):
    """What happens in Vault when the policy is deleted."""

    RETAIN = "Retain"
    DELETE = "Delete"


class RootSource(StrEnum):
    """Where the root CA comes from."""

    EXISTING = "Existing"
    GENERATE = "Generate"
    IMPORT = "Import"


class AuthMethod(StrEnum):
    """Vault's auth method that checks istiod's token."""

    KUBERNETES = "kubernetes"
    JWT = "jwt"


class Reviewer(StrEnum):
    """Whose credential Vault has when it asks a cluster to review a token."""

    CLIENT_TOKEN = "ClientToken"  # noqa: S105 - the name of a method
    SERVICE_ACCOUNT_TOKEN = "ServiceAccountToken"  # noqa: S105 - the name of a method


class RotationStrategy(StrEnum):
    """How trust moves from one root to the next.

    The last one is that of a compromised root: nobody chooses it beforehand.
    """

    AUTO = "Auto"
    CROSS_SIGNED = "CrossSigned"
    MULTI_ROOT = "MultiRoot"
    DISTRUST_FIRST = "DistrustFirst"


class RotationStage(StrEnum):
    """Stages of the rotation of a root; which follow each other, the strategy says.

    The last two are those of a roll-back.
    """

    PREPARE = "Prepare"
    SIGN = "Sign"
    WIDEN = "Widen"
    CONFIRM = "Confirm"
    PROVE = "Prove"
    DROP = "Drop"
    RETIRE = "Retire"
    RETURN = "Return"
    NARROW = "Narrow"


class RotationEnd(StrEnum):
    """How a rotation ended."""

    COMPLETED = "Completed"
    ROLLED_BACK = "RolledBack"


class Verification(StrEnum):
    """Who lets a rotation go on to its next stage."""

    NONE = "None"
    MANUAL = "Manual"


class PolicyState(StrEnum):
    """One word on a RootTrustPolicy; its conditions say more."""

    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    INVALID = "INVALID"
    WARNING = "WARNING"
    FAILED = "FAILED"


class ConditionStatus(StrEnum):
    """Whether a condition holds."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class ObjectOrigin(StrEnum):
    """Whether an object in Vault was made by us; only such objects are ever deleted."""

    CREATED = "Created"
    ADOPTED = "Adopted"


class TrustReason(StrEnum):
    """Why a root is in the trust bundle."""

    ROOT = "Root"
    NEXT_ROOT = "NextRoot"
    PREVIOUS_ROOT = "PreviousRoot"
    PASSIVE = "Passive"


class IssuanceState(StrEnum):
    """How far an IssuedCertificate has come."""

    PENDING = "PENDING"
    REQUESTED = "REQUESTED"
    ISSUED = "ISSUED"
    FINISHED = "FINISHED"
    FAILED = "FAILED"


class ReplicaState(StrEnum):
    """How far one replica of istiod is with its intermediate; the worst first."""

    NOT_BELIEVED = "NotBelieved"
    EXPIRED = "Expired"
    FAILED = "Failed"
    WAITING = "Waiting"
    OUTDATED = "Outdated"
    NOT_LOADED = "NotLoaded"
    OVERDUE = "Overdue"
    FAILING = "Failing"
    SERVING = "Serving"


class BounceState(StrEnum):
    """How far a PodBounceDirective has come."""

    PENDING = "PENDING"
    RESTARTING = "RESTARTING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"


class RestartScope(StrEnum):
    """What is restarted in a step of a rotation of the root."""

    ISTIOD = "Istiod"
    WORKLOADS = "Workloads"


class WorkloadState(StrEnum):
    """How far the restart of one workload has come."""

    WAITING = "Waiting"
    RESTARTING = "Restarting"
    DONE = "Done"
    SKIPPED = "Skipped"
    FAILED = "Failed"
