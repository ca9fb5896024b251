"""Two roots in one mount of a real Vault, worked on with the rights that deploy/ ships."""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from roottrust.api.choices import RootSource
from roottrust.domain.certificate import Certificate, parse_certificate
from roottrust.domain.errors import RootTrustError
from roottrust.domain.rotation.cross import can_cross_sign, check_cross
from roottrust.domain.rotation.next_root import NextRootPlan
from roottrust.domain.rotation.vault_target import RotationPhase
from roottrust.vault.client import VaultClient
from roottrust.vault.connection import VaultConnection
from roottrust.vault.login import TokenFileLogin
from testbed import Testbed, Vault
from tests.integration.go_verifier import GoVerifier
from tests.integration.hub.pki import make_request
from tests.integration.hub.rights import build_rights
from tests.integration.hub.root import Root, make_root
from tests.integration.two_roots import TwoRoots, read_file, read_secret
from tests.integration.vault_calls import build_ask, write

PREPARE, STAND = RotationPhase.PREPARE, RotationPhase.STAND
RETIRE, RETURN = RotationPhase.RETIRE, RotationPhase.RETURN
NEXT = "roottrust-g2"
COMMAND = re.compile(r"`(vault [^`]*)`")
# As openssl makes them: two attributes in one RDN, and not ASCII alone.
ODD_SUBJECT = "/C=DE/O=Größe+OU=Mesh/CN=Wurzel № 1"

Build = Callable[[RootSource], TwoRoots]


@pytest.fixture(scope="session")
def go(bed: Testbed, tmp_path_factory: pytest.TempPathFactory) -> GoVerifier:
    return GoVerifier.build(bed.provide_go(), tmp_path_factory.mktemp("go"))


@pytest.fixture
async def build(vault: Vault, tmp_path: Path) -> AsyncIterator[Build]:
    """A mount of the test's own, of any source, with the hub's least rights there."""
    admin = build_ask(vault, vault.root_token)
    mount = f"root-{uuid.uuid4().hex[:8]}"
    write(admin, f"sys/policies/acl/{mount}", {"policy": build_rights((mount,))})
    wanted = {"policies": [mount], "no_default_policy": True, "no_parent": True}
    token = tmp_path / "token"
    token.write_text(admin("POST", "auth/token/create", wanted).json()["auth"]["client_token"])
    connection = VaultConnection(
        address=vault.address,
        endpoint=vault.address,
        ca_pem=vault.ca_file.read_text(),
        timeout_seconds=30,
    )
    client = VaultClient.connect(connection=connection, login=TokenFileLogin(token))
    yield lambda source: TwoRoots(vault, admin, client, mount, source)
    await client.close()


def make_odd_root(folder: Path, *, subject: str = ODD_SUBJECT) -> Root:
    """A root of openssl's, whose subject no CSR of Vault's would keep."""
    return make_root(folder, subject=subject)


def get_certificate(plan: NextRootPlan) -> Certificate:
    assert plan.usable is not None, plan.fault
    return plan.usable.certificate


async def test_a_next_root_is_made_beside_the_one_in_use(build: Build, go: GoVerifier) -> None:
    roots = build(RootSource.GENERATE)
    used = await roots.settle()
    plan = await roots.rotate(PREPARE)
    made = get_certificate(plan)
    assert plan.is_done
    assert roots.read_issuer(NEXT)["issuer_id"] == plan.usable.issuer_id if plan.usable else ""
    assert made.subject == "CN=Istio root CA g2"
    assert made.life_days == 5000
    assert made.not_after > used.not_after
    assert roots.previous is not None
    assert roots.read_default() == roots.previous.issuer
    # Nothing is left to be done, and nothing is made twice.
    assert get_certificate(await roots.rotate(PREPARE)) == made
    assert get_certificate(await roots.rotate(STAND)) == made


async def test_who_knows_only_the_root_in_use_trusts_what_the_next_one_signs(
    build: Build, go: GoVerifier
) -> None:
    roots = build(RootSource.GENERATE)
    used = await roots.settle()
    made = get_certificate(await roots.rotate(PREPARE))
    assert can_cross_sign(used, made)
    cross = await roots.cross_sign(made.pem)
    assert check_cross(cross, used, made) is None
    intermediate = roots.sign(make_request().csr, issuer=NEXT)
    assert go.judge(intermediate, cross, roots=used.pem) == "ok"
    assert go.judge(intermediate, cross, roots=made.pem) == "ok"
    assert "unknown authority" in go.judge(intermediate, roots=used.pem)
    # What openssl and Envoy compare, too: neither server shortens the life of what it signs.
    found = parse_certificate(cross)
    assert (found.not_after, found.serial) == (made.not_after, made.serial)


