"""Paths and names in Vault, as policies may write them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from roottrust.api.rule import Rule, full_match, no_match, quote

CLUSTER = "${cluster}"

_NO_GAPS = no_match(
    r"(^|/)\.\.?(/|$)|//",
    "must not have empty segments or the segments . and ..; write the path out",
)
_NO_SYSTEM_PATH = no_match(
    "^/?(v1/)?(audit|auth|cubbyhole|identity|sys)(/|$)",
    "must name a PKI mount, never one of Vault's own (sys/, auth/, identity/, cubbyhole/, audit/)",
)
_NO_PREFIX = no_match("^(/|v1/)", "must not begin with / or /v1/: a path begins with its mount")
_LITERAL = no_match(
    r"[$]",
    "must be literal: one root signs for every cluster, so ${cluster} cannot stand in it; name "
    "the root's own mount",
)
_ONLY_CLUSTER = no_match(
    "[${}]",
    "can hold ${cluster}, which becomes the cluster's name, but no other placeholder; write "
    "everything else out",
    without=CLUSTER,
)
_FILLED_IN = no_match("[${}]", "must not hold a placeholder: the hub fills them in")
_PLAIN_TEXT = full_match(
    "[A-Za-z0-9_./${}-]*",
    "may hold letters, digits and / . _ - only: no wildcards, quotes, spaces or line breaks",
)
_NO_OUTER_SLASH = no_match("^/|/$", "must not begin or end with /")

RootSignPath = Annotated[
    str,
    Field(min_length=1, max_length=256),
    _NO_GAPS,
    _NO_SYSTEM_PATH,
    _NO_PREFIX,
    _LITERAL,
    _PLAIN_TEXT,
    no_match(
        "(^|/)issuer/root/sign-intermediate$",
        "can be read in two ways, as a mount called issuer or an issuer called root: name the "
        "issuer by its id",
    ),
    full_match(
        ".+/(root|issuer/[^/]+)/sign-intermediate",
        "must be MOUNT/root/sign-intermediate or MOUNT/issuer/ISSUER/sign-intermediate, such as "
        "pki/root/sign-intermediate",
    ),
]

_EXPORTED = full_match(
    ".+/intermediate/generate/exported",
    "must be MOUNT/intermediate/generate/exported, such as "
    "pki_int_${cluster}/intermediate/generate/exported; leave csrPath out to have the key made "
    "in istiod's pod, which is better",
)

CsrPathTemplate = Annotated[
    str,
    Field(min_length=1, max_length=256),
    _NO_GAPS,
    _NO_SYSTEM_PATH,
    _NO_PREFIX,
    _ONLY_CLUSTER,
    _PLAIN_TEXT,
    _EXPORTED,
]

CsrPath = Annotated[
    str,
    Field(min_length=1, max_length=256),
    _NO_GAPS,
    _NO_SYSTEM_PATH,
    _NO_PREFIX,
    _FILLED_IN,
    _PLAIN_TEXT,
    _EXPORTED,
]

_IS_AUTH_PATH = Rule(
    cel=f"self.startsWith({quote('/v1/auth/')}) && self != {quote('/v1/auth/')}",
    holds=lambda path: path.startswith("/v1/auth/") and path != "/v1/auth/",
    message="must begin with /v1/auth/: for an auth method at kube-cluster1-mesh-auth write "
    "/v1/auth/kube-cluster1-mesh-auth",
)
_NO_LOGIN = no_match(
    "./login/?$|./$",
    "must end with the mount: leave out a trailing / and /login, which the agent adds",
)

_NOT_TOKENS_OWN = no_match(
    "^/v1/auth/token(/|$)",
    "must not be Vault's own token mount; use an auth method of the cluster's own, such as "
    "/v1/auth/kube-${cluster}-mesh-auth",
)

AuthMountTemplate = Annotated[
    str,
    Field(min_length=1, max_length=256),
    _IS_AUTH_PATH,
    _NO_LOGIN,
    _NOT_TOKENS_OWN,
    _NO_GAPS,
    _ONLY_CLUSTER,
    _PLAIN_TEXT,
]

AuthMount = Annotated[
    str,
    Field(min_length=1, max_length=256),
    _IS_AUTH_PATH,
    _NO_LOGIN,
    _NOT_TOKENS_OWN,
    _NO_GAPS,
    _FILLED_IN,
    _PLAIN_TEXT,
]

_NAME = "[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?"
_ROLE_NAME = full_match(
    _NAME,
    "must be one name of lower-case letters, digits and . _ - (Vault lower-cases the names of "
    "policies): no slashes, wildcards, quotes or spaces, such as gen-int-ca-istio-${cluster}-mesh",
    without=CLUSTER,
)
_NOT_VAULTS_OWN = Rule(
    cel="!(self in ['root', 'default'])",
    holds=lambda name: name not in {"root", "default"},
    message="must not be root or default: the role's policy has its name, and these two are "
    "Vault's own",
)

RoleTemplate = Annotated[str, Field(min_length=1, max_length=128), _ROLE_NAME, _NOT_VAULTS_OWN]

RoleName = Annotated[
    str,
    Field(min_length=1, max_length=128),
    full_match(_NAME, "must be one name of lower-case letters, digits and . _ -"),
    _NOT_VAULTS_OWN,
]

VaultNamespace = Annotated[
    str,
    Field(min_length=1, max_length=256),
    _NO_GAPS,
    _NO_OUTER_SLASH,
    no_match(
        "(?i)(^|/)(audit|auth|cubbyhole|identity|root|sys)(/|$)",
        "must not hold a name that Vault keeps for itself (root, sys, auth, identity, cubbyhole, "
        "audit); leave the field out for the namespace of the operator's login",
    ),
    full_match(
        "[A-Za-z0-9_./-]*",
        "may hold letters, digits and / . _ - only: no wildcards, quotes, spaces or placeholders",
    ),
]

_HAS_SCHEME = Rule(
    cel=f"self.startsWith({quote('https://')}) || self.startsWith({quote('http://')})",
    holds=lambda url: url.startswith(("https://", "http://")),
    message="must begin with https:// (or http:// for trials, where the operator's configuration "
    "allows it), such as https://vault.example:8200",
)
_HOST = r"([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"

VaultUrl = Annotated[
    str,
    Field(min_length=1, max_length=512),
    _HAS_SCHEME,
    no_match("@", "must not hold a user or password: agents log in by kubernetesAuth"),
    no_match(
        "[?#]", "must not hold a query (?) or a fragment (#): write scheme, host and port only"
    ),
    full_match(
        # The first three alternatives are refused above, by a message of their own.
        f"[^h].*|.*[?#@].*|h[^t].*|https?://{_HOST}(:[0-9]{{1,5}})?(/[A-Za-z0-9._~/-]*)?",
        "must be SCHEME://HOST:PORT in plain ASCII without spaces or underscores, such as "
        "https://vault.example:8200",
    ),
    AfterValidator(lambda url: url.rstrip("/")),
]
