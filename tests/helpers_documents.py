"""Random JSON documents, and valid ones with something in them replaced, for tests of readers."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 20)
    | st.sampled_from([2**31, -(2**63), 10**30, 10**400, 1e308, float("inf"), float("nan")])
    | st.floats(-2, 2)
    | st.text(max_size=3)
)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)


def places(document: Any, path: tuple = ()) -> list[tuple]:
    """Where every value within a document stands."""
    found = [path] if path else []
    items = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in items:
        found += places(value, (*path, key))
    return found


@st.composite
def damaged(draw, valid: Any) -> Any:
    """A valid document with a value or two replaced, taken away or put there twice."""
    document = copy.deepcopy(valid)
    for _ in range(draw(st.integers(1, 2))):
        known = places(document)
        if not known:
            break
        *way, last = draw(st.sampled_from(known))
        holder = document
        for key in way:
            holder = holder[key]
        match draw(st.sampled_from(["replace", "replace", "remove", "repeat"])):
            case "replace":
                holder[last] = draw(documents)
            case "remove":
                del holder[last]
            case "repeat" if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[last]))
    return document
