"""The page as a tree of elements: what clusters tell is text in it, and can never be markup."""

from __future__ import annotations

from xml.etree.ElementTree import Element, tostring

from roottrust.domain.printable import make_printable

Child = Element | str | None


def make(tag: str, *children: Child, **attributes: str | float) -> Element:
    """Return an element; attributes are written as Python can: `class_`, `aria_hidden`."""
    element = Element(tag, {_name(key): _show(value) for key, value in attributes.items()})
    return extend(element, *children)


def extend(element: Element, *children: Child) -> Element:
    """Add text and elements after what an element has; None is nothing."""
    for child in children:
        if isinstance(child, str):
            _add_text(element, make_printable(child))
        elif child is not None:
            element.append(child)
    return element


def serialise(page: Element) -> str:
    """Return the document: all text and every attribute is escaped here, and nowhere else."""
    return f"<!doctype html>\n{tostring(page, encoding='unicode', method='html')}\n"


def _add_text(element: Element, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _show(value: str | float) -> str:
    if isinstance(value, str):
        return make_printable(value)
    return f"{value:.1f}".removesuffix(".0")
