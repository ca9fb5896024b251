"""Who else is under a root: intermediates of nobody here, told by name before it is dropped."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from roottrust.api.rotation_status import UNSEEN_MAX
from roottrust.domain.certificate import parse_certificate
from roottrust.domain.names import build_intermediate_common_name
from roottrust.domain.rotation.unseen import (
    MountLook,
    SignedCa,
    SignedCertificate,
    find_ca,
    list_unseen,
    tell_unseen,
)
from tests.unit.domain.authorities import DAY, Authority, make_root, new_key
from tests.unit.domain.certificates import NOW

ROOT, NEXT = make_root("Root"), make_root("Next")
FOREIGN = "roottrust istiod CA elsewhere"
ENDS_AT = NOW + 30 * DAY


def find(pem: str, **changes: Any) -> SignedCa | None:
    signed = SignedCertificate(serial="0a:1b", pem=pem, **changes)
    root, following = parse_certificate(ROOT.pem), parse_certificate(NEXT.pem)
    return find_ca(signed, root=root, following=following)


def build_ca(common_name: str | None, **changes: Any) -> SignedCa:
    known = {"serial": "0a:1b", "subject": f"CN={common_name}", "not_after": ENDS_AT}
    return SignedCa(common_name=common_name, **{**known, **changes})


def tell(*cas: SignedCa, **look: Any) -> tuple[str, ...]:
    return tell_unseen(MountLook(mount="pki", cas=cas, **look), ["c1"], now=NOW)


def test_an_intermediate_under_the_root_is_known_by_its_name_and_end() -> None:
    found = find(ROOT.issue("stranger", end=ENDS_AT).pem)
    assert found == build_ca("stranger")


@pytest.mark.parametrize(
    "pem",
    [
        ROOT.pem,
        NEXT.pem,
        NEXT.issue("stranger").pem,
        ROOT.cross_sign(NEXT),
        ROOT.issue("workload", is_ca=False, path_length=None).pem,
        make_root("Root").issue("of a namesake").pem,
    ],
)
def test_what_does_not_depend_on_the_root_is_left_out(pem: str) -> None:
    assert find(pem) is None


def test_what_is_revoked_is_left_out() -> None:
    assert find(ROOT.issue("stranger").pem, is_revoked=True) is None


def test_another_root_that_this_one_has_signed_is_an_intermediate() -> None:
    assert find(ROOT.cross_sign(make_root("Another team's"))) is not None


@pytest.mark.parametrize("pem", ["", "nonsense", ROOT.pem + NEXT.pem])
def test_what_cannot_be_read_may_be_anybody_s(pem: str) -> None:
    found = find(pem)
    assert found == SignedCa(serial="0a:1b")
    (told,) = tell(found)
    assert "pki/ has signed an unreadable one (serial 0a:1b) under the previous root" in told


def test_of_several_common_names_none_is_a_cluster_s() -> None:
    name = build_intermediate_common_name("c1")
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, each) for each in (name, "stranger")]
    key = new_key()
    odd = Authority(ROOT.certify(key, x509.Name(attributes)), key)
    found = find(odd.pem)
    assert found is not None
    assert list_unseen([found], ["c1"], now=NOW) == (found,)


def test_the_organization_that_a_policy_asks_for_makes_nobody_a_stranger() -> None:
    common_name = build_intermediate_common_name("c1")
    names = [(NameOID.ORGANIZATION_NAME, "Example"), (NameOID.COMMON_NAME, common_name)]
    key = new_key()
    subject = x509.Name([x509.NameAttribute(*each) for each in names])
    found = find(Authority(ROOT.certify(key, subject), key).pem)
    assert found is not None
    assert list_unseen([found], ["c1"], now=NOW) == ()


def test_a_cluster_that_nobody_here_has_is_unseen_however_it_is_called() -> None:
    (told,) = tell(build_ca(FOREIGN), build_ca(build_intermediate_common_name("c1")))
    assert told == (
        "pki/ has signed CN=roottrust istiod CA elsewhere (serial 0a:1b, until "
        "2030-01-31T00:00:00Z) under the previous root, an intermediate that belongs to no policy "
        "here: who uses it must trust the next root first"
    )


def test_what_has_ended_holds_nothing_up() -> None:
    assert tell(build_ca(FOREIGN, not_after=NOW)) == ()
    assert tell(build_ca(FOREIGN, not_after=NOW + timedelta(seconds=1))) != ()


def test_of_many_those_are_named_that_live_longest() -> None:
    cas = [build_ca(f"s{day}", not_after=NOW + day * DAY) for day in range(1, 6)]
    (told,) = tell(*cas)
    names = [f"CN=s{day} " for day in (5, 4, 3)]
    assert [told.index(each) for each in names] == sorted(told.index(each) for each in names)
    assert "and 2 more under the previous root, intermediates that belong" in told
    assert "CN=s2" not in told


def test_what_was_not_looked_at_is_told() -> None:
    (told,) = tell(left=1)
    assert told == (
        "1 certificate of pki/ was not looked at, for there are too many: others may be under the "
        "previous root"
    )
    (told,) = tell(left=2)
    assert told.startswith("2 certificates of pki/ were not looked at")


def test_what_may_not_be_looked_at_is_told_with_the_remedy() -> None:
    (told,) = tell(trouble="Vault denied list on pki/certs: grant it.")
    assert told == (
        "nobody knows who else is under the previous root "
        "(Vault denied list on pki/certs: grant it)"
    )


CLUSTERS = st.sampled_from(["c1", "c2", "not a label", "x" * 63])
CAS = st.builds(
    SignedCa,
    serial=st.text("0123456789abcdef", min_size=1, max_size=8),
    subject=st.text(max_size=400),
    common_name=st.none()
    | st.text(max_size=80)
    | st.sampled_from(["c1", "c2", "x" * 63]).map(build_intermediate_common_name),
    not_after=st.none() | st.integers(-2, 2).map(lambda days: NOW + days * DAY),
)
LOOKS = st.builds(
    MountLook,
    mount=st.just("pki"),
    cas=st.lists(CAS, max_size=6).map(tuple),
    left=st.integers(0, 3),
    trouble=st.none() | st.text(max_size=600),
)


@given(look=LOOKS, clusters=st.lists(CLUSTERS, max_size=3))
def test_silence_means_that_all_was_seen_and_is_ours(look: MountLook, clusters: list[str]) -> None:
    told = tell_unseen(look, clusters, now=NOW)
    ours = {build_intermediate_common_name(each) for each in clusters if " " not in each}
    living = [each for each in look.cas if each.not_after is None or each.not_after > NOW]
    is_all = look.trouble is None and not look.left
    assert (told == ()) == (is_all and all(each.common_name in ours for each in living))
    assert len(told) <= UNSEEN_MAX
    assert all(len(each) < 1000 and "\n" not in each for each in told)


@given(look=LOOKS, clusters=st.lists(CLUSTERS, max_size=3), more=CLUSTERS)
def test_a_further_cluster_makes_nobody_unseen(
    look: MountLook, clusters: list[str], more: str
) -> None:
    before = list_unseen(look.cas, clusters, now=NOW)
    assert set(list_unseen(look.cas, [*clusters, more], now=NOW)) <= set(before)
