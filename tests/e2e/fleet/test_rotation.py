"""New intermediates over the whole fleet: nothing restarts, and nobody notices."""

from __future__ import annotations

from contextlib import ExitStack

from tests.e2e.fleet.fleet import Fleet
from tests.e2e.load import CERTIFICATE_SECONDS, connect_all_the_while

LOAD_SECONDS = 40.0


def test_intermediates_are_rotated_and_no_connection_between_clusters_fails(fleet: Fleet) -> None:
    east, west = fleet.both
    loads = []
    with ExitStack() as stack:
        for here, there in ((east, west), (west, east)):
            client, server = here.get_workload("client"), there.get_workload("server")
            load = connect_all_the_while(
                client, server, LOAD_SECONDS, certificate_seconds=CERTIFICATE_SECONDS
            )
            loads.append((stack.enter_context(load), server))
        pods = [each.list_pods() for each in fleet.both]
        serials = [each.istiod.read_served_serial() for each in fleet.both]
        done = fleet.run("rotate intermediate", fleet.policy.full_name)
        assert done.code == 0, done.err
        assert "every istiod of 2 meshes serves an intermediate of generation" in done.out
    for told, server in loads:
        told.assert_nobody_failed(server, LOAD_SECONDS)
        assert len(told.issuers) >= 2, "the load ended before the new intermediate came"
    assert [each.list_pods() for each in fleet.both] == pods
    for member, before in zip(fleet.both, serials, strict=True):
        assert member.istiod.read_served_serial() != before
    fleet.policy.wait_until_ready()
    for member in fleet.both:
        for name in ("client", "server"):
            member.get_workload(name).delete()
