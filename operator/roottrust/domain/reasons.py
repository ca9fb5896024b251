"""The words of conditions: their types and their enumerated reasons."""

from __future__ import annotations

from enum import StrEnum


class ConditionType(StrEnum):
    """Conditions of a RootTrustPolicy, in the order in which they become true."""

    ACCEPTED = "Accepted"
    VAULT_REACHABLE = "VaultReachable"
    VAULT_CONFIGURED = "VaultConfigured"
    CERTIFICATES_ISSUED = "CertificatesIssued"
    TRUST_PROPAGATED = "TrustPropagated"
    READY = "Ready"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"


class MeshConditionType(StrEnum):
    """Conditions of a Mesh, in the order in which they become true."""

    ISTIOD_READY = "IstiodReady"
    TRUST_PUBLISHED = "TrustPublished"
    TRUST_PROPAGATED = "TrustPropagated"
    READY = "Ready"
    # Of a mirror alone
    CURRENT = "Current"


class BounceConditionType(StrEnum):
    """Conditions of a PodBounceDirective; the last two are there only while they hold."""

    ACCEPTED = "Accepted"
    COMPLETE = "Complete"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"


class Reason(StrEnum):
    """Why a condition is what it is."""

    # Accepted
    ACCEPTED = "Accepted"
    INVALID_SPEC = "InvalidSpec"
    INVALID_PATH = "InvalidPath"
    NOT_ALLOWED = "NotAllowed"
    NOT_SUPPORTED = "NotSupported"
    UNKNOWN_SERVER = "UnknownServer"
    PLAIN_HTTP = "PlainHTTP"
    SECRET_NOT_FOUND = "SecretNotFound"
    INVALID_CA_BUNDLE = "InvalidCABundle"
    REMOTE_POLICIES_OFF = "RemotePoliciesOff"
    NO_CLUSTER_SELECTED = "NoClusterSelected"
    NO_MESH_SELECTED = "NoMeshSelected"
    SELECTED_BY_OLDER_POLICY = "SelectedByOlderPolicy"

    # Of a cluster's registration: it is not used
    INVALID_CLUSTER_NAME = "InvalidClusterName"
    CLUSTER_NAME_TAKEN = "ClusterNameTaken"
    INVALID_KUBECONFIG = "InvalidKubeconfig"
    CREDENTIALS_NOT_INLINE = "CredentialsNotInline"
    CREDENTIALS_NOT_SUPPORTED = "CredentialsNotSupported"
    INSECURE_CONNECTION = "InsecureConnection"
    INVALID_VAULT_ADDRESS = "InvalidVaultAddress"

    # Of a registered cluster: nothing new is learned of it
    CLUSTER_CONNECTING = "ClusterConnecting"
    CLUSTER_UNREACHABLE = "ClusterUnreachable"
    CLUSTER_NOT_PREPARED = "ClusterNotPrepared"
    CLUSTER_ACCESS_DENIED = "ClusterAccessDenied"
    CLUSTER_TOO_LARGE = "ClusterTooLarge"

    # VaultReachable
    REACHABLE = "Reachable"
    UNREACHABLE = "Unreachable"
    UNTRUSTED_CERTIFICATE = "UntrustedCertificate"
    SEALED = "Sealed"
    STANDBY = "Standby"
    NOT_INITIALIZED = "NotInitialized"
    SERVER_ERROR = "ServerError"
    RATE_LIMITED = "RateLimited"
    LOGIN_FAILED = "LoginFailed"

    # VaultConfigured
    CONFIGURED = "Configured"
    CHANGES_PENDING = "ChangesPending"
    DRIFT_REPAIRED = "DriftRepaired"
    UPDATED = "Updated"
    ACCESS_DENIED = "AccessDenied"
    CONFLICT = "Conflict"
    REJECTED_BY_VAULT = "RejectedByVault"
    REVIEWER_NOT_FOUND = "ReviewerNotFound"
    TOKEN_KEYS_UNREADABLE = "TokenKeysUnreadable"
    ROOT_NOT_FOUND = "RootNotFound"
    ROOT_FOUND = "RootFound"
    INVALID_ROOT_SECRET = "InvalidRootSecret"
    ROOT_CHANGED = "RootChanged"
    ROOT_NOT_USABLE = "RootNotUsable"
    ROOT_EXPIRES_TOO_SOON = "RootExpiresTooSoon"

    # CertificatesIssued
    ISSUED = "Issued"
    WAITING_FOR_AGENT = "WaitingForAgent"
    AGENT_FAILED = "AgentFailed"
    INSTANCE_NOT_BELIEVED = "InstanceNotBelieved"
    RENEWING = "Renewing"
    EXPIRING = "Expiring"
    EXPIRED = "Expired"

    # TrustPropagated
    PROPAGATED = "Propagated"
    WAITING_FOR_REPORT = "WaitingForReport"
    SELF_SIGNED = "SelfSigned"
    OTHER_ROOT_PUBLISHED = "OtherRootPublished"
    BUNDLE_OUTDATED = "BundleOutdated"
    NAMESPACES_STALE = "NamespacesStale"

    # CertificatesIssued, TrustPropagated, Ready
    WAITING_FOR_ISTIOD = "WaitingForIstiod"
    WAITING_FOR_MESH = "WaitingForMesh"
    WAITING_FOR_VAULT = "WaitingForVault"
    READY = "Ready"

    # Of a Mesh: IstiodReady, TrustPublished
    ISTIOD_READY = "IstiodReady"
    ISTIOD_NOT_READY = "IstiodNotReady"
    PUBLISHED = "Published"
    NOT_PUBLISHED = "NotPublished"
    NOT_MANAGED = "NotManaged"
    UNREADABLE_ROOTS = "UnreadableRoots"

    # Of a mirror: Current, and whatever has its name
    MIRRORED = "Mirrored"
    NAME_TAKEN = "NameTaken"

    # While a policy is being deleted
    DELETING = "Deleting"
    REMOVED_FROM_VAULT = "RemovedFromVault"
    LEFT_IN_VAULT = "LeftInVault"
    LEFT_IN_CLUSTERS = "LeftInClusters"

    # The agent beside istiod, which also says Issued
    WAITING_FOR_ISSUED_CERTIFICATE = "WaitingForIssuedCertificate"
    INVALID_INTERMEDIATE = "InvalidIntermediate"
    CA_FOLDER_NOT_WRITABLE = "CAFolderNotWritable"
    FOREIGN_CA_FOLDER = "ForeignCAFolder"
    FOREIGN_ROOT = "ForeignRoot"
    ROOT_REPLACED = "RootReplaced"
    FOREIGN_CA_SECRET = "ForeignCASecret"
    NOT_LOADED_BY_ISTIOD = "NotLoadedByIstiod"

    # The CA that istiod is to get
    INVALID_TRUST_BUNDLE = "InvalidTrustBundle"
    INVALID_KEY = "InvalidKey"
    KEY_MISMATCH = "KeyMismatch"
    WRONG_COMMON_NAME = "WrongCommonName"
    NOT_A_CA = "NotACA"
    USAGE_FORBIDDEN = "UsageForbidden"
    PATH_TOO_LONG = "PathTooLong"
    PATH_LENGTH_OPEN = "PathLengthOpen"
    CHAIN_INCOMPLETE = "ChainIncomplete"
    CHAIN_MISORDERED = "ChainMisordered"
    ROOT_IN_CHAIN = "RootInChain"
    NOT_YET_VALID = "NotYetValid"
    OUTLIVES_ISSUER = "OutlivesIssuer"
    ENDS_TOO_SOON = "EndsTooSoon"
    TRIAL_LEAF_REJECTED = "TrialLeafRejected"

    # Of a PodBounceDirective, which also says Accepted, InvalidSpec, NotAllowed: Complete
    COMPLETE = "Complete"
    NOTHING_SELECTED = "NothingSelected"
    NOT_ACCEPTED = "NotAccepted"
    OTHER_CLUSTER = "OtherCluster"
    WAITING_FOR_ROOTS = "WaitingForRoots"
    WAITING_FOR_REPLICAS = "WaitingForReplicas"
    WAITING_FOR_TURN = "WaitingForTurn"
    RESTARTING = "Restarting"
    RESTARTED = "Restarted"
    BUDGET_EXHAUSTED = "BudgetExhausted"
    ROLLOUT_PAUSED = "RolloutPaused"
    ROLLOUT_PARTITIONED = "RolloutPartitioned"
    ROLLOUT_FAILED = "RolloutFailed"
    ROLLOUT_STALLED = "RolloutStalled"
    RESTART_UNDONE = "RestartUndone"

    # Of a Mesh whose workloads are restarted by one
    RESTARTS_REQUESTED = "RestartsRequested"

    # Of a Mesh, and of a RootTrustPolicy: what may still trust only the roots before
    WORKLOADS_STALE = "WorkloadsStale"
    ISTIODS_STALE = "IstiodsStale"
    RESTARTS_NOT_WRITTEN = "RestartsNotWritten"
    WORKLOADS_RENEWED = "WorkloadsRenewed"

    # Of a Mesh, in a step of a rotation: what may have a certificate from before it
    LEAVES_FROM_BEFORE = "LeavesFromBefore"
    LEAVES_RENEWED = "LeavesRenewed"

    # Pods that a PodBounceDirective leaves alone
    NO_CONTROLLER = "NoController"
    MIRROR_POD = "MirrorPod"
    JOB = "Job"
    UNKNOWN_OWNER = "UnknownOwner"

    # Of the rotation of a root
    WAITING_FOR_ROTATION = "WaitingForRotation"
    ROTATION_STARTED = "RotationStarted"
    ROTATION_STAGE = "RotationStage"
    ROTATION_COMPLETED = "RotationCompleted"
    ROTATION_ROLLED_BACK = "RotationRolledBack"

    # Of intermediates whose keys are not secret any more
    INTERMEDIATES_COMPROMISED = "IntermediatesCompromised"
    INTERMEDIATES_REVOKED = "IntermediatesRevoked"
    REVOCATION_LEFT = "RevocationLeft"

    # Keys that Vault made
    KEYS_REMOVED = "KeysRemoved"

    # Reconciling, Stalled
    RETRYING = "Retrying"

    # What `roottrust verify` meets at istiod
    ISTIOD_UNREACHABLE = "IstiodUnreachable"
    ISTIOD_UNTRUSTED = "IstiodUntrusted"
    ISTIOD_REFUSED = "IstiodRefused"

    # Kubernetes
    API_UNREACHABLE = "APIServerUnreachable"
    API_REFUSED = "APIServerRefused"
    NOT_LEADING = "NotLeading"
    INTERNAL_ERROR = "InternalError"
