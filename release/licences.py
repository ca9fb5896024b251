"""Which licences the parts that we ship may have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from license_expression import ExpressionError, LicenseSymbol, get_spdx_licensing

from release.component import Component, Origin

_SPDX = get_spdx_licensing()
_TABLE = "[tool.roottrust.licences]"


@dataclass(frozen=True)
class LicencePolicy:
    """What pyproject.toml allows, and what it knows better than a package's own metadata."""

    allowed: frozenset[str]
    stated: Mapping[str, str]

    @classmethod
    def read(cls, project: Mapping[str, Any]) -> LicencePolicy:
        """Read it."""
        table = project["tool"]["roottrust"]["licences"]
        return cls(frozenset(table["allowed"]), dict(table["stated"]))

    def complete(self, components: Sequence[Component]) -> list[Component]:
        """Put in what pyproject.toml states."""
        return [
            replace(each, licences=(self.stated[each.name],)) if self._states(each) else each
            for each in components
        ]

    def list_refused(self, components: Sequence[Component]) -> list[str]:
        """Say of each part that may not be shipped why not; the base is its builder's choice."""
        return [
            f"{each.label}: {reason}"
            for each in components
            if each.origin is not Origin.BASE
            for reason in self._judge(each)
        ]

    def list_needless(self, components: Sequence[Component]) -> list[str]:
        """Name what is stated though the image has no such part, or its metadata say it by now."""
        unclear = {
            each.name
            for each in components
            if each.origin is not Origin.BASE and not is_clear(each.licences)
        }
        return [
            f"{name}: `stated` in {_TABLE} is not needed any more"
            for name in self.stated
            if name not in unclear
        ]

    def _states(self, component: Component) -> bool:
        return (
            component.origin is not Origin.BASE
            and component.name in self.stated
            and not is_clear(component.licences)
        )

    def _judge(self, component: Component) -> Iterator[str]:
        if not is_clear(component.licences):
            said = "; ".join(each.splitlines()[0] for each in component.licences) or "nothing"
            yield (
                f"its metadata say {said}, which is no SPDX expression: "
                f"look at its licence, and state it in {_TABLE}"
            )
            return
        for licence in component.licences:
            if not self._allows(_SPDX.parse(licence)):
                yield f"{licence} is not allowed in {_TABLE}"

    def _allows(self, expression: Any) -> bool:
        if isinstance(expression, _SPDX.OR):
            return any(map(self._allows, expression.args))
        if isinstance(expression, _SPDX.AND):
            return all(map(self._allows, expression.args))
        return expression.render() in self.allowed


def is_clear(licences: Sequence[str]) -> bool:
    """Tell whether every one is an SPDX expression, and there is one."""
    return bool(licences) and all(map(_is_spdx, licences))


def _is_spdx(text: str) -> bool:
    try:
        parsed = _SPDX.parse(text, validate=True)
    except ExpressionError:
        return False
    symbols: set[LicenseSymbol] = parsed.symbols if parsed is not None else set()
    return bool(symbols)
