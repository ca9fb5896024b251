"""Workloads of one cluster that may be restarted, and never rest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.e2e.deployment import Deployment
from tests.e2e.fleet.member import Member


@dataclass(frozen=True, kw_only=True)
class Shop:
    """A gateway and two workloads, each with two replicas: both others call reviews."""

    gateway: Deployment
    productpage: Deployment
    reviews: Deployment

    @property
    def all(self) -> tuple[Deployment, ...]:
        return self.reviews, self.productpage, self.gateway


@contextmanager
def open_shop(member: Member) -> Iterator[Shop]:
    """Have one in a cluster meanwhile."""

    def build(name: str, *command: str, port: int = 8080, is_gateway: bool = False) -> Deployment:
        pod = member.get_workload(name)
        return Deployment(pod=pod, command=command, port=port, is_gateway=is_gateway)

    shop = Shop(
        reviews=build("reviews", "server", port=8443),
        productpage=build("productpage", "relay", "reviews"),
        gateway=build("gateway", "relay", "reviews", is_gateway=True),
    )
    for each in shop.all:
        each.apply()
    for each in shop.all:
        each.wait_until_ready()
    try:
        yield shop
    finally:
        for each in shop.all:
            each.delete()
