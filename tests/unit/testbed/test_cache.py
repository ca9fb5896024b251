"""The cache keeps what is complete and builds again what is not."""

from pathlib import Path

import pytest

from testbed.cache import Cache, default_folder


class Builder:
    """Counts how often it builds."""

    def __init__(self, content: str = "binary") -> None:
        self.content = content
        self.runs = 0

    def __call__(self, folder: Path) -> None:
        self.runs += 1
        (folder / "product").write_text(self.content)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def test_a_part_is_built_once(cache: Cache) -> None:
    build = Builder()
    entry = cache.entry("etcd", "3.6.5", "recipe")
    assert not cache.is_complete(entry)
    for _ in range(2):
        assert cache.provide(entry, ["product"], build) == entry
    assert build.runs == 1
    assert (entry / "product").read_text() == "binary"


def test_a_failed_build_leaves_nothing(cache: Cache) -> None:
    entry = cache.entry("etcd", "3.6.5", "recipe")

    def fail(folder: Path) -> None:
        (folder / "product").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.provide(entry, ["product"], fail)
    assert [path.name for path in cache.folder.iterdir() if path.is_dir()] == []


def test_what_a_killed_build_left_is_built_again(cache: Cache) -> None:
    entry = cache.entry("etcd", "3.6.5", "recipe")
    partial = entry.with_name(f"{entry.name}.partial")
    partial.mkdir(parents=True)
    (partial / "source").write_text("half")
    build = Builder()
    cache.provide(entry, ["product"], build)
    assert build.runs == 1
    assert not partial.exists()
    assert not (entry / "source").exists()


@pytest.mark.parametrize("damage", ["stamp", "product", "truncated"])
def test_a_damaged_entry_is_built_again(cache: Cache, damage: str) -> None:
    entry = cache.entry("etcd", "3.6.5", "recipe")
    build = Builder()
    cache.provide(entry, ["product"], build)
    if damage == "truncated":
        (entry / "product").write_text("bin")
    else:
        (entry / {"stamp": "complete.json", "product": "product"}[damage]).unlink()
    assert not cache.is_complete(entry)
    cache.provide(entry, ["product"], build)
    assert build.runs == 2
    assert cache.is_complete(entry)


def test_a_build_without_its_product_is_not_complete(cache: Cache) -> None:
    entry = cache.entry("etcd", "3.6.5", "recipe")
    with pytest.raises(FileNotFoundError):
        cache.provide(entry, ["another"], Builder())
    assert not entry.exists()


def test_version_and_recipe_tell_entries_apart(cache: Cache) -> None:
    entries = {
        cache.entry(name, version, recipe)
        for name in ("a", "b")
        for version in ("1", "2")
        for recipe in ("x", "y")
    }
    assert len(entries) == 8


def test_the_folder_follows_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "testbed"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert default_folder() == Path("/home/somebody/.cache/testbed")
