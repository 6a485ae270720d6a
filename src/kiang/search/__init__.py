"""Searches over the rows that the engine works on.

    resources/   one file per thing that can be searched: its fields, what they are called outside, and where they come from
    value        types of fields: how they are parsed, compared and shown
    field        fields and their sources: a column, a column of another table, an SQL expression
    query        the request {filter, sort, page}, checked against the fields
    statement    a query as SQL; all values are bound
    reader       runs statements: on a read-only connection to the store, in a thread; or on a copy of a memory store
    serving      the process in which `kiang serve` searches, so that instances need not wait; `apart` is the engine's side of it,
                 `messages` what they say to each other, `catalogue` the names by which they call what is searched
    search       the seam: `Search.find`, `Search.get`

What a command has answered is in the next search: an answer leaves after its commit, and a search reads what is committed.
"""
