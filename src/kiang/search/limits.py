"""Limits of searches."""

PAGE_ITEMS_DEFAULT = 100
PAGE_ITEMS_MAX = 10_000

PAGE_CHARACTERS_MAX = 64 * 1024 * 1024
"""Characters of the items of one page, which a reader and a client have to hold; checked while it is read."""

LARGE_ITEMS_AT_ONCE = 16
"""Items that are read before their size is looked at, where one may have 4 MB; then twice as many, and so on."""

OFFSET_ITEMS_MAX = 1_000_000
"""How far `from` may skip. The items before are walked, about 10 million a second; cursors have no such limit."""

TOTAL_ITEMS_MAX = 10_000
"""`totalItems` counts no further; `hasMoreTotalItems` says so."""

CONDITIONS_MAX = 200
"""Conditions of one filter, all alternatives counted."""

SORTS_MAX = 50
"""Fields to sort by; no resource has as many."""

VIOLATIONS_MAX = 100
"""Faults of one request that are told; what has more is not looked at to its end."""

LIST_ITEMS_MAX = 1_000
"""Values of one `$in` or `$notIn`; SQLite binds at most 32,766 values to one statement."""

PATTERN_CHARACTERS_MAX = 1_000
"""A pattern of `$like`."""

PATTERN_WILDCARDS_MAX = 20
"""Wildcards `*` of one pattern: each may try every place of the text."""

CURSOR_CHARACTERS_MAX = 20_000
"""A cursor holds the sort values of one item; those that are texts may be long."""

SEARCH_TIME_MS_MAX = 10_000
"""A search that runs longer is given up."""

READERS_MAX = 2
"""Searches that run at once; each has a thread and a connection with a cache of its own."""

WAITING_SEARCHES_MAX = 200
"""Searches that wait for a reader; beyond it they are refused."""

READER_CACHE_KIB = 16 * 1024
"""Pages that a connection keeps."""

VALUE_CHARACTERS_SHOWN = 8191
"""Searches cut variable values off here unless asked not to."""
