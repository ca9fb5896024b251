"""A judgement on a whole run knows which tests make it whole."""

from __future__ import annotations

from types import ModuleType

import pytest

from tests.integration.audit.course import list_tests


def build_module(**content: object) -> ModuleType:
    module = ModuleType("test_module")
    vars(module).update(content)
    return module


def some() -> None:
    """Stand for a test."""


def test_tests_are_what_pytest_takes_for_tests() -> None:
    assert list_tests(build_module(test_a=some, helper=some, Test=some)) == {"test_a"}


def test_long_ones_are_no_part_of_it_neither_alone_nor_by_their_file() -> None:
    @pytest.mark.prove
    def long() -> None:
        """Stand for a long test."""

    assert list_tests(build_module(test_a=some, test_b=long)) == {"test_a"}
    for marks in (pytest.mark.prove, [pytest.mark.usefixtures("x"), pytest.mark.bench]):
        assert list_tests(build_module(test_a=some, pytestmark=marks)) == set()
