"""Limits of the REST gateway."""

JSON_BODY_BYTES_MAX = 4 * 1024 * 1024
"""A JSON body; the same 4 MB as a gRPC message (network.maxMessageSize)."""

FORM_BODY_BYTES_MAX = 16 * 1024 * 1024
"""A multipart body: a deployment of several files, or documents."""

DISCARDED_BYTES_MAX = 64 * 1024 * 1024
"""A body over its limit is read and thrown away up to this, because a client that still sends does not see the answer."""

FORM_PARTS_MAX = 200
"""Parts of a multipart body."""

PATH_CHARACTERS_MAX = 4096
"""A path; the longest legal one names a document id of a few hundred characters."""

QUERY_CHARACTERS_MAX = 8192
"""A query string."""

REQUEST_TIMEOUT_MS_MAX = 3_600_000
"""Longest time that a client may ask to wait for an answer."""

NAME_CHARACTERS_MAX = 32_768
"""A job type, message name, correlation key or id in a request."""

HISTORY_ITEMS_MAX = 1_000
"""Items of a conversation in one report of an agent."""

DOCUMENT_ID_CHARACTERS_MAX = 1_000

LINK_MS_MAX = 366 * 86_400_000
"""How long a link to a document may be good for."""

BUSINESS_ID_CHARACTERS_MAX = 256
IDENTIFIER_CHARACTERS_MAX = 256
"""The name of a cluster variable, the id or job type of a global listener."""

METADATA_ENTRIES_MAX = 100
"""Entries of the metadata of a cluster variable."""

METADATA_KEY_CHARACTERS_MAX = 256
METADATA_VALUE_CHARACTERS_MAX = 8_192
EVENT_TYPES_MAX = 20
"""Event types that a global listener may name, some of them twice."""
TENANT_ID_CHARACTERS_MAX = 31
TAGS_MAX = 10
"""Tags of one process instance."""
