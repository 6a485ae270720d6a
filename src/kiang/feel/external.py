"""External functions: the few methods of Java's standard library that are known here; all others are refused.

DMN lets a function be a method of a Java class (10.3.2.13.3). No code of a model is ever loaded or run: the names in the
table below stand for functions of our own, which calculate what the documentation of the Java platform says of the static
methods of that name, and can do nothing else.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from kiang.feel.values import Value, text_of

External = Callable[[Sequence[Value]], Value]

WIDTH_MAX: Final = 1_000
"""Characters that a conversion of `String.format` may be told to fill."""

_SIGNATURE: Final = re.compile(r"\s*([A-Za-z_$][\w$]*)\s*\(\s*(.*?)\s*\)\s*", re.ASCII | re.DOTALL)
_VARIABLE: Final = frozenset(["[Ljava.lang.Object;", "java.lang.Object[]", "java.lang.Object...", "Object..."])


class _Unfit(Exception):
    """An argument is not of the type of the signature."""


def java_function(place: Value) -> External | None:
    """The function that `{class: …, method signature: …}` stands for; None if it is not one of those known here.

    It is called with the arguments in order, and gives null where they do not fit the signature.
    """
    if type(place) is not dict:
        return None
    class_name, signature = place.get("class"), place.get("method signature")
    match = _SIGNATURE.fullmatch(signature) if type(signature) is str else None
    if type(class_name) is not str or match is None:
        return None
    types = tuple(part.strip() for part in match[2].split(",")) if match[2] else ()
    method = _METHODS.get((class_name, match[1]))
    if method is None:
        return None
    code, families = method
    kinds = tuple(_KINDS.get(_short(name), "") for name in types)
    if not any(_fits(kinds, types, family) for family in families):
        return None
    return _caller(code, types)


def _short(name: str) -> str:
    return name.rpartition(".")[2]


def _fits(kinds: tuple[str, ...], types: tuple[str, ...], family: tuple[str, ...]) -> bool:
    if family and family[-1] == "...":
        return kinds[:-1] == family[:-1] and bool(types) and types[-1] in _VARIABLE
    return len(kinds) == len(family) and all(
        kind in wanted.split("|") for kind, wanted in zip(kinds, family, strict=True)
    )


def _caller(code: Callable[..., Value], types: tuple[str, ...]) -> External:
    variable = bool(types) and types[-1] in _VARIABLE
    fixed = types[:-1] if variable else types

    def call(arguments: Sequence[Value]) -> Value:
        if len(arguments) < len(fixed) or (len(arguments) > len(fixed) and not variable):
            return None
        try:
            given = [_ARGUMENTS[_short(name)](each) for name, each in zip(fixed, arguments, strict=False)]
            result = code(*given, *arguments[len(fixed) :])
        except (_Unfit, ArithmeticError, ValueError):
            return None
        return _as_feel(result, types)

    return call


def _as_feel(value: Any, types: tuple[str, ...]) -> Value:
    if type(value) is not float:
        return value
    if not math.isfinite(value):
        return None
    if value == int(value):
        return int(value)
    single = any(_short(name) == "float" for name in types)
    return Decimal(_shortest_single(value) if single else repr(value))


def _shortest_single(value: float) -> str:
    """The shortest text that gives the same number of single precision."""
    for digits in range(1, 10):
        text = f"{value:.{digits}g}"
        if struct.pack("f", float(text)) == struct.pack("f", value):
            return text
    return repr(value)


# Arguments


def _number(value: Value) -> float:
    if type(value) is not int and type(value) is not Decimal:
        raise _Unfit
    return float(value)


def _single(value: Value) -> float:
    return float(struct.unpack("f", struct.pack("f", _number(value)))[0])


def _whole(bits: int) -> Callable[[Value], int]:
    limit = 1 << (bits - 1)

    def convert(value: Value) -> int:
        if (type(value) is not int and type(value) is not Decimal) or value != int(value):
            raise _Unfit
        if not -limit <= value < limit:
            raise _Unfit
        return int(value)

    return convert


def _text(value: Value) -> str:
    if type(value) is not str:
        raise _Unfit
    return value


def _character(value: Value) -> str:
    if len(_text(value)) != 1:
        raise _Unfit
    return str(value)


def _boolean(value: Value) -> bool:
    if type(value) is not bool:
        raise _Unfit
    return value


def _anything(value: Value) -> Value:
    return value


_ARGUMENTS: Final[dict[str, Callable[[Value], Any]]] = {
    "double": _number, "Double": _number, "float": _single, "Float": _single,
    "int": _whole(32), "Integer": _whole(32), "long": _whole(64), "Long": _whole(64),
    "short": _whole(16), "Short": _whole(16), "byte": _whole(8), "Byte": _whole(8),
    "char": _character, "Character": _character, "boolean": _boolean, "Boolean": _boolean,
    "String": _text, "Object": _anything,
}  # fmt: skip
_KINDS: Final = {
    "double": "real", "float": "real", "int": "whole", "long": "whole", "short": "short", "byte": "byte",
    "char": "char", "boolean": "boolean", "String": "text", "Object": "object",
}  # fmt: skip

# Methods


def _parse_whole(bits: int) -> Callable[[Any], int]:
    limit = 1 << (bits - 1)

    def convert(value: Any) -> int:
        if type(value) is str:
            if not re.fullmatch(r"[+-]?\d{1,20}", value, re.ASCII):
                raise _Unfit
            value = int(value)
        if not -limit <= value < limit:
            raise _Unfit
        return int(value)

    return convert


def _parse_real(value: Any) -> float:
    if type(value) is str and not re.fullmatch(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?\s*", value, re.ASCII):
        raise _Unfit
    return float(value.strip().rstrip("fFdD")) if type(value) is str else float(value)


def _shown(value: Any) -> str:
    return value if type(value) is str else text_of(value)


_CONVERSION: Final = re.compile(r"%(?:(\d+)\$)?([-#+ 0,(]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])")


def _format(pattern: str, *arguments: Value) -> str:
    """Java's `String.format`, with the conversions s, d, f, e, x, c, b, n and %."""
    position = 0

    def convert(match: re.Match[str]) -> str:
        nonlocal position
        number, flags, width, precision, conversion = match.groups()
        if int(width or 0) > WIDTH_MAX or int(precision or 0) > WIDTH_MAX:
            raise _Unfit
        if conversion in "n%":
            return "\n" if conversion == "n" else "%"
        if number is None:
            index, position = position, position + 1
        else:
            index = int(number) - 1
        if not 0 <= index < len(arguments):
            raise _Unfit
        value = arguments[index]
        lower = conversion.lower()
        if lower in {"s", "c", "b"}:
            text = _shown(value) if lower != "b" else ("false" if value is None or value is False else "true")
            text = text[: int(precision)] if precision is not None else text
        elif lower in {"d", "x"}:
            whole = _whole(64)(value)
            text = format(whole, ("," if "," in flags else "") + lower)
            text = "+" + text if "+" in flags and whole >= 0 else text
        elif lower in {"f", "e"}:
            text = format(
                _number(value), f"{'+' if '+' in flags else ''}{',' if ',' in flags else ''}.{precision or 6}{lower}"
            )
        else:
            raise _Unfit
        text = text.upper() if conversion.isupper() else text
        if "-" in flags:
            return text.ljust(int(width or 0))
        return text.zfill(int(width or 0)) if "0" in flags else text.rjust(int(width or 0))

    return _CONVERSION.sub(convert, pattern)


