from __future__ import annotations

from tests.unit.bench.measurements import build_counts


def test_reads_are_told_apart_by_whom_they_are_for() -> None:
    counts = build_counts(
        reads_of_mounts=2, reads_of_root=1, reads_of_policies=20, lists_of_roles=10, writes=7
    )
    assert counts.vault_reads_of_sweep == 2
    assert counts.vault_reads_of_roots == 1
    assert counts.vault_reads_of_clusters == 30
    assert (counts.vault_requests, counts.vault_writes) == (40, 7)


def test_a_login_is_a_request_but_no_write() -> None:
    counts = build_counts(writes=6, logins=1)
    assert (counts.vault_requests, counts.vault_writes) == (6, 5)


def test_statuses_and_events_are_both_writes_to_kubernetes() -> None:
    assert build_counts(statuses=10, events=5).kubernetes_writes == 15


def test_what_was_counted_before_does_not_count() -> None:
    since = build_counts(writes=9, statuses=3) - build_counts(writes=4)
    assert (since.vault_writes, since.kubernetes_writes) == (5, 3)
