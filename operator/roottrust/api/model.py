"""What all models of the kinds have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    GetJsonSchemaHandler,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from roottrust.api.rule import VALIDATIONS, PresenceRule, Refusal, Rule


class ApiModel(BaseModel):
    """A part of what people write: unknown fields are refused, so that a slip is never lost."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )

    RULES: ClassVar[tuple[Rule, ...]] = ()

    @model_validator(mode="before")
    @classmethod
    def _keeps_presence_rules(cls, data: Any) -> Any:
        # Most models have no rules, and a fleet's statuses are made of many models.
        rules = [rule for rule in cls.RULES if isinstance(rule, PresenceRule)]
        if rules and isinstance(data, Mapping):
            written = {
                field.alias or name
                for name, field in cls.model_fields.items()
                if data.get(field.alias or name) is not None or data.get(name) is not None
            }
            _check_all(rules, written)
        return data

    @model_validator(mode="after")
    def _keeps_rules(self) -> Self:
        _check_all([rule for rule in self.RULES if not isinstance(rule, PresenceRule)], self)
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        document = handler(schema)
        if cls.RULES:
            body = handler.resolve_ref_schema(document)
            body[VALIDATIONS] = [rule.build_validation() for rule in cls.RULES]
            asked = {rule.field for rule in cls.RULES if rule.refusal is Refusal.REQUIRED}
            # The rule asks for it with a sentence; `required` would keep the rule from being heard.
            body["required"] = [name for name in body.get("required", []) if name not in asked]
        return document


class ExchangedModel(ApiModel):
    """A part of what our programs write for each other: those may be of different versions.

    An agent lives as long as its istiod, so it reads objects of a younger hub; a field that it
    does not know must not stop it.
    """

    model_config = ConfigDict(extra="ignore")

    @classmethod
    def find(cls, content: object) -> Self | None:
        """Return what an object has, None where there is nothing or a person broke it."""
        try:
            return cls.model_validate(content) if content else None
        except ValidationError:
            return None


def _check_all(rules: Sequence[Rule], subject: Any) -> None:
    broken = [rule.message for rule in rules if not rule.holds(subject)]
    if broken:
        raise PydanticCustomError("rule", "{reason}", {"reason": "; ".join(broken)})