async def test_a_root_of_openssl_with_an_odd_name_signs_one_that_vault_makes(
    build: Build, go: GoVerifier, tmp_path: Path
) -> None:
    roots = build(RootSource.EXISTING)
    made_by_hand = make_odd_root(tmp_path / "root")
    made_by_hand.import_into(roots.admin, roots.mount)
    used = await roots.settle()
    assert used == read_file(made_by_hand.certificate)
    roots = replace(roots, source=RootSource.GENERATE, adopts=True)
    made = get_certificate(await roots.rotate(PREPARE))
    cross = await roots.cross_sign(made.pem)
    assert check_cross(cross, used, made) is None
    intermediate = roots.sign(make_request().csr, issuer=NEXT)
    assert go.judge(intermediate, cross, roots=used.pem) == "ok"


async def test_the_bytes_of_an_odd_name_are_kept(
    build: Build, go: GoVerifier, tmp_path: Path
) -> None:
    roots = build(RootSource.GENERATE)
    used = await roots.settle()
    following = make_odd_root(tmp_path / "next")
    roots = replace(roots, source=RootSource.IMPORT, secret=read_secret(following))
    plan = await roots.rotate(PREPARE)
    made = get_certificate(plan)
    assert (made, plan.is_done) == (read_file(following.certificate), True)
    assert roots.read_issuer(NEXT)["key_id"]
    cross = await roots.cross_sign(made.pem)
    assert check_cross(cross, used, made) is None
    intermediate = roots.sign(make_request().csr, issuer=NEXT)
    assert go.judge(intermediate, cross, roots=used.pem) == "ok"


async def test_a_namesake_of_the_root_in_use_cannot_be_cross_signed(build: Build) -> None:
    roots = build(RootSource.GENERATE)
    used = await roots.settle()
    wanted = {"common_name": "Istio root CA", "issuer_name": NEXT, "ttl": "100000h"}
    write(roots.admin, f"{roots.mount}/root/generate/internal", wanted)
    namesake = parse_certificate(roots.read_issuer(NEXT)["certificate"])
    assert not can_cross_sign(used, namesake)
    assert "the same name" in str(check_cross(await roots.cross_sign(namesake.pem), used, namesake))


async def test_a_secret_that_still_holds_the_root_in_use_is_refused(
    build: Build, tmp_path: Path
) -> None:
    imported = read_secret(make_odd_root(tmp_path / "root"))
    roots = replace(build(RootSource.IMPORT), secret=imported)
    await roots.settle()
    plan = await roots.rotate(PREPARE)
    assert plan.fault is not None
    assert "holds the root in use" in plan.fault.message


async def test_an_administrator_adds_the_next_root_by_the_commands_that_are_told(
    build: Build, tmp_path: Path
) -> None:
    roots = build(RootSource.EXISTING)
    make_odd_root(tmp_path / "root").import_into(roots.admin, roots.mount)
    write(roots.admin, f"sys/mounts/{roots.mount}/tune", {"max_lease_ttl": "200000h"})
    await roots.settle()
    plan = await roots.rotate(PREPARE)
    assert plan.fault is not None
    generate, load, name = COMMAND.findall(plan.fault.message)
    assert load == f"vault write {roots.mount}/issuers/import/bundle pem_bundle=@FILE"
    roots.type(generate.replace("NAME", "Next"))
    assert get_certificate(await roots.rotate(PREPARE)).subject == "CN=Next"
    roots.type(f"vault patch {roots.mount}/issuer/{NEXT} issuer_name=other")
    other = roots.read_issuer("other")["issuer_id"]
    roots.type(name.replace("/ID ", f"/{other} "))
    assert (await roots.rotate(PREPARE)).is_done


async def test_a_retired_root_signs_nothing_and_is_no_default_any_more(build: Build) -> None:
    roots = build(RootSource.GENERATE)
    await roots.settle()
    made = get_certificate(await roots.rotate(PREPARE))
    retired = await roots.rotate(RETIRE)
    assert (retired.is_done, retired.warnings) == (True, ())
    assert retired.usable is not None
    assert roots.read_default() == retired.usable.issuer_id
    await check_cannot_sign(roots, "roottrust-g1")
    assert roots.sign(make_request().csr, issuer=NEXT)
    assert roots.read_issuer("roottrust-g1")["usage"] == "crl-signing,ocsp-signing,read-only"
    with pytest.raises(RootTrustError):
        await roots.cross_sign(made.pem)