def _round(value: float) -> int:
    return math.floor(value + 0.5)


_REAL: Final = (("real",),)
_REALS: Final = (("real", "real"),)
_NUMBER: Final = (("real",), ("whole",))
_NUMBERS: Final = (("real", "real"), ("whole", "whole"))
_WHOLES: Final = (("whole", "whole"),)

_MATH: Final[dict[str, tuple[Callable[..., Any], tuple[tuple[str, ...], ...]]]] = {
    "abs": (abs, _NUMBER), "max": (max, _NUMBERS), "min": (min, _NUMBERS), "pow": (math.pow, _REALS),
    "sqrt": (math.sqrt, _REAL), "cbrt": (math.cbrt, _REAL), "exp": (math.exp, _REAL), "log": (math.log, _REAL),
    "log10": (math.log10, _REAL), "log1p": (math.log1p, _REAL), "expm1": (math.expm1, _REAL),
    "sin": (math.sin, _REAL), "cos": (math.cos, _REAL), "tan": (math.tan, _REAL), "asin": (math.asin, _REAL),
    "acos": (math.acos, _REAL), "atan": (math.atan, _REAL), "atan2": (math.atan2, _REALS), "sinh": (math.sinh, _REAL),
    "cosh": (math.cosh, _REAL), "tanh": (math.tanh, _REAL), "hypot": (math.hypot, _REALS),
    "toDegrees": (math.degrees, _REAL), "toRadians": (math.radians, _REAL), "floor": (math.floor, _REAL),
    "ceil": (math.ceil, _REAL), "rint": (lambda value: float(round(value)), _REAL), "round": (_round, _REAL),
    "signum": (lambda value: float((value > 0) - (value < 0)), _REAL),
    "floorDiv": (lambda x, y: x // y, _WHOLES), "floorMod": (lambda x, y: x % y, _WHOLES),
    "addExact": (lambda x, y: x + y, _WHOLES), "subtractExact": (lambda x, y: x - y, _WHOLES),
    "multiplyExact": (lambda x, y: x * y, _WHOLES),
}  # fmt: skip

_METHODS: Final[dict[tuple[str, str], tuple[Callable[..., Any], tuple[tuple[str, ...], ...]]]] = {
    **{("java.lang.Math", name): method for name, method in _MATH.items()},
    ("java.lang.Byte", "valueOf"): (_parse_whole(8), (("byte",), ("text",))),
    ("java.lang.Short", "valueOf"): (_parse_whole(16), (("short",), ("text",))),
    ("java.lang.Integer", "valueOf"): (_parse_whole(32), (("whole",), ("text",))),
    ("java.lang.Integer", "parseInt"): (_parse_whole(32), (("text",),)),
    ("java.lang.Long", "valueOf"): (_parse_whole(64), (("whole",), ("text",))),
    ("java.lang.Long", "parseLong"): (_parse_whole(64), (("text",),)),
    ("java.lang.Float", "valueOf"): (_parse_real, (("real",), ("text",))),
    ("java.lang.Float", "parseFloat"): (_parse_real, (("text",),)),
    ("java.lang.Double", "valueOf"): (_parse_real, (("real",), ("text",))),
    ("java.lang.Double", "parseDouble"): (_parse_real, (("text",),)),
    ("java.lang.Boolean", "valueOf"): (lambda value: _shown(value).lower() == "true", (("boolean",), ("text",))),
    ("java.lang.String", "valueOf"): (_shown, (("char",), ("whole",), ("real",), ("boolean",), ("object",))),
    ("java.lang.String", "format"): (_format, (("text", "..."),)),
}
"""By class and method: what calculates it, and which kinds of parameters there are."""
