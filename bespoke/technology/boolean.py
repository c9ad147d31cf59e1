"""Boolean expressions of cells: Liberty's notation and ours, truth tables, text.

An expression is held as nested tuples: ``("pin", name)``, ``("const", 0 or 1)``, ``("!", x)`` and ``(op, x, y, ...)``
with ``op`` one of ``&``, ``|``, ``^``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bespoke.errors import InputError

Expression = tuple

_TOKEN = re.compile(r"\s*(?:([A-Za-z_][A-Za-z0-9_\[\]]*)|([01])|([!~'&*|+^()]))")


def parse_expression(text: str) -> Expression:
    """Read ``text`` in Liberty's notation or ours.

    NOT is ``!``, ``~`` or a trailing ``'``; XOR is ``^``; AND is ``&``, ``*`` or a blank; OR is ``|`` or ``+``. They
    bind in this order, as Liberty has it: XOR before AND, other than in C or Verilog.

    Raises
    ------
    InputError
        where the text is not such an expression.
    """
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str):
        self._text = text
        self._tokens: list[str] = []
        position, end = 0, len(text.rstrip())
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None:
                raise InputError(f"the Boolean expression {text!r} has an unknown sign {text[position:].strip()[0]!r}")
            self._tokens.append(match.group().strip())
            position = match.end()
        self._at = 0

    def whole(self) -> Expression:
        try:
            result = self._or()
        except RecursionError:
            raise InputError(f"the Boolean expression {self._text[:40]!r}… is nested too deeply") from None
        if self._at < len(self._tokens):
            raise self._error()
        return result

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _error(self) -> InputError:
        found = repr(self._peek()) if self._peek() else "its end"
        return InputError(f"the Boolean expression {self._text!r} cannot be read at {found}")

    def _or(self) -> Expression:
        return self._chain("|", self._and, "|+")

    def _and(self) -> Expression:
        operands = [self._xor()]
        while token := self._peek():
            if token in "&*":
                self._take()
            elif not (token in "!~(01" or token[0].isalpha() or token[0] == "_"):
                break
            operands.append(self._xor())
        return _joined("&", operands)

    def _xor(self) -> Expression:
        return self._chain("^", self._not, "^")

    def _chain(self, operator: str, inner, signs: str) -> Expression:
        operands = [inner()]
        while self._peek() and self._peek() in signs:
            self._take()
            operands.append(inner())
        return _joined(operator, operands)

    def _not(self) -> Expression:
        token = self._peek()
        if token and token in "!~":
            self._take()
            return _inverted(self._not())
        if token == "(":
            self._take()
            result = self._or()
            if self._peek() != ")":
                raise self._error()
            self._take()
        elif token in ("0", "1"):
            result = ("const", int(self._take()))
        elif token and (token[0].isalpha() or token[0] == "_"):
            result = ("pin", self._take())
        else:
            raise self._error()
        while self._peek() == "'":
            self._take()
            result = _inverted(result)
        return result


def _joined(operator: str, operands: list[Expression]) -> Expression:
    return operands[0] if len(operands) == 1 else (operator, *operands)


def _inverted(operand: Expression) -> Expression:
    return ("!", operand)


def expression_pins(expression: Expression) -> frozenset[str]:
    """Names of all pins in the expression."""
    if expression[0] == "pin":
        return frozenset([expression[1]])
    if expression[0] == "const":
        return frozenset()
    return frozenset().union(*(expression_pins(operand) for operand in expression[1:]))


def truth_table(expression: Expression, inputs: Sequence[str], *, known: Mapping[str, int] | None = None) -> int:
    """Truth table over ``inputs``: bit s is the value in state s, whose bit i is input i.

    ``known`` gives truth tables of further pins, such as a cell's output.

    Raises
    ------
    InputError
        naming a pin that is neither an input nor known.
    """
    states = 1 << len(inputs)
    full = (1 << states) - 1
    tables = dict(known or {})
    for index, pin in enumerate(inputs):
        tables[pin] = sum(1 << state for state in range(states) if state >> index & 1)

    def evaluate(node: Expression) -> int:
        kind = node[0]
        if kind == "pin":
            if node[1] not in tables:
                raise InputError(f"pin {node[1]!r} of the expression is none of {', '.join(inputs) or 'no inputs'}")
            return tables[node[1]]
        if kind == "const":
            return full * node[1]
        if kind == "!":
            return full ^ evaluate(node[1])
        result = evaluate(node[1])
        for operand in node[2:]:
            value = evaluate(operand)
            result = result & value if kind == "&" else result | value if kind == "|" else result ^ value
        return result

    return evaluate(expression)


def format_expression(expression: Expression, *, signs: str = "!&|^") -> str:
    """Text of the expression, with brackets around every mixed operand.

    ``signs`` are those of NOT, AND, OR and XOR.
    """
    sign = dict(zip("!&|^", signs, strict=True))

    def text(node: Expression) -> str:
        kind = node[0]
        if kind in ("pin", "const"):
            return str(node[1])
        if kind == "!":
            inner = text(node[1])
            # Verilog has no grammar for ~~a
            return sign["!"] + (inner if node[1][0] in ("pin", "const") else f"({inner})")
        parts = [text(n) if n[0] in ("pin", "const", "!") else f"({text(n)})" for n in node[1:]]
        return f" {sign[kind]} ".join(parts)

    return text(expression)


def without_xor(expression: Expression) -> Expression:
    """The same function in NOT, AND and OR alone, for notations without XOR."""
    if expression[0] in ("pin", "const"):
        return expression
    operands = [without_xor(operand) for operand in expression[1:]]
    if expression[0] != "^":
        return (expression[0], *operands)
    result = operands[0]
    for operand in operands[1:]:
        result = ("|", ("&", result, ("!", operand)), ("&", ("!", result), operand))
    return result


def without_constants(expression: Expression) -> Expression:
    """The same function without constants inside it, for notations that know them only by themselves."""
    if expression[0] in ("pin", "const"):
        return expression
    kind, *operands = expression[0], *(without_constants(operand) for operand in expression[1:])
    if kind == "!":
        (inner,) = operands
        return ("const", 1 - inner[1]) if inner[0] == "const" else ("!", inner)
    known = [operand[1] for operand in operands if operand[0] == "const"]
    rest = [operand for operand in operands if operand[0] != "const"]
    dominant = {"&": 0, "|": 1}.get(kind)
    if dominant in known:
        return ("const", dominant)
    if not rest:
        return ("const", sum(known) % 2 if kind == "^" else 1 - dominant)
    joined = _joined(kind, rest)
    return _inverted(joined) if kind == "^" and sum(known) % 2 else joined


def canonical(text: str) -> str:
    """The expression in our notation; the same for every spelling that differs in signs and blanks alone."""
    return format_expression(parse_expression(text))
