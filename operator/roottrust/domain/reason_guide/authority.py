"""What may be wrong with a CA that istiod is to get."""

from __future__ import annotations

from roottrust.domain.reason_guide.advice import Advice, Topic
from roottrust.domain.reasons import Reason

_ANEW = "Delete istiod's pod: its agent obtains and writes all anew."

AUTHORITY = Topic(
    title="The CA that istiod is to get",
    about="The agent looks at all of it before istiod does. A fault is told by its sentence, with "
    "the reason InvalidIntermediate or the one here; what only warns is used.",
    advice={
        Reason.INVALID_TRUST_BUNDLE: Advice(
            "The pinned roots cannot be read, or none of them is self-signed.",
            "Find out who but the hub writes to the IssuedCertificate; set the policy's root to a "
            "root CA.",
        ),
        Reason.INVALID_KEY: Advice(
            "The key cannot be read, or is of a kind that istiod or Envoy refuses.",
            "Set `intermediateCertOptions.keyType` to `ecdsa-p256` or `rsa-2048`. " + _ANEW,
        ),
        Reason.KEY_MISMATCH: Advice(
            "Certificate and key do not belong together.",
            "See that nothing between the pod and Vault keeps answers. " + _ANEW,
        ),
        Reason.WRONG_COMMON_NAME: Advice(
            "The intermediate is not called as the IssuedCertificate says.",
            "See that nothing between the pod and Vault keeps or changes answers.",
        ),
        Reason.NOT_A_CA: Advice(
            "A certificate in the chain is no CA.",
            "See that `caPath` ends in `sign-intermediate`.",
        ),
        Reason.USAGE_FORBIDDEN: Advice(
            "A CA in the chain may not sign, or not for servers and clients.",
            "Use another issuer in Vault, or have it issued without extended key usage.",
        ),
        Reason.PATH_TOO_LONG: Advice(
            "A CA allows fewer CAs below it than there are.",
            "Use a root with a greater path length, or with none.",
        ),
        Reason.PATH_LENGTH_OPEN: Advice(
            "A warning: the intermediate could issue further CAs.",
            "See that the Vault policy of the role pins `max_path_length`; the hub's own does.",
        ),
        Reason.CHAIN_INCOMPLETE: Advice(
            "The chain does not lead to a pinned root: an issuer is missing.",
            "See that `caPath` names the issuer whose root is pinned, and that Vault has the "
            "certificates above it.",
        ),
        Reason.CHAIN_MISORDERED: Advice(
            "`cert-chain.pem` does not begin with the intermediate.",
            _ANEW,
        ),
        Reason.ROOT_IN_CHAIN: Advice(
            "`cert-chain.pem` holds a root, for which istiod would want a CRL.",
            _ANEW,
        ),
        Reason.NOT_YET_VALID: Advice(
            "A certificate is valid only from a time to come.",
            "Set the clocks of Vault and of the node right (NTP).",
        ),
        Reason.OUTLIVES_ISSUER: Advice(
            "A warning: a CA above the intermediate ends before it.",
            "Rotate that root before the time of the message.",
        ),
        Reason.ENDS_TOO_SOON: Advice(
            "A warning: the intermediate ends before the certificates of workloads would.",
            "Raise `intermediateCertOptions.ttlDays`, or rotate the root that ends.",
        ),
        Reason.TRIAL_LEAF_REJECTED: Advice(
            "A certificate signed with this key, on trial, is not valid under the pinned root.",
            _ANEW,
        ),
    },
)
