from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from pydantic import SecretStr

from roottrust.agent.folder_state import FolderState
from roottrust.agent.publication import CaFolder, Published
from roottrust.domain.ca_files import CERTIFICATE, KEY, NAMES, CaFiles
from roottrust.domain.errors import DependencyMissingError
from roottrust.domain.reasons import Reason
from tests.unit.agent.crash_server import build_files, publish

REPOSITORY = Path(__file__).parents[3]
AGENT_UID = 1337


def find_state(folder: Path) -> FolderState:
    return CaFolder(folder).inspect().state


def find_refusal(folder: Path) -> DependencyMissingError:
    """Publish where it must not be, and see that nothing was touched."""
    before = describe(folder)
    with pytest.raises(DependencyMissingError) as caught:
        publish(folder, "new")
    assert describe(folder) == before
    assert caught.value.message == CaFolder(folder).inspect().message
    assert caught.value.message.endswith(".")
    return caught.value


def describe(folder: Path) -> list[tuple[str, str]]:
    """Return everything in a folder with its kind and content."""

    def describe_one(path: Path) -> str:
        if path.is_symlink():
            return f"link to {path.readlink()}"
        return path.read_text() if path.is_file() else "folder"

    return [
        (str(path.relative_to(folder)), describe_one(path)) for path in sorted(folder.rglob("*"))
    ]


def test_what_was_published_is_read_and_found_by_istiod(tmp_path: Path) -> None:
    folder = CaFolder(tmp_path)
    assert folder.publish(build_files("one"), record="for generation 1")
    assert folder.read() == Published(files=build_files("one"), record="for generation 1")
    for name, text in build_files("one").list_contents():
        assert (tmp_path / name).read_text() == text


def test_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    publish(tmp_path, "one")
    modes = {name: stat.S_IMODE((tmp_path / name).stat().st_mode) for name in NAMES}
    assert modes.pop(KEY) == 0o600
    assert set(modes.values()) == {0o644}


def test_istiod_sees_one_change_in_the_folder_that_it_watches(tmp_path: Path) -> None:
    """Only the link to the data is exchanged; istiod's clock starts at its first event."""
    publish(tmp_path, "one")
    before = {each.name: each.lstat() for each in tmp_path.iterdir()}
    publish(tmp_path, "two")
    after = {each.name: each.lstat() for each in tmp_path.iterdir()}
    assert before.keys() == after.keys()
    changed = {name for name in before if before[name].st_ino != after[name].st_ino}
    assert changed == {"..data"}


def test_old_versions_and_their_keys_are_removed(tmp_path: Path) -> None:
    for mark in ("one", "two", "three"):
        publish(tmp_path, mark)
    assert len(list((tmp_path / "..store").iterdir())) == 1
    assert [text for _, text in describe(tmp_path) if "key two" in text] == []


def test_the_same_content_is_not_written_again(tmp_path: Path) -> None:
    folder = CaFolder(tmp_path)
    assert folder.publish(build_files("one"), record="a")
    link = (tmp_path / "..data").lstat()
    assert not folder.publish(build_files("one"), record="a")
    assert (tmp_path / "..data").lstat() == link
    assert folder.publish(build_files("one"), record="b")


def test_leftovers_of_a_kill_are_cleared_without_a_publication(tmp_path: Path) -> None:
    publish(tmp_path, "one")
    for name in ("0123", "next"):
        (tmp_path / "..store" / name).mkdir()
        (tmp_path / "..store" / name / KEY).write_text("key")
    CaFolder(tmp_path).clear_leftovers()
    assert find_state(tmp_path) is FolderState.OURS
    assert len(list((tmp_path / "..store").iterdir())) == 1


def test_nothing_of_an_empty_folder_is_read(tmp_path: Path) -> None:
    assert CaFolder(tmp_path).read() is None
    assert find_state(tmp_path) is FolderState.EMPTY
    CaFolder(tmp_path).clear_leftovers()
    assert describe(tmp_path) == []


def remove_a_file(folder: Path) -> None:
    (folder / "..data" / CERTIFICATE).unlink()


def remove_a_link(folder: Path) -> None:
    (folder / CERTIFICATE).unlink()


def remove_the_data(folder: Path) -> None:
    (folder / "..data").unlink()


def spoil_a_file(folder: Path) -> None:
    (folder / "..data" / CERTIFICATE).write_bytes(b"\xff\xfe")


@pytest.mark.parametrize("tear", [remove_a_file, remove_a_link, remove_the_data, spoil_a_file])
def test_torn_folder_is_told_and_repaired(tmp_path: Path, tear: Callable[[Path], None]) -> None:
    publish(tmp_path, "one")
    tear(tmp_path)
    assert CaFolder(tmp_path).read() is None
    assert find_state(tmp_path) is FolderState.TORN
    publish(tmp_path, "one")
    assert find_state(tmp_path) is FolderState.OURS


