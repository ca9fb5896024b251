"""Any Vault that a policy may find: whole, empty, edited, half made, or somebody else's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from roottrust.domain.desired import build_auth_config, build_policy, build_role
from roottrust.domain.errors import (
    AccessDeniedError,
    DependencyMissingError,
    InvalidSpecError,
    RootTrustError,
    TransientError,
)
from roottrust.domain.facts import (
    ClusterFacts,
    IssuerFacts,
    MountFacts,
    Unread,
    VaultFacts,
)
from roottrust.domain.imported_root import ImportedRoot
from roottrust.domain.login_check import ClientReview
from roottrust.domain.mark import Mark
from roottrust.domain.ownership import Claimant
from roottrust.domain.policy_mark import join_policy
from roottrust.domain.reasons import Reason
from roottrust.domain.reviewer import ReviewerToken
from roottrust.domain.snapshot import Snapshot
from roottrust.domain.target import ClusterTarget, VaultTarget
from tests.unit.domain.certificates import NOW
from tests.unit.domain.samples import (
    ADOPTER,
    BY_ACCOUNT,
    BY_SIGNATURE,
    CLAIMANT,
    DAY,
    EXISTING_ROOT,
    GENERATED_ROOT,
    IMPORTED_ROOT,
    ISSUER_ID,
    MESH,
    OTHER_HUB,
    OTHER_POLICY,
    OTHER_ROOT,
    OURS,
    OURS_ADOPTED,
    OURS_OF_OLD,
    PRIVATE_KEY,
    ROOT,
    TOKEN,
    build_accounts,
    build_cluster,
    build_imported,
    build_reviewer_token,
    build_target,
)

MARKS: tuple[Mark, ...] = (OURS, OURS_OF_OLD, OURS_ADOPTED, OTHER_POLICY, OTHER_HUB)
SECRETS = (TOKEN, PRIVATE_KEY, f"kept: {PRIVATE_KEY}", f"log in with {TOKEN} " + 300 * "x")
ODD_TEXTS = ("\0", "a\nb", "\u202eé", 400 * "x", "${cluster}", "{{identity.entity.id}}")
UNMARKED = ("", "root of all meshes", f"x {OURS.render()}", "roottrust hub=", *SECRETS, *ODD_TEXTS)
LIVES = (-DAY, 0, 1, 3600, 30 * DAY, 365 * DAY, 3650 * DAY, 10**12)

DENIED = AccessDeniedError(
    "Vault denied read on x: grant it.",
    reason=Reason.ACCESS_DENIED,
    path="x",
    capability="read",
)
BROKEN = TransientError("Vault answered HTTP 500.", reason=Reason.SERVER_ERROR)
ERRORS: tuple[RootTrustError, ...] = (DENIED, BROKEN)
UNREAD = st.sampled_from([Unread(error=error) for error in ERRORS])

# What Vault may answer in the place of a value, and what it never would.
ODD_VALUES = (None, "", 0, 1, 300, 1.5, False, True, "x", "300", (), [], ["b", "a"], {"a": [1]})
ANYTHING = st.sampled_from((*ODD_VALUES, *SECRETS, *ODD_TEXTS))

CERTIFICATES = st.sampled_from(
    [
        ROOT,
        ROOT,
        ROOT,
        None,
        replace(ROOT, fingerprint="e" * 64, not_after=NOW - timedelta(days=1)),
        replace(ROOT, not_after=NOW + timedelta(days=40)),
        replace(ROOT, not_after=NOW + timedelta(hours=30)),
        replace(ROOT, not_before=NOW + timedelta(days=1)),
        replace(ROOT, is_ca=False),
        replace(ROOT, path_length=0),
        replace(ROOT, is_self_signed=False, issuer="CN=Upper"),
        replace(ROOT, key_usages=None, subject=2000 * "x"),
        replace(ROOT, key_type="rsa-1024"),
        replace(ROOT, key_type="", path_length=-1),
        replace(ROOT, not_after=datetime.max.replace(tzinfo=UTC)),
        replace(ROOT, not_before=NOW, not_after=datetime.min.replace(tzinfo=UTC)),
    ]
)

# Vault's ids are UUIDs; whatever else it may say has to end in a condition.
ODD_ISSUER_IDS = (
    "",
    "default",
    ".",
    "..",
    "a/b",
    "a b",
    'a"b',
    "a*",
    "a\n",
    300 * "x",
    f"{TOKEN}/",
)


LOGIN_CHECKS = st.sampled_from(
    [
        ClientReview(),
        ClientReview(),
        BY_SIGNATURE,
        BY_SIGNATURE,
        BY_ACCOUNT,
        BY_ACCOUNT,
        replace(BY_ACCOUNT, audience="vault", account_uid="uid-other"),
        replace(BY_ACCOUNT, account_uid=None, key_ids=None),
        replace(BY_SIGNATURE, trouble="It did not answer."),
        replace(BY_SIGNATURE, keys=None),
    ]
)


def mark_texts() -> st.SearchStrategy[str]:
    return st.sampled_from([mark.render() for mark in MARKS] * 2 + list(UNMARKED))


@st.composite
def mounts(draw: st.DrawFn, type_: str, *, days: int | None = None) -> MountFacts | None:
    """A mount that is there or not, of the right kind or another, as wanted or edited."""
    state = draw(st.sampled_from(("absent", "right", "right", "edited", "wrong type")))
    if state == "absent":
        return None
    life = days * DAY if days is not None else 0
    return MountFacts(
        type="kv" if state == "wrong type" else type_,
        description=draw(mark_texts()),
        max_ttl_seconds=draw(st.sampled_from(LIVES)) if state == "edited" else life,
    )


@st.composite
def edited(draw: st.DrawFn, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
    """What Vault reads back of an object: nothing, all of it, or some fields changed or gone."""
    state = draw(st.sampled_from(("absent", "right", "edited")))
    if state == "absent":
        return None
    fields = {
        name: list(value) if isinstance(value, tuple) else value for name, value in wanted.items()
    }
    fields["alias_name_source"] = "serviceaccount_uid"
    if state == "edited":
        for name in draw(st.sets(st.sampled_from(sorted(wanted)), min_size=1, max_size=4)):
            fields[name] = draw(ANYTHING)
    return fields


@st.composite
def documents(draw: st.DrawFn, cluster: ClusterTarget, target: VaultTarget) -> str | None:
    """A Vault policy: none, one of a RootTrustPolicy (perhaps edited), or a person's."""
    state = draw(st.sampled_from(("absent", "right", "edited", "unmarked", "foreign")))
    if state == "absent":
        return None
    if state == "foreign":
        return draw(st.sampled_from((*UNMARKED, 'path "pki/*" { capabilities = ["update"] }')))
    mark = draw(st.sampled_from(MARKS))
    wanted = build_policy(cluster, target=target, issuer_id=ISSUER_ID, ttl_days=365, mark=mark)
    fields = dict(wanted.fields)
    if state == "edited":
        fields["policy"] += draw(st.sampled_from(("\n# more", *SECRETS, *ODD_TEXTS)))
    return fields["policy"] if state == "unmarked" else join_policy(**fields)


