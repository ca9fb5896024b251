"""Records are whole or absent, and private."""

from pathlib import Path

from testbed import record


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "clusters/c1/cluster.json"
    record.write(path, {"index": 1})
    assert record.read(path) == {"index": 1}
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["cluster.json"]


def test_a_record_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    record.write(path, {"long": "x" * 100})
    record.write(path, {})
    assert record.read(path) == {}


def test_half_a_record_counts_as_none(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"index": ')
    assert record.read(path) is None
    path.write_text("[]")
    assert record.read(path) is None
    assert record.read(tmp_path / "absent.json") is None
