"""Looking through a mount: each certificate is read once, those of strangers from time to time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from roottrust.domain.certificate import parse_certificate
from roottrust.domain.errors import RootTrustError
from roottrust.domain.names import build_intermediate_common_name
from roottrust.domain.rotation.unseen import MountLook, SignedCertificate
from roottrust.hub.kinds import POLICIES
from roottrust.hub.unseen_dependants import LOOK_AGAIN, AskedMount, UnseenDependants
from roottrust.runtime.store import ObjectKey
from tests.unit.domain.authorities import make_root
from tests.unit.domain.certificates import NOW
from tests.unit.domain.strategies import DENIED
from tests.unit.hub.fakes import fake

POLICY = ObjectKey(kind=POLICIES, namespace="gloo-mesh", name="mine")
ROOT, NEXT = make_root("Root"), make_root("Next")
OURS = build_intermediate_common_name("c1")


@dataclass
class Mount:
    """The certificates of a mount, and what is asked for."""

    pems: dict[str, str] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    failures: dict[str, RootTrustError] = field(default_factory=dict)
    listed: int = 0
    reads: list[str] = field(default_factory=list)

    async def list_serials(self, _: str) -> tuple[str, ...]:
        self.listed += 1
        self._check("list")
        return tuple(self.pems)

    async def read_signed(self, _: str, serial: str) -> SignedCertificate | None:
        self.reads.append(serial)
        self._check(serial)
        if serial not in self.pems:
            return None
        is_revoked = serial in self.revoked
        return SignedCertificate(serial=serial, pem=self.pems[serial], is_revoked=is_revoked)

    def _check(self, what: str) -> None:
        if what in self.failures:
            raise self.failures[what]


@dataclass
class Looking:
    """One who looks through the mount as time goes by."""

    mount: Mount
    now: datetime = NOW
    read_max: int = 2000

    def __post_init__(self) -> None:
        self.dependants = UnseenDependants(now=lambda: self.now, read_max=self.read_max)

    async def look(self, *, name: str = "pki", after: timedelta = timedelta(0)) -> MountLook:
        self.now += after
        self.mount.reads.clear()
        root, following = parse_certificate(ROOT.pem), parse_certificate(NEXT.pem)
        asked = AskedMount(server=fake(self.mount), mount=name, root=root, following=following)
        return await self.dependants.look(POLICY, asked, {"c1"})


@pytest.fixture
def mount() -> Mount:
    leaf = ROOT.issue("workload", is_ca=False, path_length=None)
    stranger = ROOT.issue("stranger")
    return Mount(
        pems={"01": ROOT.pem, "02": leaf.pem, "03": ROOT.issue(OURS).pem, "04": stranger.pem}
    )


@pytest.fixture
def looking(mount: Mount) -> Looking:
    return Looking(mount)


def list_serials(look: MountLook) -> list[str]:
    return [each.serial for each in look.cas]


async def test_all_are_read_once_and_not_asked_for_again_soon(looking: Looking) -> None:
    found = await looking.look()
    assert (list_serials(found), found.left, found.trouble) == (["03", "04"], 0, None)
    assert sorted(looking.mount.reads) == ["01", "02", "03", "04"]
    assert await looking.look(after=LOOK_AGAIN / 2) == found
    assert (looking.mount.listed, looking.mount.reads) == (1, [])


async def test_later_what_is_new_is_read_and_what_strangers_have(looking: Looking) -> None:
    await looking.look()
    looking.mount.pems["05"] = ROOT.issue("another").pem
    found = await looking.look(after=LOOK_AGAIN)
    assert sorted(looking.mount.reads) == ["04", "05"]
    assert list_serials(found) == ["03", "04", "05"]


async def test_a_stranger_who_is_revoked_or_tidied_up_is_none_any_more(looking: Looking) -> None:
    await looking.look()
    looking.mount.revoked.add("04")
    assert list_serials(await looking.look(after=LOOK_AGAIN)) == ["03"]
    del looking.mount.pems["03"]
    assert list_serials(await looking.look(after=LOOK_AGAIN)) == []


async def test_one_that_is_gone_between_list_and_read_is_nobody(looking: Looking) -> None:
    looking.mount.read_signed = lambda *_: _find_nothing()  # type: ignore[method-assign]
    found = await looking.look()
    assert (found.cas, found.trouble) == ((), None)


async def _find_nothing() -> None:
    return None


async def test_more_than_the_bound_are_told_and_not_read(mount: Mount) -> None:
    looking = Looking(mount, read_max=3)
    found = await looking.look()
    assert (list_serials(found), found.left) == (["03"], 1)
    assert len(mount.reads) == 3
    assert (await looking.look(after=LOOK_AGAIN)).left == 1
    assert mount.reads == []


@pytest.mark.parametrize("what", ["list", "04"])
async def test_what_is_refused_is_told_and_asked_for_the_next_time(
    looking: Looking, what: str
) -> None:
    looking.mount.failures[what] = DENIED
    assert (await looking.look()).trouble == DENIED.message
    looking.mount.failures.clear()
    found = await looking.look()
    assert (list_serials(found), found.trouble) == (["03", "04"], None)
    assert "04" in looking.mount.reads


async def test_strangers_that_are_known_are_told_beside_a_failure(looking: Looking) -> None:
    await looking.look()
    looking.mount.failures["04"] = DENIED
    found = await looking.look(after=LOOK_AGAIN)
    assert (list_serials(found), found.trouble) == (["03", "04"], DENIED.message)


async def test_another_mount_and_a_forgotten_policy_are_looked_at_anew(looking: Looking) -> None:
    await looking.look()
    await looking.look(name="pki2")
    assert len(looking.mount.reads) == 4
    looking.dependants.forget(POLICY)
    await looking.look(name="pki2")
    assert len(looking.mount.reads) == 4