@st.composite
def cluster_facts(
    draw: st.DrawFn, cluster: ClusterTarget, target: VaultTarget, auth_mount: MountFacts | None
) -> ClusterFacts | Unread:
    if draw(st.integers(0, 9)) == 0:
        return draw(UNREAD)
    document = draw(documents(cluster, target))
    if auth_mount is None or auth_mount.type != cluster.login_check.MOUNT_TYPE:
        return ClusterFacts(auth_config=None, role=None, role_names=(), policy=document)
    role = draw(edited(build_role(cluster).fields))
    foreign = draw(
        st.sampled_from(((), (), ("admins",), ("admins", "ci"), tuple(sorted(ODD_TEXTS))))
    )
    return ClusterFacts(
        auth_config=draw(edited(build_auth_config(cluster).fields)),
        role=role,
        role_names=(*((cluster.role,) if role is not None else ()), *foreign),
        policy=document,
    )


@st.composite
def targets(draw: st.DrawFn, *, min_clusters: int = 1) -> VaultTarget:
    count = draw(st.integers(min_clusters, 3))
    has_csr_path = draw(st.booleans())
    meshes = draw(st.sampled_from(((), (MESH,))))
    accounts = draw(st.sampled_from((("istiod",), ("istiod", "istiod-service-account"))))
    clusters = tuple(
        build_cluster(
            name,
            **{} if has_csr_path else {"intermediate_mount": None},
            meshes=meshes,
            accounts=build_accounts(*accounts),
            login_check=draw(LOGIN_CHECKS),
        )
        for name in ("cluster1", "cluster2", "c" * 63)[:count]
    )
    unnamed = draw(st.sampled_from((None, "pki/root/sign-intermediate")))
    root = draw(st.sampled_from((EXISTING_ROOT, GENERATED_ROOT, IMPORTED_ROOT)))
    taken = draw(st.sampled_from(({}, {}, {"auth/kube-cluster1-mesh-auth": "team/older"})))
    return build_target(*clusters, root=root, unnamed_ca_path=unnamed, taken=taken)


