"""Texts of FEEL for property tests: made by the grammar, so that most of them mean something, and broken ones."""

from hypothesis import strategies as st

from kiang.feel import Dialect

NAMES = st.sampled_from(["a", "b", "order", "x1", "_y", "größe", "item", "`with blank`", "`a-b`", "inner"])
NUMBERS = st.one_of(
    st.integers(0, 10**20).map(str),
    st.decimals(0, 10**6, places=3, allow_nan=False).map(lambda number: format(number, "f")),
)
TEXTS = st.text(alphabet="abc 'äß€😀{}[]().,:+-*/?@=<>#%&\t", max_size=8).map(lambda text: f'"{text}"')
ESCAPED = st.sampled_from([r'"say \"hi\""', r'"a\nb"', r'"a\\"', r'"\t"', r'"\u00e4"', r'"C:\\dir"'])
TEMPORAL = st.sampled_from(
    ['@"2024-02-29"', '@"10:15:30+02:00"', 'date("2024-01-31")', '@"P1DT2H"', 'duration("P1Y2M")', "now()"]
    + ['date and time("2024-02-29T10:15:30Z")', 'time("10:15:30")', '@"nonsense"']
)
TYPES = st.sampled_from(["number", "string", "date", "date and time", "list", "context", "function", "Any"])
GENERIC_TYPES = st.sampled_from(
    ["list<number>", "range<date>", "context<a: number, b: list<string>>", "function<number, Any> -> string"]
)
CALLS = st.sampled_from(
    ["count", "sum", "string length", "upper case", "abs", "not", "date and time", "is defined", "flatten", "unknown"]
)
OPERATORS = st.sampled_from(["+", "-", "*", "/", "**"])
COMPARISONS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])


def expressions(dialect: Dialect) -> st.SearchStrategy[str]:
    """Whole expressions of a dialect."""
    leaves = st.one_of(NAMES, NUMBERS, TEXTS, ESCAPED, TEMPORAL, st.sampled_from(["null", "true", "false", "[]", "{}"]))
    types = TYPES if dialect is not Dialect.DMN else st.one_of(TYPES, GENERIC_TYPES)

    def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        grouped = inner.map(lambda text: f"({text})")
        some = st.lists(inner, min_size=1, max_size=3)
        return st.one_of(
            st.tuples(grouped, OPERATORS, grouped).map(" ".join),
            st.tuples(grouped, OPERATORS, grouped, OPERATORS, grouped).map(" ".join),
            st.tuples(grouped, COMPARISONS, grouped).map(" ".join),
            st.tuples(grouped, st.sampled_from(["and", "or"]), grouped).map(" ".join),
            grouped.map(lambda text: f"-{text}"),
            st.tuples(grouped, grouped, grouped).map(lambda t: f"{t[0]} between {t[1]} and {t[2]}"),
            st.tuples(grouped, types).map(lambda t: f"{t[0]} instance of {t[1]}"),
            st.tuples(grouped, some).map(lambda t: f"{t[0]} in ({', '.join(t[1])}, < 3, [1..5))"),
            st.tuples(grouped, NAMES).map(lambda t: f"{t[0]}.{t[1]}"),
            st.tuples(grouped, inner).map(lambda t: f"{t[0]}[{t[1]}]"),
            some.map(lambda items: f"[{', '.join(items)}]"),
            st.tuples(inner, inner).map(lambda t: f'{{a: {t[0]}, "b c": {t[1]}, inner: a}}'),
            st.tuples(CALLS, some).map(lambda t: f"{t[0]}({', '.join(t[1])})"),
            st.tuples(inner, inner, inner).map(lambda t: f"if {t[0]} then {t[1]} else {t[2]}"),
            st.tuples(NAMES, grouped, inner).map(lambda t: f"for {t[0]} in {t[1]} return {t[2]}"),
            st.tuples(NAMES, inner).map(lambda t: f"for {t[0]} in 1..3 return {t[1]}"),
            st.tuples(NAMES, grouped, NAMES, grouped, inner).map(
                lambda t: f"every {t[0]} in {t[1]}, {t[2]} in {t[3]} satisfies {t[4]}"
            ),
            inner.map(lambda text: f"function(a, b) {text}"),
            st.tuples(inner, inner).map(lambda t: f"{{f: function(a) {t[0]}, r: f({t[1]})}}.r"),
            st.tuples(grouped, grouped).map(lambda t: f"[{t[0]}..{t[1]})"),
        )

    return st.recursive(leaves, larger, max_leaves=8)


PIECES = st.sampled_from(
    ["a", "1", '"', "`", "(", ")", "[", "]", "{", "}", ",", ":", "..", ".", "+", "-", "*", "**", "/", "//", "/*", "*/"]
    + ["=", "!=", "<", ">=", "and", "or", "not", "if", "then", "else", "for", "in", "return", "some", "satisfies", "?"]
    + [
        "instance of",
        "function",
        "external",
        "@",
        "\\",
        "\n",
        " ",
        "date and time",
        "ü",
        "😀",
        "\x00",
        "\ud800",
        "list<",
        ">",
    ]
)
BROKEN_TEXTS = st.one_of(
    st.lists(PIECES, max_size=15).map("".join), st.lists(PIECES, max_size=15).map(" ".join), st.text(max_size=30)
)
