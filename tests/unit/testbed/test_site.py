"""What the state folder tells, also after a run that was killed."""

import io
from pathlib import Path

import pytest

from testbed import TestbedError, network, record
from testbed.address import AddressRange
from testbed.bed import Testbed, _check_name
from testbed.progress import Progress
from testbed.site import Site


def write_cluster(site: Site, name: str, *, index: int, complete: bool) -> None:
    content = {"index": index, "nodes": True, "kubectl": "/kubectl", "complete": complete}
    record.write(site.cluster_folder(name) / "cluster.json", content)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "state", AddressRange(77), Progress(io.StringIO()))


def test_an_empty_folder_has_nothing(site: Site) -> None:
    assert site.names() == []
    assert site.clusters() == {}
    assert site.vaults() == {}


def test_what_was_hardly_begun_is_found(site: Site) -> None:
    write_cluster(site, "c1", index=1, complete=True)
    write_cluster(site, "c2", index=2, complete=False)
    site.cluster_folder("c3").mkdir()
    site.vault_folder("openbao").mkdir(parents=True)
    assert list(site.clusters()) == ["c1", "c2"]
    assert site.names() == ["c1", "c2", "c3", "openbao"]
    assert site.unfinished() == ["c2", "c3", "openbao"]


def test_a_cluster_tells_where_it_is(site: Site) -> None:
    write_cluster(site, "c1", index=4, complete=True)
    cluster = site.clusters()["c1"]
    assert cluster.server == "https://10.77.4.2:6443"
    assert cluster.namespace == "tb77-c1"
    assert cluster.health() == "etcd does not run"


def test_the_lock_is_held_by_one(site: Site) -> None:
    with site.lock():
        assert (site.folder / "lock").exists()
        assert site.folder.stat().st_mode & 0o777 == 0o700


def test_forwarding_is_remembered_as_it_was_before_any_testbed(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Another testbed has turned it on; the last one that goes has to turn it off."""
    monkeypatch.setattr(network, "ensure_host", lambda *_, **__: None)
    monkeypatch.setattr(network, "forwarding", lambda: "1")
    monkeypatch.setattr(network, "other_owners", lambda _: [tmp_path / "gone", tmp_path / "other"])
    record.write(tmp_path / "other/host.json", {"forwarding": "0"})
    site.open_host()
    assert record.read(site.folder / "host.json") == {"forwarding": "0"}


def test_an_unknown_cluster_is_named_with_the_known_ones(tmp_path: Path) -> None:
    bed = Testbed(tmp_path, network=77, progress=Progress(io.StringIO()))
    with pytest.raises(TestbedError, match="There is no cluster c1; up are: none"):
        bed.cluster("c1")
    with pytest.raises(TestbedError, match="no Vault up"):
        _ = bed.vault


@pytest.mark.parametrize("name", ["", "C1", "1c", "c_1", "c1-", "x" * 21, "openbao", "../c1"])
def test_names_that_cannot_be_are_refused(name: str) -> None:
    with pytest.raises(TestbedError, match="cannot name a cluster"):
        _check_name(name)


@pytest.mark.parametrize("name", ["c", "c1", "east-1", "x" * 20])
def test_good_names_pass(name: str) -> None:
    _check_name(name)


def test_the_environment_chooses_folder_and_range(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TESTBED_STATE", str(tmp_path / "other"))
    monkeypatch.setenv("TESTBED_RANGE", "90")
    bed = Testbed(progress=Progress(io.StringIO()))
    write_cluster(bed._site, "c1", index=1, complete=True)
    assert bed.cluster("c1").server == "https://10.90.1.2:6443"
    monkeypatch.setenv("TESTBED_RANGE", "x")
    with pytest.raises(TestbedError, match="TESTBED_RANGE is a number"):
        Testbed()
