"""SVG made short and plain: styles as attributes, paths in small steps, common attributes said once."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, tostring

# What an element passes on to its children: said once by their group instead of by each of hundreds of marks.
_INHERITED = frozenset({"fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray"})
# Not inherited, but the same for a group whose children are not moved themselves.
_SHARED = frozenset({"clip-path"})
# Characters from which a path is a curve of data, no mark whose shape needs hundredths.
_LONG_PATH = 600
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_REFERENCE = re.compile(r"(url\(#|#)([^)]+)(\)?)")


def local(tag: str) -> str:
    """A name without its namespace."""
    return tag.rpartition("}")[2]


def attributes(given: dict[str, str]) -> dict[str, str]:
    """Give an element's attributes without styles (a page without inline styles blocks them) and long numbers.

    Parameters
    ----------
    given : dict

    Returns
    -------
    dict
    """
    found: dict[str, str] = {}
    for name, value in given.items():
        if name == "style":
            for part in value.split(";"):
                prop, _, what = part.partition(":")
                found.update(_presented(prop.strip(), what.strip()))
        elif not (name == "transform" and value.startswith("rotate(-0 ")):
            found[local(name)] = short_path(value) if name == "d" else value
    return {name: value if name in ("id", "d") else _rounded(value) for name, value in found.items() if value}


def short_path(data: str) -> str:
    """Write straight lines as steps of a hundredth of a point, of a tenth for long ones; leave curves but for digits.

    A tenth of a point is a fifth of a pixel where a figure is shown largest. Steps are between rounded places: errors
    do not add up.

    Parameters
    ----------
    data : str
        A path of absolute commands, as matplotlib writes them.

    Returns
    -------
    str

    Examples
    --------
    >>> short_path("M 10 20.004 L 10.5 18.0 L 11 18 z")
    'M10 20l.5-2 .5 0z'
    >>> short_path("M 0 0 L 1 1 z M 5 5 L 6 5")
    'M0 0l1 1zM5 5l1 0'
    """
    if set(re.findall(r"[a-zA-Z]", data)) - {"M", "L", "z"}:
        return " ".join(_rounded(data).split())
    written: list[str] = []
    at = start = (0, 0)
    step = 10 if len(data) > _LONG_PATH else 1
    stepping = False
    for command, x, y in re.findall(r"([MLz])(?:\s+([-+.\de]+)\s+([-+.\de]+))?", data):
        if command == "z":
            written.append("z")
            at, stepping = start, False
            continue
        to = (step * round(100 * float(x) / step), step * round(100 * float(y) / step))
        if command == "M":
            written.append(f"M{_hundredths(to[0])}{_apart(to[1])}")
            start, stepping = to, False
        else:
            first = _hundredths(to[0] - at[0])
            lead = "" if stepping and first.startswith("-") else " " if stepping else "l"
            written.append(f"{lead}{first}{_apart(to[1] - at[1])}")
            stepping = True
        at = to
    return "".join(written)


def own_ids(root: Element, key: str) -> None:
    """Leave only ids that something refers to, short and the figure's own: a page holds many figures."""
    used = dict.fromkeys(re.findall(r'(?:url\(#|href="#)([^)"]+)', tostring(root, encoding="unicode")))
    short = {name: f"{key}-{at}" for at, name in enumerate(used)}
    for element in root.iter():
        name = element.attrib.pop("id", None)
        if name in short:
            element.attrib["id"] = short[name]
        for attribute, value in element.attrib.items():
            if (found := _REFERENCE.fullmatch(value)) and found[2] in short:
                element.attrib[attribute] = f"{found[1]}{short[found[2]]}{found[3] or ''}"


def say_once(root: Element) -> None:
    """Move what all children of a group say of themselves to the group; drop groups left with nothing to say."""
    for group in list(root.iter("g")):
        children = list(group)
        if len(children) < 2 or len({child.tag for child in children}) > 1 or children[0].tag not in ("use", "path"):
            continue
        moved = any("transform" in child.attrib for child in children)
        shared = _INHERITED if moved else _INHERITED | _SHARED
        for name, value in list(children[0].attrib.items()):
            same = all(child.attrib.get(name) == value for child in children)
            if name in shared and same and group.attrib.get(name, value) == value:
                group.attrib[name] = value
                for child in children:
                    del child.attrib[name]
    for parent in list(root.iter()):
        _flatten(parent)


def drop_unseen(root: Element) -> None:
    """Drop shapes that have neither a fill nor a line."""
    for parent in list(root.iter()):
        if parent.tag == "defs":
            continue  # whoever uses it gives the line
        for child in list(parent):
            if child.tag == "path" and child.attrib.get("fill") == "none" and "stroke" not in child.attrib:
                parent.remove(child)


def _flatten(parent: Element) -> None:
    at = 0
    while at < len(parent):
        child = parent[at]
        if child.tag == "g" and not child.attrib:
            # Its children take its place, and are looked at next.
            parent[at : at + 1] = list(child)
        else:
            at += 1


def _presented(prop: str, value: str) -> dict[str, str]:
    if prop == "font":
        size = re.search(r"([\d.]+)px", value)
        bold = re.search(r"\b(bold|[6-9]00)\b", value)
        return {"font-size": size[1] if size else "8", **({"font-weight": "600"} if bold else {})}
    if prop in ("font-family", "-inkscape-stroke") or (prop, value) == ("stroke-dashoffset", "0"):
        return {}  # the page's own font; what is so anyway
    return {prop: value}


def _rounded(value: str) -> str:
    return _LONG_NUMBER.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), value)


def _hundredths(value: int) -> str:
    whole, rest = divmod(abs(value), 100)
    digits = f"{whole or ''}.{rest:02d}".rstrip("0") if rest else str(whole)
    return f"-{digits}" if value < 0 else digits


def _apart(value: int) -> str:
    text = _hundredths(value)
    return text if text.startswith("-") else f" {text}"
