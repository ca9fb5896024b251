"""Which issuers of a mount are the roots of a rotation, where nothing but Vault tells."""

from __future__ import annotations

from collections.abc import Iterator

from roottrust.api.rotation_status import RotationRoot
from roottrust.domain.facts import IssuerFacts
from roottrust.domain.names import find_generation
from roottrust.domain.rotation.infer import FoundRoots

# What a policy names is the root of generation 1, whatever rotations came after it.
_FIRST_ROTATED = 2


def find_roots(
    issuers: tuple[IssuerFacts, ...], *, default: str | None, reference: str | None, wanted: int
) -> FoundRoots:
    """Return the root in use, and that of the highest generation up to the wanted one.

    `default` is the id of the mount's default issuer, `reference` the issuer that the policy names,
    by id or name. One that may sign no more is in use no more.
    """
    made = {find_generation(each.issuer_name): each for each in issuers}
    rotated = [number for number in made if number and _FIRST_ROTATED <= number <= wanted]
    generation = max(rotated, default=wanted)
    named = made.get(generation) if rotated else None
    in_default = next((each for each in issuers if each.issuer_id == default), None)
    candidates = _list_candidates(issuers, in_default, reference, rotated, made)
    previous = next((each for each in candidates if each is not named and each.may_sign), named)
    return FoundRoots(
        previous=_refer(previous),
        named=_refer(named),
        generation=generation,
        is_default=named is not None and named is in_default,
        is_named_withdrawn=named is not None and not named.may_sign,
    )


def _list_candidates(
    issuers: tuple[IssuerFacts, ...],
    in_default: IssuerFacts | None,
    reference: str | None,
    rotated: list[int],
    made: dict[int | None, IssuerFacts],
) -> Iterator[IssuerFacts]:
    """Return what may be the root in use, the likeliest first."""
    generation = find_generation(in_default.issuer_name) if in_default else None
    if in_default and (reference is None or (generation or 0) >= _FIRST_ROTATED):
        yield in_default
    yield from (each for each in issuers if reference in {each.issuer_id, each.issuer_name})
    yield from (made[number] for number in sorted(rotated, reverse=True))


def _refer(issuer: IssuerFacts | None) -> RotationRoot | None:
    if issuer is None or issuer.certificate is None:
        return None
    return RotationRoot(issuer=issuer.issuer_id, fingerprint=issuer.certificate.fingerprint)
