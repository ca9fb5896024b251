"""What the demo says of the roots that Vault has."""

from __future__ import annotations

import pytest

from demo.errors import DemoError
from demo.fleet.issuers import Issuer, check_retired, read_issuer
from demo.root import make_root

_ALL = "crl-signing,issuing-certificates,ocsp-signing,read-only"
_OLD = Issuer(subject="CN=Old", is_default=False, may_sign=False)
_NEXT = Issuer(subject="CN=Next", is_default=True, may_sign=True)


@pytest.fixture(scope="module")
def certificate() -> str:
    return make_root()[1]


@pytest.mark.parametrize(
    ("usage", "default", "said"),
    [
        (_ALL, "1", "CN=Example Root CA, the default issuer, may sign"),
        (_ALL, "2", "CN=Example Root CA, may sign"),
        ("crl-signing,ocsp-signing,read-only", "2", "CN=Example Root CA, may sign nothing"),
    ],
)
def test_says_which_may_sign(certificate: str, usage: str, default: str, said: str) -> None:
    issuer = {"issuer_id": "1", "certificate": certificate, "usage": usage}
    assert read_issuer(issuer, default=default).line == said


def test_is_content_with_one_that_signs() -> None:
    check_retired([_NEXT, _OLD])


@pytest.mark.parametrize(
    "found",
    [
        [_NEXT],
        [_NEXT, Issuer(subject="CN=Old", is_default=False, may_sign=True)],
        [
            Issuer(subject="CN=Next", is_default=False, may_sign=True),
            Issuer(subject="CN=Old", is_default=True, may_sign=False),
        ],
    ],
)
def test_notices_a_root_that_is_not_retired(found: list[Issuer]) -> None:
    with pytest.raises(DemoError, match="may sign still"):
        check_retired(found)