def test_secret_that_is_mounted_is_never_touched(tmp_path: Path) -> None:
    """As kubelet's AtomicWriter lays it out."""
    version = tmp_path / "..2026_11_25_10_00_00.123"
    version.mkdir()
    for name in NAMES:
        (version / name).write_text("of others")
        (tmp_path / name).symlink_to(f"..data/{name}")
    (tmp_path / "..data").symlink_to(version.name)
    error = find_refusal(tmp_path)
    assert error.reason is Reason.FOREIGN_CA_FOLDER
    assert "Secret or ConfigMap" in error.message
    assert "secret: null" in error.message
    assert CaFolder(tmp_path).read() is None


@pytest.mark.parametrize(
    "name", [*NAMES, "tls.crt", "tls.key", "ca.crt", "ca-crl.pem", "istio-generated"]
)
def test_file_of_others_that_istiod_would_use_is_never_touched(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("of others")
    error = find_refusal(tmp_path)
    assert error.reason is Reason.FOREIGN_CA_FOLDER
    assert name in error.message


def test_tls_secret_beside_ours_is_told(tmp_path: Path) -> None:
    publish(tmp_path, "one")
    (tmp_path / "tls.crt").write_text("of others")
    assert find_refusal(tmp_path).reason is Reason.FOREIGN_CA_FOLDER


def test_folder_in_place_of_our_link_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "..data").mkdir()
    assert find_refusal(tmp_path).reason is Reason.FOREIGN_CA_FOLDER


def test_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DependencyMissingError) as caught:
        publish(tmp_path / "absent", "one")
    assert caught.value.reason is Reason.CA_FOLDER_NOT_WRITABLE
    assert "emptyDir" in caught.value.message


def test_full_folder_keeps_what_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path, "one")
    before = describe(tmp_path)

    def fail(_descriptor: int, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", fail)
    with pytest.raises(DependencyMissingError) as caught:
        publish(tmp_path, "two")
    assert caught.value.reason is Reason.CA_FOLDER_NOT_WRITABLE
    assert "No space left on device" in caught.value.message
    assert describe(tmp_path) == before


def test_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:7]))
    publish(tmp_path, "one")
    published = CaFolder(tmp_path).read()
    assert published is not None
    assert published.files == build_files("one")


def test_reader_that_follows_the_links_all_the_time_never_sees_a_part(tmp_path: Path) -> None:
    publish(tmp_path, "v0")
    is_over = Event()
    trouble: list[str] = []
    seen: set[str] = set()

    def read() -> None:
        while not is_over.is_set():
            before = (tmp_path / "..data").readlink()
            try:
                texts = {name: (tmp_path / name).read_text() for name in NAMES}
            except FileNotFoundError:
                texts = {}
            if (tmp_path / "..data").readlink() != before:
                # istiod is told of this swap, and reads again.
                continue
            marks = {text.split()[1] for text in texts.values()}
            if len(texts) != len(NAMES) or len(marks) != 1:
                trouble.append(f"{sorted(texts)} of {sorted(marks)}")
            seen.update(marks)

    readers = [Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(1, 100):
        publish(tmp_path, f"v{number}")
    is_over.set()
    for reader in readers:
        reader.join()
    assert trouble == []
    assert len(seen) > 5


@pytest.fixture
def empty_dir() -> Iterator[Path]:
    """A folder as kubelet makes an emptyDir with fsGroup: root's, and the group may write."""
    with tempfile.TemporaryDirectory(dir="/tmp") as parent:
        Path(parent).chmod(0o755)
        folder = Path(parent) / "cacerts"
        folder.mkdir()
        os.chown(folder, 0, AGENT_UID)
        folder.chmod(0o2775)
        yield folder


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user for a while")
def test_user_of_istiod_publishes_into_an_empty_dir_of_its_group(empty_dir: Path) -> None:
    folder = CaFolder(empty_dir)
    for mark in ("one", "two"):
        _run_as_agent(f"publish(Path({str(empty_dir)!r}), {mark!r})")
    assert folder.inspect().state is FolderState.OURS
    key = (empty_dir / KEY).stat()
    assert (key.st_uid, key.st_gid, stat.S_IMODE(key.st_mode)) == (AGENT_UID, AGENT_UID, 0o600)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user for a while")
def test_folder_of_another_group_is_told(empty_dir: Path) -> None:
    empty_dir.chmod(0o755)
    told = _run_as_agent(f"print(CaFolder(Path({str(empty_dir)!r})).inspect().message)")
    assert "is not writable for user 1337" in told
    assert "fsGroup" in told


def _run_as_agent(statement: str) -> str:
    """Run a statement as istiod's user; what is not readable for it was imported before."""
    program = (
        "import os; from pathlib import Path; from tests.unit.agent.crash_server import publish;"
        "from roottrust.agent.publication import CaFolder;"
        f"os.setgroups([{AGENT_UID}]); os.setgid({AGENT_UID}); os.setuid({AGENT_UID}); {statement}"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, check=True, capture_output=True, text=True
    )
    return done.stdout


def test_nothing_secret_is_in_a_published_version_when_shown() -> None:
    files = CaFiles(certificate="c", key=SecretStr("hidden"), chain="c", trust_bundle="r")
    assert "hidden" not in repr(Published(files=files, record="x"))
