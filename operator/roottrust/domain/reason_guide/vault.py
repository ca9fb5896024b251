"""Whether Vault answers, and whether it holds what was asked for."""

from __future__ import annotations

from roottrust.domain.reason_guide.advice import Advice, Topic
from roottrust.domain.reasons import Reason

VAULT_SERVER = Topic(
    title="Whether Vault answers",
    about="The operator tries again by itself. Meanwhile istiods go on with what they have: "
    "`roottrust status` says until when.",
    why="no intermediate can be issued or renewed, until istiods stand with an expired one",
    advice={
        Reason.REACHABLE: Advice("Vault answers and is unsealed."),
        Reason.UNREACHABLE: Advice(
            "No answer comes: the name does not resolve, the port is closed, nothing answers in "
            "time, or Vault redirects, which is not followed.",
            "Try {command}, or `curl ADDRESS/v1/sys/health`, from where the operator runs, and "
            "look at DNS, NetworkPolicies and proxies. Where it redirects, configure the address "
            "that it redirects to (`endpoint`).",
            command="vault status",
        ),
        Reason.UNTRUSTED_CERTIFICATE: Advice(
            "Vault's TLS certificate is not trusted: another CA, another name, or expired.",
            "Give the CA that signed it (`caFile` of the server in the configuration; for agents "
            "`caBundle` or `caSecretRef` of the policy), use an address that the certificate "
            "names, or renew it.",
        ),
        Reason.SEALED: Advice(
            "Vault is sealed.",
            "{command}, and see why its automatic unseal did not.",
            command="vault operator unseal",
        ),
        Reason.STANDBY: Advice(
            "This node is a standby that does not forward requests, or no node is active.",
            "Configure the address of the active node, as a load balancer's that goes by "
            "`/v1/sys/health`; with no active node, look at Vault's storage.",
        ),
        Reason.NOT_INITIALIZED: Advice(
            "This Vault was never initialized.",
            "{command}, or configure the Vault that is meant.",
            command="vault operator init",
        ),
        Reason.SERVER_ERROR: Advice(
            "Vault answers with an error of its own (5xx).",
            "Look at Vault's log at that time; the message has what it said.",
        ),
        Reason.RATE_LIMITED: Advice(
            "A rate limit quota of Vault refuses requests (429). The operator waits as long as "
            "Vault says.",
            "If it lasts, raise the quota (`vault list sys/quotas/rate-limit`) or lower "
            "`vaultConcurrency`.",
        ),
        Reason.LOGIN_FAILED: Advice(
            "Vault refuses the login of the operator or of istiod's agent, or the file that it "
            "logs in with cannot be read.",
            "For the operator: {command} prints how its role has to be. For an agent: see that "
            "VaultConfigured of the policy is True, and that the token has the audience that the "
            "policy names.",
            command="roottrust vault-policy --config config.yaml --login",
        ),
    },
)

VAULT_CONTENT = Topic(
    title="What Vault holds",
    about="Auth mount, role, Vault policy and PKI mounts of each cluster. `roottrust plan` shows "
    "what is to be changed.",
    why="the hub cannot make what istiods log in with, or have their intermediates signed by",
    advice={
        Reason.CONFIGURED: Advice("Vault is as the policy asks for."),
        Reason.CHANGES_PENDING: Advice(
            "Changes are not made yet. With `management.mode: Observe` none ever is.",
            "Wait for the message to go. With Observe: read `status.drift` or `roottrust plan`, "
            "and set `management.mode: Manage` to have them made.",
        ),
        Reason.DRIFT_REPAIRED: Advice(
            "Somebody had changed or removed what the policy keeps in Vault, and it was put back.",
            "Find out who by Vault's audit log: the message names path and fields. To have it "
            "another way, change the policy.",
        ),
        Reason.UPDATED: Advice(
            "Vault was changed since the policy, the configuration or the operator's version asks "
            "for something else than before."
        ),
        Reason.ACCESS_DENIED: Advice(
            "Vault, an API server or istiod refuses what has to be done: the message names the "
            "right and the path.",
            "Vault: give the operator the Vault policy that {command} prints. Kubernetes: grant "
            "what is named, as the chart and `deploy/` do. An agent in Vault: see VaultConfigured "
            "of the policy, whose hub grants it.",
            command="roottrust vault-policy --config config.yaml",
        ),
        Reason.CONFLICT: Advice(
            "Something of somebody else has the name that is needed: in Vault, an "
            "IssuedCertificate, or a Mesh. It is left as it is.",
            "{command} shows how it differs. Name another path, or have it taken over by "
            "`kubectl annotate rtp NAME -n NAMESPACE admin.gloo.solo.io/adopt=true`. What belongs "
            "to another policy that exists is never taken over: select each mesh by one policy.",
            command="roottrust plan NAMESPACE/NAME",
        ),
        Reason.REJECTED_BY_VAULT: Advice(
            "Vault understood the request and refused what it asks for; or a namespace is not "
            "there.",
            "The message has Vault's own words. Create a namespace that is missing; see that paths "
            "are those of PKI mounts; else compare the field that Vault names.",
        ),
        Reason.REVIEWER_NOT_FOUND: Advice(
            "With `workloadAuth.reviewer: ServiceAccountToken` Vault checks tokens by an account "
            "of the cluster, which is not there.",
            "Apply `deploy/base/reviewer.yaml` in that cluster; `roottrust cluster join` does it "
            "as well.",
        ),
        Reason.TOKEN_KEYS_UNREADABLE: Advice(
            "With `workloadAuth.method: jwt` the hub gives Vault the cluster's public keys, which "
            "its API server does not tell in a form that can be read.",
            "{command} in that cluster: correct the "
            "`--service-account-issuer` flags or the rights of "
            "`system:service-account-issuer-discovery`.",
            command="kubectl get --raw /openid/v1/jwks",
        ),
        Reason.KEYS_REMOVED: Advice(
            "Keys of intermediates that nobody needs any more were removed from Vault "
            "(`csrPath` leaves one at each issuance).",
        ),
    },
)