async def check_cannot_sign(roots: TwoRoots, issuer: str) -> None:
    wanted = {"csr": make_request().csr, "common_name": "int"}
    path = f"{roots.mount}/issuer/{issuer}/sign-intermediate"
    answer = roots.admin("POST", path, wanted)
    assert not answer.ok
    assert "issuing-certificates" in answer.text


async def test_a_root_of_the_guide_without_a_key_usage_is_retired_as_well(
    build: Build, tmp_path: Path
) -> None:
    roots = replace(build(RootSource.IMPORT), secret=read_secret(make_odd_root(tmp_path / "root")))
    await roots.settle()
    roots = replace(roots, source=RootSource.GENERATE, secret=None)
    await roots.rotate(PREPARE)
    assert (await roots.rotate(RETIRE)).is_done
    await check_cannot_sign(roots, "roottrust-g1")


async def test_in_an_administrator_s_mount_what_is_told_retires_a_root(
    build: Build, tmp_path: Path
) -> None:
    roots = build(RootSource.EXISTING)
    make_odd_root(tmp_path / "root").import_into(roots.admin, roots.mount)
    await roots.settle()
    write(roots.admin, f"sys/mounts/{roots.mount}/tune", {"max_lease_ttl": "200000h"})
    wanted = {"common_name": "Next", "issuer_name": NEXT, "ttl": "150000h"}
    write(roots.admin, f"{roots.mount}/root/generate/internal", wanted)
    waiting = await roots.rotate(RETIRE)
    assert (waiting.actions, waiting.is_done, len(waiting.left)) == ((), False, 2)
    assert roots.previous is not None
    assert roots.read_default() == roots.previous.issuer
    for each in waiting.left:
        roots.type(*COMMAND.findall(each))
    done = await roots.rotate(RETIRE)
    assert (done.is_done, done.left, done.warnings) == (True, (), ())
    await check_cannot_sign(roots, roots.previous.issuer)
    assert roots.read_default() == roots.read_issuer(NEXT)["issuer_id"]


async def test_after_a_roll_back_the_next_root_signs_nothing(build: Build) -> None:
    roots = build(RootSource.GENERATE)
    await roots.settle()
    await roots.rotate(PREPARE)
    returned = await roots.rotate(RETURN)
    assert (returned.is_done, returned.warnings) == (True, ())
    await check_cannot_sign(roots, NEXT)
    assert roots.sign(make_request().csr, issuer="roottrust-g1")
    assert roots.previous is not None
    assert roots.read_default() == roots.previous.issuer


async def test_a_default_issuer_that_is_changed_by_hand_is_set_back_by_what_is_told(
    build: Build,
) -> None:
    roots = build(RootSource.GENERATE)
    await roots.settle()
    await roots.rotate(PREPARE)
    write(roots.admin, f"{roots.mount}/config/issuers", {"default": NEXT})
    changed = await roots.rotate(STAND)
    assert changed.default_fault is not None
    assert not changed.is_done
    roots.type(*COMMAND.findall(changed.default_fault.message))
    assert (await roots.rotate(STAND)).is_done


async def test_a_mount_that_makes_each_new_issuer_its_default_one_gets_no_next_root(
    build: Build,
) -> None:
    roots = build(RootSource.GENERATE)
    await roots.settle()
    follow = {"default": "roottrust-g1", "default_follows_latest_issuer": True}
    write(roots.admin, f"{roots.mount}/config/issuers", follow)
    refused = await roots.rotate(PREPARE)
    assert refused.default_fault is not None
    assert roots.admin("GET", f"{roots.mount}/issuer/{NEXT}").ok is False
    roots.type(*COMMAND.findall(refused.default_fault.message))
    assert (await roots.rotate(PREPARE)).is_done
    assert roots.previous is not None
    assert roots.read_default() == roots.previous.issuer


async def test_a_root_too_long_for_its_mount_is_let_live(build: Build) -> None:
    roots = build(RootSource.GENERATE)
    await roots.settle()
    made = get_certificate(await roots.rotate(PREPARE, ttl_days=7300))
    assert made.life_days == 7300