@dataclass(frozen=True)
class RootPart:
    """Everything in Vault that is of the root."""

    mount: MountFacts | None
    issuer: IssuerFacts | Unread | None
    others: tuple[IssuerFacts, ...] = ()


SOUND_ISSUER = IssuerFacts(
    issuer_id=ISSUER_ID,
    issuer_name="roottrust-g1",
    certificate=ROOT,
    has_key=True,
    key_id="key-1",
)
UNNAMED = replace(SOUND_ISSUER, issuer_name="")
OTHER_ISSUERS = (
    UNNAMED,
    replace(UNNAMED, has_key=False, key_id=""),
    replace(SOUND_ISSUER, issuer_name="mine"),
    replace(UNNAMED, issuer_id="other-1", certificate=OTHER_ROOT),
    replace(UNNAMED, issuer_id="other-2", certificate=None),
)
SECRET_ERRORS: tuple[RootTrustError, ...] = (
    DependencyMissingError("Secret x does not exist.", reason=Reason.SECRET_NOT_FOUND),
    InvalidSpecError("root-cert.pem cannot be used.", reason=Reason.INVALID_ROOT_SECRET),
    DENIED,
    BROKEN,
)


@st.composite
def root_parts(draw: st.DrawFn) -> RootPart:
    """A root: in two of three cases one that can be used, lest plans end with it."""
    if draw(st.sampled_from((True, True, False))):
        mount = MountFacts(type="pki", description=draw(mark_texts()), max_ttl_seconds=3650 * DAY)
        return RootPart(mount=mount, issuer=SOUND_ISSUER)
    found = draw(mounts("pki", days=3650))
    if found is None or found.type != "pki":
        return RootPart(mount=found, issuer=None)
    issuer = replace(
        SOUND_ISSUER,
        certificate=draw(CERTIFICATES),
        has_key=draw(st.sampled_from((True, True, True, False))),
        issuer_id=draw(st.sampled_from((ISSUER_ID, ISSUER_ID, *ODD_ISSUER_IDS))),
        issuer_name=draw(st.sampled_from(("", "roottrust-g1", *ODD_TEXTS))),
    )
    others = draw(st.lists(st.sampled_from(OTHER_ISSUERS), unique_by=_get_id, max_size=2))
    chosen = draw(st.just(issuer) | st.none() | st.none() | UNREAD)
    return RootPart(mount=found, issuer=chosen, others=tuple(others) if chosen is None else ())


def _get_id(issuer: IssuerFacts) -> str:
    return issuer.issuer_id


def root_secrets() -> st.SearchStrategy[ImportedRoot | Unread | None]:
    """What may be in the Secret: the root of Vault or another, sound or not; or nothing."""
    sound = st.sampled_from([build_imported(), build_imported()])
    odd = CERTIFICATES.map(lambda each: build_imported(each or OTHER_ROOT))
    unread = st.sampled_from([Unread(error=error) for error in SECRET_ERRORS])
    return sound | odd | unread | st.none()


@dataclass(frozen=True)
class ClusterPart:
    """Everything in Vault that is of one cluster alone."""

    facts: ClusterFacts | Unread
    auth_mount: MountFacts | None
    intermediate: MountFacts | None


