"""A known vulnerability that has a fix stops a change, unless somebody says why it need not."""

from __future__ import annotations

import contextlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from release.audit import judge, main, run_audit
from release.audit_exceptions import AuditException, read_exceptions
from release.errors import ReleaseError
from tests.unit.release.advisories import build_advisory, serve_advisories

TODAY = date(2026, 11, 26)
EXCEPTION = AuditException(
    id="CVE-2026-0001", package="click", reason="Not reached.", until=TODAY + timedelta(days=3)
)


def found(*vulnerabilities: dict[str, Any], statuses: tuple[object, ...] = ()) -> dict[str, Any]:
    return {
        "summary": {"audited_packages": 7},
        "vulnerabilities": list(vulnerabilities),
        "adverse_statuses": list(statuses),
    }


def vulnerability(*fixes: str, package: str = "click") -> dict[str, Any]:
    return {
        "dependency": {"name": package, "version": "8.0"},
        "id": "GHSA-x",
        "aliases": ["CVE-2026-0001"],
        "summary": "Bad",
        "fix_versions": list(fixes),
    }


LINE = "click 8.0: Bad (GHSA-x, CVE-2026-0001)"


def test_what_uv_finds_in_our_lock_file_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with serve_advisories(build_advisory("cryptography", fixed="9999.0")) as service:
        assert main(["--service-url", service]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("cryptography ")
    assert "GHSA-test-test-test, CVE-2026-0001); fixed in 9999.0\n" in captured.err
    assert captured.out == "1 to put right, see above\n"


def test_a_lock_file_without_known_vulnerabilities_passes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with serve_advisories() as service:
        assert main(["--service-url", service]) == 0
    assert "packages, none with a vulnerability that has a fix" in capsys.readouterr().out


@pytest.mark.parametrize("is_there", [True, False])
def test_a_service_that_does_not_answer_is_told_loudly_and_is_no_failure(
    is_there: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with contextlib.ExitStack() as stack:
        service = stack.enter_context(serve_advisories(status=503))
        if not is_there:
            stack.close()
        assert main(["--service-url", service]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("!!!!")
    assert "NOT AUDITED, the service cannot be reached" in printed


def test_what_uv_cannot_do_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--service-url", "no address"]) == 1
    assert "uv could not audit" in capsys.readouterr().err
    with pytest.raises(ReleaseError, match="uv could not audit"):
        run_audit("no address")


def test_one_without_a_fix_is_told_and_passes() -> None:
    audit = judge(found(vulnerability()), [], TODAY)
    assert (audit.wrong, audit.notes) == ((), (f"{LINE}; there is no fix yet",))


def test_one_with_a_fix_does_not_pass() -> None:
    audit = judge(found(vulnerability("8.1", "9.0")), [], TODAY)
    assert (audit.wrong, audit.notes) == ((f"{LINE}; fixed in 8.1, 9.0",), ())


@pytest.mark.parametrize("days", [0, 3])
def test_an_exception_holds_to_its_last_day(days: int) -> None:
    audit = judge(found(vulnerability("8.1")), [EXCEPTION], TODAY + timedelta(days=days))
    assert (audit.wrong, audit.notes) == ((), (f"{LINE}; until 2026-11-29: Not reached.",))


def test_an_exception_that_has_ended_is_none() -> None:
    audit = judge(found(vulnerability("8.1")), [EXCEPTION], TODAY + timedelta(days=4))
    ended = f"{LINE}; its exception in audit-exceptions.toml ended on 2026-11-29"
    assert audit.wrong == (ended,)


def test_an_exception_is_for_one_package_and_has_to_be_needed() -> None:
    audit = judge(found(vulnerability("8.1", package="kopf")), [EXCEPTION], TODAY)
    assert audit.wrong == (
        "kopf 8.0: Bad (GHSA-x, CVE-2026-0001); fixed in 8.1",
        "audit-exceptions.toml: CVE-2026-0001 of click is found no more",
    )


def test_what_the_index_warns_of_is_told() -> None:
    audit = judge(found(statuses=({"name": "click", "status": "archived"},)), [], TODAY)
    assert audit.notes == ('the index warns: {"name": "click", "status": "archived"}',)


def test_exceptions_are_read(tmp_path: Path) -> None:
    path = tmp_path / "audit-exceptions.toml"
    path.write_text(
        '[[exception]]\nid = "CVE-2026-0001"\npackage = "click"\n'
        'reason = "Not reached."\nuntil = 2026-11-29\n'
    )
    assert read_exceptions(TODAY, path) == [EXCEPTION]


@pytest.mark.parametrize(
    "text",
    [
        "exceptions = []",
        '[[exception]]\nid = "x"\npackage = "y"\nreason = ""\nuntil = 2026-11-29',
        '[[exception]]\nid = "x"\npackage = "y"\nuntil = 2026-11-29',
        '[[exception]]\nid = "x"\npackage = "y"\nreason = "z"\nuntil = 2027-11-29',
        '[[exception]]\nid = "x"\npackage = "y"\nreason = "z"\nuntil = "soon"',
        '[[exception]]\nid = "x"\npackage = "y"\nreason = "z"\nuntil = 2026-11-29\nmore = 1',
    ],
)
def test_an_exception_without_a_reason_or_an_end_in_sight_is_refused(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "audit-exceptions.toml"
    path.write_text(text)
    with pytest.raises(ReleaseError, match=r"audit-exceptions\.toml"):
        read_exceptions(TODAY, path)


def test_our_own_can_be_read() -> None:
    read_exceptions(TODAY)
