"""A real istiod takes what the agent publishes, and the probe tells what it serves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from roottrust.agent.istiod_probe import ProbeResult, Serving, probe_istiod
from roottrust.agent.publication import CaFolder
from roottrust.api.choices import KeyType
from roottrust.domain.ca_check import check_files
from roottrust.domain.ca_files import CaFiles
from testbed import Cluster, Vault
from tests.integration.agent.client_of_istiod import knows_client
from tests.integration.agent.istiod import RELOADED, Istiod
from tests.integration.agent.vault_root import COMMON_NAME, VaultRoot, make_root
from tests.integration.hub.waiting import wait_for
from tests.integration.vault_calls import build_ask
from tests.unit.domain.authorities import make_root as make_local_root


@pytest.fixture(scope="module")
def root(vault: Vault) -> Iterator[VaultRoot]:
    with make_root(build_ask(vault, vault.root_token), "Root A") as root:
        yield root


@pytest.fixture(scope="module")
def next_root(vault: Vault) -> Iterator[VaultRoot]:
    with make_root(build_ask(vault, vault.root_token), "Root B") as root:
        yield root


@pytest.fixture
def istiod(
    pilot_discovery: Path, cluster: Cluster, namespace: str, tmp_path: Path, log_folder: Path
) -> Iterator[Istiod]:
    folder = tmp_path / "cacerts"
    folder.mkdir()
    log = log_folder / f"{namespace}-istiod.log"
    istiod = Istiod(pilot_discovery, cluster, namespace, folder, log)
    yield istiod
    istiod.stop()


def publish(istiod: Istiod, files: CaFiles) -> CaFiles:
    """Publish as the agent does: nothing that the check objects to."""
    found = check_files(files, now=datetime.now(UTC), common_name=COMMON_NAME)
    assert found.found == ()
    assert CaFolder(istiod.ca_folder).publish(files)
    return files


def probe(istiod: Istiod, files: CaFiles, *, name: str | None = None) -> ProbeResult:
    return probe_istiod(
        istiod.host,
        istiod.port,
        name=name or istiod.name,
        chain=files.chain,
        trust_bundle=files.trust_bundle,
        timeout_seconds=5,
    )


def find_serving(istiod: Istiod, files: CaFiles) -> Serving:
    return probe(istiod, files).serving


def wait_until_served(istiod: Istiod, files: CaFiles) -> None:
    wait_for(lambda: find_serving(istiod, files), lambda seen: seen is Serving.THIS, every=0.05)


@pytest.mark.parametrize("by_vault", [False, True], ids=["key-in-pod", "key-by-vault"])
@pytest.mark.parametrize("key_type", [KeyType.ECDSA_P256, KeyType.ECDSA_P384, KeyType.RSA_2048])
def test_istiod_starts_with_it_and_takes_the_next_one_without_a_restart(
    istiod: Istiod, root: VaultRoot, key_type: KeyType, by_vault: bool
) -> None:
    first = publish(istiod, root.issue(key_type, by_vault=by_vault))
    assert find_serving(istiod, first) is Serving.NOTHING
    istiod.start()
    istiod.wait_until_ready()
    assert "Use local CA certificate" in istiod.read_log()
    assert find_serving(istiod, first) is Serving.THIS
    assert wait_for(istiod.read_published_root, bool) == root.pem

    pid = istiod.pid
    second = publish(istiod, root.issue(key_type, by_vault=by_vault))
    wait_until_served(istiod, second)
    assert find_serving(istiod, first) is Serving.OLDER
    assert istiod.is_running
    assert istiod.pid == pid
    assert istiod.read_log().count(RELOADED) == 1
    assert istiod.read_published_root() == root.pem


def test_intermediate_that_was_not_taken_yet_is_told_from_the_one_that_is_served(
    istiod: Istiod, root: VaultRoot
) -> None:
    publish(istiod, root.issue())
    istiod.start()
    istiod.wait_until_ready()
    seen = probe(istiod, root.issue())
    assert seen.serving is Serving.OLDER
    assert "has not taken the last publication" in seen.message


def test_istiod_without_files_has_made_a_ca_for_itself(istiod: Istiod, root: VaultRoot) -> None:
    istiod.start()
    istiod.wait_until_ready()
    seen = probe(istiod, root.issue())
    assert seen.serving is Serving.SELF_SIGNED
    assert "O=cluster.local" in seen.message
    assert "istio-ca-secret" in seen.message
    # Files that come later are never taken.
    late = publish(istiod, root.issue())
    assert find_serving(istiod, late) is Serving.SELF_SIGNED


def test_serving_certificate_of_a_secret_overrides_ours(
    istiod: Istiod, root: VaultRoot, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    ca = make_local_root("istio-csr", begin=now, end=now + timedelta(days=1))
    leaf = ca.issue(istiod.name, is_ca=False, path_length=None, begin=now, end=now + timedelta(1))
    files = {"ca": ca.pem, "tls": leaf.pem, "key": leaf.key_pem}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    issued = publish(istiod, root.issue())
    istiod.start(
        f"--caCertFile={tmp_path}/ca",
        f"--tlsCertFile={tmp_path}/tls",
        f"--tlsKeyFile={tmp_path}/key",
    )
    istiod.wait_until_ready()
    seen = probe(istiod, issued)
    assert seen.serving is Serving.FOREIGN
    assert "CN=istio-csr" in seen.message
    assert "istiod-tls" in seen.message


def test_another_name_than_istiods_is_told(istiod: Istiod, root: VaultRoot) -> None:
    files = publish(istiod, root.issue())
    istiod.start()
    istiod.wait_until_ready()
    seen = probe(istiod, files, name="istiod.elsewhere.svc")
    assert seen.serving is Serving.UNUSABLE
    assert "istiod.elsewhere.svc" in seen.message


@pytest.mark.parametrize("pinned", ["A", "AB"])
def test_cross_certificate_serves_peers_of_either_root(
    istiod: Istiod, root: VaultRoot, next_root: VaultRoot, pinned: str
) -> None:
    """The new root signs already, and peers that know only the old one are served too."""
    bundle = root.pem + (next_root.pem if pinned == "AB" else "")
    crossed = root.cross_sign(next_root)
    files = publish(istiod, next_root.issue(trust_bundle=bundle, cross_certificates=crossed))
    istiod.start()
    istiod.wait_until_ready()
    assert find_serving(istiod, files) is Serving.THIS
    assert wait_for(istiod.read_published_root, bool) == bundle


def test_chain_without_the_cross_certificate_is_told_from_the_one_with_it(
    istiod: Istiod, root: VaultRoot, next_root: VaultRoot
) -> None:
    """Peers that know only the old root would be cut off."""
    bundle = root.pem + next_root.pem
    without = publish(istiod, next_root.issue(trust_bundle=bundle))
    istiod.start()
    istiod.wait_until_ready()
    assert find_serving(istiod, without) is Serving.THIS
    crossed = root.cross_sign(next_root)
    wanted = next_root.issue(trust_bundle=bundle, cross_certificates=crossed)
    seen = probe(istiod, wanted)
    assert seen.serving is Serving.OLDER
    assert "does not lead to 'CN=Root A'" in seen.message
    publish(istiod, wanted)
    wait_until_served(istiod, wanted)


def test_root_that_istiod_did_not_take_is_told(
    istiod: Istiod, root: VaultRoot, next_root: VaultRoot
) -> None:
    """Without ISTIO_MULTIROOT_MESH istiod drops all of an update with another root."""
    publish(istiod, root.issue())
    istiod.start()
    istiod.wait_until_ready()
    wanted = publish(istiod, next_root.issue())
    wait_for(istiod.read_log, lambda log: "updating new ROOT-CA not supported" in log, every=0.05)
    seen = probe(istiod, wanted)
    assert seen.serving is Serving.OLDER
    assert "ISTIO_MULTIROOT_MESH=true" in seen.message


def test_an_istiod_knows_clients_by_the_roots_that_it_has_started_with(
    istiod: Istiod, root: VaultRoot, next_root: VaultRoot, tmp_path: Path
) -> None:
    """So one that ran through a rotation of the root is restarted at its end."""
    clients = {"old": root.issue(), "new": next_root.issue()}

    def find_known() -> set[str]:
        return {name for name, files in clients.items() if knows_client(istiod, files, tmp_path)}

    publish(istiod, root.issue())
    istiod.start(ISTIO_MULTIROOT_MESH="true")
    istiod.wait_until_ready()
    assert find_known() == {"old"}
    for bundle in (root.pem + next_root.pem, next_root.pem):
        files = publish(istiod, next_root.issue(trust_bundle=bundle))
        wait_until_served(istiod, files)
    assert wait_for(istiod.read_published_root, next_root.pem.__eq__)
    assert find_known() == {"old"}

    istiod.stop()
    istiod.start(ISTIO_MULTIROOT_MESH="true")
    istiod.wait_until_ready()
    assert find_known() == {"new"}