@st.composite
def auth_mounts(draw: st.DrawFn, cluster: ClusterTarget) -> MountFacts | None:
    """An auth mount; one of the other method is the one that a policy was switched from."""
    types = ("kubernetes", "jwt", cluster.login_check.MOUNT_TYPE, cluster.login_check.MOUNT_TYPE)
    return draw(mounts(draw(st.sampled_from(types))))


@st.composite
def cluster_parts(draw: st.DrawFn, cluster: ClusterTarget, target: VaultTarget) -> ClusterPart:
    auth_mount = draw(auth_mounts(cluster))
    return ClusterPart(
        facts=draw(cluster_facts(cluster, target, auth_mount)),
        auth_mount=auth_mount,
        intermediate=draw(mounts("pki", days=365)),
    )


def put_part(facts: VaultFacts, cluster: ClusterTarget, part: ClusterPart) -> VaultFacts:
    """Return the facts with another part for one cluster."""
    auth = {name: each for name, each in facts.auth_mounts.items() if name != cluster.auth_mount}
    rest = {name: each for name, each in facts.mounts.items() if name != cluster.intermediate_mount}
    if part.auth_mount is not None:
        auth[cluster.auth_mount] = part.auth_mount
    if part.intermediate is not None and cluster.intermediate_mount is not None:
        rest[cluster.intermediate_mount] = part.intermediate
    return replace(
        facts,
        mounts=rest,
        auth_mounts=auth,
        clusters={**facts.clusters, cluster.cluster: part.facts},
    )


@st.composite
def claimants(draw: st.DrawFn, target: VaultTarget) -> Claimant:
    """The policy, which may know what it made and which others exist, and may adopt."""
    made = {target.root.mount}
    for cluster in target.clusters:
        made |= {f"auth/{cluster.auth_mount}", f"sys/policies/acl/{cluster.role}"}
    known = draw(st.sampled_from((frozenset(), frozenset(), frozenset(made))))
    others = draw(st.sampled_from((None, frozenset(), frozenset({OTHER_POLICY.policy.full_name}))))
    claimant = draw(st.sampled_from((CLAIMANT, ADOPTER)))
    return replace(claimant, created=known, existing=others)


@st.composite
def reviewer_tokens(draw: st.DrawFn, target: VaultTarget) -> dict[str, ReviewerToken]:
    """What status tells of the tokens in Vault: nothing, or one of any age and origin."""
    now = NOW + timedelta(days=1)
    tokens = [
        None,
        build_reviewer_token(now),
        build_reviewer_token(now - timedelta(hours=15)),
        build_reviewer_token(now - timedelta(hours=17)),
        build_reviewer_token(now + timedelta(days=1)),
        build_reviewer_token(now, account_uid="uid-gone"),
        build_reviewer_token(now, key_id="key-0"),
    ]
    found = {
        build_auth_config(each).path: draw(st.sampled_from(tokens)) for each in target.clusters
    }
    return {path: token for path, token in found.items() if token is not None}


@st.composite
def snapshots(draw: st.DrawFn, *, min_clusters: int = 1) -> Snapshot:
    """A policy, and any Vault that it may find."""
    target = draw(targets(min_clusters=min_clusters))
    root = draw(root_parts())
    facts = VaultFacts(
        mounts={} if root.mount is None else {target.root.mount: root.mount},
        auth_mounts={},
        root_issuer=root.issuer,
        clusters={},
        other_issuers=root.others,
        default_issuer=draw(st.sampled_from((None, "", ISSUER_ID, "other-1"))),
    )
    for cluster in target.clusters:
        facts = put_part(facts, cluster, draw(cluster_parts(cluster, target)))
    return Snapshot(
        claimant=draw(claimants(target)),
        target=target,
        facts=facts,
        known_root=draw(
            st.sampled_from(
                (None, None, ROOT.fingerprint, ROOT.fingerprint, OTHER_ROOT.fingerprint)
            )
        ),
        now=NOW + timedelta(days=1),
        root_secret=draw(root_secrets()) if target.root.secret else None,
        reviewer_tokens=draw(reviewer_tokens(target)),
    )
