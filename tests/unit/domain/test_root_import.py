"""Roots that are imported: once, named, and then without their Secret."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from roottrust.api.choices import ConditionStatus
from roottrust.domain.action import Action
from roottrust.domain.certificate import Certificate, parse_certificate
from roottrust.domain.errors import DependencyMissingError, InvalidSpecError, RootTrustError
from roottrust.domain.existing_root import RootPlan
from roottrust.domain.facts import IssuerFacts, MountFacts, Unread, VaultFacts
from roottrust.domain.fault import Fault
from roottrust.domain.reasons import Reason
from roottrust.domain.root_plan import plan_root
from roottrust.domain.vault_object import VaultKind
from tests.unit.domain.certificates import NOW, build_pem
from tests.unit.domain.samples import (
    ADOPTER,
    EMPTY_FACTS,
    IMPORTED_ROOT,
    ISSUER_ID,
    OTHER_POLICY,
    OTHER_ROOT,
    OURS,
    ROOT,
    ROOT_SECRET,
    build_facts,
    build_imported,
    build_issuer,
    build_mount,
    build_snapshot,
    build_target,
)
from tests.unit.domain.strategies import BROKEN, DENIED
from tests.unit.domain.vault_model import settle

TARGET = build_target(root=IMPORTED_ROOT)
OUR_MOUNT = build_mount(description=OURS.render())
NAMED = build_issuer(issuer_name="roottrust-g1")
UNNAMED = build_issuer()
NO_SECRET = DependencyMissingError(
    "Secret gloo-mesh/root-ca does not exist: create it.", reason=Reason.SECRET_NOT_FOUND
)
BAD_SECRET = InvalidSpecError("root-key.pem is damaged.", reason=Reason.INVALID_ROOT_SECRET)


def plan(facts: VaultFacts, **changes: Any) -> RootPlan:
    given = {"root_secret": build_imported(), **changes}
    return plan_root(build_snapshot(given.pop("target", TARGET), facts, **given))


def build(
    issuer: Any = None, *others: IssuerFacts, mount: MountFacts = OUR_MOUNT, default: str = ""
) -> VaultFacts:
    return build_facts(
        mounts={"pki": mount}, root_issuer=issuer, other_issuers=others, default_issuer=default
    )


def name(actions: tuple[Action, ...]) -> list[str]:
    return [str(action) for action in actions]


def get_fault(found: RootPlan) -> Fault:
    assert (found.usable, found.actions) == (None, ())
    assert found.fault is not None
    assert found.fault.message.endswith(".")
    return found.fault


def test_in_an_empty_vault_mount_and_root_come_first_then_names_then_clusters() -> None:
    start = build_snapshot(TARGET, EMPTY_FACTS, root_secret=build_imported())
    settled, (first, second, last) = settle(start, rounds=4)
    assert name(first.actions) == ["create pki", "create pki/issuer/roottrust-g1"]
    assert first.root.is_pending
    kinds = [action.wanted.kind for action in second.root.actions]
    assert kinds == [VaultKind.KEY_NAME, VaultKind.ISSUER_NAME]
    assert second.clusters["cluster1"].actions
    assert last.actions == ()
    assert isinstance(settled.facts.root_issuer, IssuerFacts)
    assert settled.facts.root_issuer.issuer_name == "roottrust-g1"


def test_the_key_is_in_the_write_and_in_nothing_that_shows_it() -> None:
    action = plan(EMPTY_FACTS).actions[-1]
    bundle = action.wanted.secrets["pem_bundle"]
    assert bundle == build_imported().bundle
    assert "PRIVATE KEY" not in f"{action!r} {action.wanted.fields} {action.wanted.extra}"


def test_a_root_that_was_imported_and_not_named_is_only_named() -> None:
    found = plan(build(None, UNNAMED))
    assert name(found.actions) == ["update pki/key/key-1", f"update pki/issuer/{ISSUER_ID}"]
    assert found.usable is not None
    assert found.usable.issuer_id == ISSUER_ID
    difference = found.actions[-1].differences[0]
    assert str(difference).endswith("issuer_name is empty, not roottrust-g1")


def test_a_root_in_use_that_lost_its_name_gets_it_again_without_the_secret() -> None:
    found = plan(
        build(None, UNNAMED), known_root=ROOT.fingerprint, root_secret=Unread(error=NO_SECRET)
    )
    assert [each.wanted.kind for each in found.actions][-1] is VaultKind.ISSUER_NAME


def test_a_root_that_came_without_its_key_gets_it() -> None:
    for issuer in (build(replace(NAMED, has_key=False)), build(None, replace(UNNAMED, has_key=0))):
        found = plan(issuer)
        assert [each.wanted.kind for each in found.actions] == [VaultKind.ROOT_IMPORT]
        assert found.is_pending


def test_a_root_without_its_key_asks_for_the_secret_that_is_gone() -> None:
    found = plan(build(replace(NAMED, has_key=False)), root_secret=Unread(error=NO_SECRET))
    assert found.fault is not None
    assert f"put the root and its key into Secret {ROOT_SECRET} again" in found.fault.message


def test_a_root_that_cannot_be_named_yet_is_not_told_as_managed() -> None:
    keyless = replace(UNNAMED, has_key=False)
    known = {"known_root": ROOT.fingerprint, "root_secret": Unread(error=NO_SECRET)}
    found = plan(build(None, keyless), **known)
    assert get_fault(found).reason is Reason.ROOT_NOT_USABLE
    assert [each.wanted.path for each in found.managed] == ["pki"]


def test_with_the_root_in_vault_the_secret_is_to_be_deleted() -> None:
    found = plan(build(NAMED))
    assert found.actions == ()
    assert found.usable is not None
    assert found.warnings == (
        "The root is in Vault: delete Secret gloo-mesh/root-ca, which still holds its key.",
    )


def test_without_the_secret_all_is_well_once_the_root_is_in_vault() -> None:
    found = plan(build(NAMED), root_secret=Unread(error=NO_SECRET))
    assert (found.actions, found.warnings, found.fault) == ((), (), None)
    assert [each.wanted.path for each in found.managed] == ["pki", "pki/issuer/roottrust-g1"]


@pytest.mark.parametrize(
    ("error", "words"),
    [(BAD_SECRET, "may still hold its key."), (DENIED, "cannot be told"), (BROKEN, "HTTP 500")],
)
def test_a_secret_that_cannot_be_judged_is_no_hindrance_any_more(
    error: RootTrustError, words: str
) -> None:
    found = plan(build(NAMED), root_secret=Unread(error=error))
    assert found.usable is not None
    (warning,) = found.warnings
    assert words in warning


@pytest.mark.parametrize("known", [None, ROOT.fingerprint])
def test_another_root_in_the_secret_is_never_exchanged_for_the_one_in_vault(
    known: str | None,
) -> None:
    found = plan(build(NAMED), known_root=known, root_secret=build_imported(OTHER_ROOT))
    assert found.actions == ()
    assert found.usable is not None
    assert found.usable.certificate == ROOT
    (warning,) = found.warnings
    assert f"holds another root ({OTHER_ROOT.fingerprint}) than the one in use" in warning
    assert f"({ROOT.fingerprint}), which is never exchanged" in warning


@pytest.mark.parametrize("facts", [EMPTY_FACTS, build()])
def test_a_root_in_use_that_is_gone_is_restored_from_its_own_secret_alone(
    facts: VaultFacts,
) -> None:
    same = plan(facts, known_root=ROOT.fingerprint)
    assert same.actions[-1].wanted.kind is VaultKind.ROOT_IMPORT
    other = plan(facts, known_root=ROOT.fingerprint, root_secret=build_imported(OTHER_ROOT))
    fault = get_fault(other)
    assert fault.reason == Reason.ROOT_NOT_FOUND
    assert f"replace-root={ROOT.fingerprint}" in fault.message


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NO_SECRET, ConditionStatus.UNKNOWN),
        (BAD_SECRET, ConditionStatus.FALSE),
        (DENIED, ConditionStatus.FALSE),
        (BROKEN, ConditionStatus.UNKNOWN),
    ],
)
def test_what_cannot_be_imported_says_why(error: RootTrustError, status: ConditionStatus) -> None:
    fault = get_fault(plan(EMPTY_FACTS, root_secret=Unread(error=error)))
    assert (fault.status, fault.reason, fault.message) == (status, error.reason, error.message)


def test_a_secret_that_was_not_looked_at_is_told() -> None:
    fault = get_fault(plan(EMPTY_FACTS, root_secret=None))
    assert (fault.status, fault.reason) == (ConditionStatus.UNKNOWN, Reason.SECRET_NOT_FOUND)


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        (replace(ROOT, is_ca=False), "not a CA's (no CA:TRUE; the openssl of macOS"),
        (replace(ROOT, is_self_signed=False, issuer="CN=Upper"), "an intermediate issued by"),
        (replace(ROOT, path_length=0), "forbids intermediates (path length 0"),
        (replace(ROOT, key_type="rsa-1024"), "rsa-1024"),
        (replace(ROOT, not_after=NOW - timedelta(days=1)), "expired"),
    ],
)
def test_a_root_that_cannot_serve_is_not_imported(certificate: Certificate, words: str) -> None:
    fault = get_fault(plan(EMPTY_FACTS, root_secret=build_imported(certificate)))
    assert (fault.status, fault.reason) == (ConditionStatus.FALSE, Reason.ROOT_NOT_USABLE)
    assert words in fault.message
    assert f"put another root into Secret {ROOT_SECRET}" in fault.message


def test_a_root_that_is_not_valid_yet_is_waited_for() -> None:
    early = replace(ROOT, not_before=NOW + timedelta(days=1))
    assert "wait" in get_fault(plan(EMPTY_FACTS, root_secret=build_imported(early))).message


def test_a_root_that_ends_too_soon_is_not_imported() -> None:
    late = replace(ROOT, not_after=NOW + timedelta(hours=30))
    fault = get_fault(plan(EMPTY_FACTS, root_secret=build_imported(late)))
    assert fault.reason == Reason.ROOT_EXPIRES_TOO_SOON


def test_the_guide_s_root_has_no_key_usage_and_is_used_with_a_warning() -> None:
    guide = parse_certificate(build_pem())
    start = build_snapshot(TARGET, EMPTY_FACTS, root_secret=build_imported(guide))
    _, plans = settle(start, rounds=4)
    assert plans[-1].root.usable is not None
    assert any("no key usage" in each for each in plans[-1].warnings)


def test_beside_another_root_none_is_imported() -> None:
    others = (build_issuer(issuer_id="x", certificate=None), build_issuer(certificate=OTHER_ROOT))
    fault = get_fault(plan(build(None, *others)))
    assert (fault.status, fault.reason) == (ConditionStatus.FALSE, Reason.ROOT_FOUND)
    assert OTHER_ROOT.fingerprint in fault.message
    assert "source: Existing, or name another mount" in fault.message
    unreadable = get_fault(plan(build(None, others[0])))
    assert "has a root already (x)" in unreadable.message


def test_a_root_that_somebody_named_is_left_its_name() -> None:
    fault = get_fault(plan(build(None, build_issuer(issuer_name="mine"))))
    assert fault.reason == Reason.ROOT_FOUND
    assert "caPath pki/issuer/mine/sign-intermediate" in fault.message


@pytest.mark.parametrize("others", [(), (UNNAMED,)])
def test_a_mount_that_is_nobody_s_is_neither_filled_nor_named(
    others: tuple[IssuerFacts, ...],
) -> None:
    facts = build(None, *others, mount=build_mount())
    assert get_fault(plan(facts)).reason == Reason.CONFLICT
    assert plan(facts, claimant=ADOPTER).actions


def test_the_root_of_another_policy_is_waited_for_there() -> None:
    facts = build(mount=build_mount(description=OTHER_POLICY.render()))
    fault = get_fault(plan(facts))
    assert fault.reason == Reason.ROOT_NOT_FOUND
    assert f"{OTHER_POLICY.describe_owner()} is to put the root there" in fault.message


def test_an_issuer_that_cannot_be_read_is_not_imported_again() -> None:
    assert get_fault(plan(build(Unread(error=BROKEN)))).reason == BROKEN.reason


def test_an_unreadable_certificate_is_told_without_a_word_on_the_secret() -> None:
    found = plan(build(replace(NAMED, certificate=None)))
    assert found.fault is not None
    assert found.warnings == ()


UNNAMED_PATH = build_target(root=IMPORTED_ROOT, unnamed_ca_path="pki/root/sign-intermediate")


def test_where_agents_name_no_issuer_ours_becomes_the_default_again() -> None:
    found = plan(build(NAMED, default="other"), target=UNNAMED_PATH)
    (action,) = found.actions
    assert (action.wanted.kind, dict(action.wanted.fields)) == (
        VaultKind.DEFAULT_ISSUER,
        {"default": ISSUER_ID},
    )
    assert plan(build(NAMED, default=ISSUER_ID), target=UNNAMED_PATH).actions == ()
    assert plan(build(NAMED, default="other")).actions == ()


def test_the_default_of_a_mount_that_is_nobody_s_is_warned_of() -> None:
    found = plan(build(NAMED, default="other", mount=build_mount()), target=UNNAMED_PATH)
    assert found.actions == ()
    assert any("Another issuer than roottrust-g1 is the default" in w for w in found.warnings)
