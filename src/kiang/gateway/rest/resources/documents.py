"""Documents: upload, download, links, deletion."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
import uuid
from typing import Annotated, Any
from urllib.parse import quote

import msgspec

from kiang.gateway.documents.document import (
    Document,
    DocumentMetadata,
    DocumentRefused,
    DocumentsFull,
    DocumentStore,
    DocumentStoreFailed,
)
from kiang.gateway.rest.body import Answer, Int64, Request, decode
from kiang.gateway.rest.call import Call
from kiang.gateway.rest.files import NO_SNIFFING, disposition
from kiang.gateway.rest.limits import DOCUMENT_ID_CHARACTERS_MAX, LINK_MS_MAX
from kiang.gateway.rest.multipart import Part
from kiang.gateway.rest.operation import FormPart, Parameter, Raw, Resource
from kiang.gateway.rest.problem import Problem, invalid, not_found, of_error
from kiang.gateway.rest.shapes import DateTime, KeyText, optional_key_text
from kiang.gateway.rest.validation import Key, Violations
from kiang.search.value import print_date

DOCUMENTS = Resource("Document")

LINK_MS_DEFAULT = 3_600_000

STORE_ID = Parameter("storeId", {"type": "string"})
DOCUMENT_ID = Parameter("documentId", {"type": "string", "maxLength": DOCUMENT_ID_CHARACTERS_MAX})
CONTENT_HASH = Parameter("contentHash", {"type": "string"})

_SECRET = secrets.token_bytes(32)
"""Signs links; they end with the process."""


class DocumentMetadataRequest(Request, frozen=True):
    """What a client says about a document."""

    content_type: str | None = None
    file_name: str | None = None
    expires_at: str | None = None
    size: Int64 | None = None
    process_definition_id: str | None = None
    process_instance_key: Key = None
    custom_properties: dict[str, Any] | None = None


class DocumentMetadataResponse(Answer, frozen=True):
    """What is known about a document."""

    content_type: str
    file_name: str
    expires_at: DateTime | None
    size: int
    process_definition_id: str | None
    process_instance_key: KeyText | None
    custom_properties: dict[str, Any]


class DocumentReference(Answer, frozen=True):
    """What a variable holds in place of a document."""

    document_type: Annotated[str, msgspec.Meta(extra_json_schema={"enum": ["camunda"]})] = msgspec.field(
        name="camunda.document.type"
    )
    store_id: str
    document_id: str
    content_hash: str | None
    metadata: DocumentMetadataResponse


class DocumentCreationFailureDetail(Answer, frozen=True):
    """A document of several that could not be kept."""

    file_name: str
    status: int
    title: str
    detail: str


class DocumentCreationBatchResponse(Answer, frozen=True):
    """What became of several documents."""

    failed_documents: list[DocumentCreationFailureDetail]
    created_documents: list[DocumentReference]


class DocumentLinkRequest(Request, frozen=True):
    """How long a link is good for, in ms."""

    time_to_live: Int64 | None = None


class DocumentLink(Answer, frozen=True):
    """An address at which a document can be had without saying who asks."""

    url: str
    expires_at: DateTime


_decode_metadata = msgspec.json.Decoder(DocumentMetadataRequest)
_decode_metadata_list = msgspec.json.Decoder(list[DocumentMetadataRequest])
_encode = msgspec.json.Encoder().encode


@DOCUMENTS.post(
    "/documents",
    "createDocument",
    form=(FormPart("file", is_file=True, required=True), FormPart("metadata", is_file=False)),
    parameters=(STORE_ID, DOCUMENT_ID),
    answer=DocumentReference,
    status=201,
)
async def create_document(call: Call) -> DocumentReference:
    """Upload a document."""
    store = _store(call)
    part = call.form.first("file")
    if part is None:
        raise invalid("Required part 'file' is not present.")
    given = call.form.first("metadata")
    metadata = decode(given.content, _decode_metadata) if given and given.content.strip() else DocumentMetadataRequest()
    return await _put(call, store, call.query.get("documentId") or str(uuid.uuid4()), part, metadata)


@DOCUMENTS.post(
    "/documents/batch",
    "createDocuments",
    since="8.7",
    form=(
        FormPart("files", is_file=True, required=True, repeated=True),
        FormPart("metadataList", is_file=False),
    ),
    parameters=(STORE_ID,),
    answer=DocumentCreationBatchResponse,
    status=201,
)
async def create_documents(call: Call) -> Raw:
    """Upload several documents; those that cannot be kept do not stop the others."""
    store = _store(call)
    parts = call.form.all("files")
    if not parts:
        raise invalid("Required part 'files' is not present.")
    given = call.form.first("metadataList")
    all_metadata: list[DocumentMetadataRequest] | None = None
    if given is not None and given.content.strip():
        all_metadata = decode(given.content, _decode_metadata_list)
        if len(all_metadata) != len(parts):
            raise invalid(f"Expected metadata for {len(parts)} files, but got {len(all_metadata)}.")
    created: list[DocumentReference] = []
    failed: list[DocumentCreationFailureDetail] = []
    for number, part in enumerate(parts):
        header = part.headers.get("x-document-metadata")
        try:
            if all_metadata is not None:
                metadata = all_metadata[number]
            elif header:
                metadata = decode(header.encode(), _decode_metadata)
            else:
                metadata = DocumentMetadataRequest()
            created.append(await _put(call, store, str(uuid.uuid4()), part, metadata))
        except Problem as problem:
            failed.append(
                DocumentCreationFailureDetail(
                    file_name=part.file_name or "", status=problem.status, title=problem.title, detail=problem.detail
                )
            )
    answer = DocumentCreationBatchResponse(failed_documents=failed, created_documents=created)
    return Raw(_encode(answer), status=207 if failed else 201)


@DOCUMENTS.get(
    "/documents/{documentId}",
    "getDocument",
    parameters=(STORE_ID, CONTENT_HASH),
    answer={"type": "string", "format": "binary"},
    answer_type="application/octet-stream",
)
async def get_document(call: Call) -> Raw:
    """Download a document."""
    document = await _document(call)
    expires_at, signature = call.query.get("expiresAt"), call.query.get("signature")
    if signature is not None:
        _check_link(_store(call).id, call.values["documentId"], expires_at or "", signature)
    headers = (disposition(document.metadata.file_name), NO_SNIFFING)
    content_type = document.metadata.content_type
    is_printable = content_type.isascii() and content_type.isprintable()
    return Raw(document.content, content_type if is_printable else "application/octet-stream", headers=headers)


@DOCUMENTS.delete("/documents/{documentId}", "deleteDocument", parameters=(STORE_ID,))
async def delete_document(call: Call) -> None:
    """Delete a document."""
    store, document_id = _store(call), call.values["documentId"]
    if not await call.services.documents.run(store.delete, document_id):
        raise _unknown(document_id)


@DOCUMENTS.post(
    "/documents/{documentId}/links",
    "createDocumentLink",
    since="8.7",
    body=DocumentLinkRequest,
    body_required=False,
    parameters=(STORE_ID, CONTENT_HASH),
    answer=DocumentLink,
    status=201,
    aliases=("POST /v2/documents/{documentId}/link",),
)
async def create_document_link(call: Call) -> DocumentLink:
    """Make a link to a document that is good for a while."""
    store, document_id = _store(call), call.values["documentId"]
    limit = LINK_MS_MAX if store.link_ms_max is None else store.link_ms_max
    time_to_live = LINK_MS_DEFAULT if call.body.time_to_live is None else call.body.time_to_live
    if time_to_live <= 0:
        raise invalid(f"The value for timeToLive is '{time_to_live}' but must be greater than 0.")
    if time_to_live > limit:
        raise invalid(f"The value for timeToLive is '{time_to_live}' but must be at most {limit}.")
    metadata = await call.services.documents.run(store.metadata, document_id)
    if metadata is not None and not metadata.content_hash and "contentHash" in call.query:
        metadata = (await _document(call)).metadata
    await _check(call, store, metadata)
    now = _now_ms()
    expires_at = now + time_to_live
    if metadata is not None and metadata.expires_at is not None:
        expires_at = min(expires_at, metadata.expires_at)
    link = await call.services.documents.run(store.link, document_id, expires_at - now)
    if link is None:
        return DocumentLink(url=_own_link(call, document_id, expires_at), expires_at=print_date(expires_at))
    return DocumentLink(url=link.url, expires_at=print_date(now + link.time_to_live_ms))


def _own_link(call: Call, document_id: str, expires_at: int) -> str:
    path = call.path.rpartition("/")[0]
    query = f"expiresAt={expires_at}&signature={_sign(_store(call).id, document_id, str(expires_at))}"
    if store_id := call.query.get("storeId"):
        query += f"&storeId={quote(store_id)}"
    return f"{call.origin}{path}?{query}"


async def _put(
    call: Call, store: DocumentStore, document_id: str, part: Part, given: DocumentMetadataRequest
) -> DocumentReference:
    violations = Violations()
    violations.short(document_id, "documentId", DOCUMENT_ID_CHARACTERS_MAX)
    expires_at = violations.date(given.expires_at, "expiresAt")
    instance_key = violations.optional_key(given.process_instance_key, "processInstanceKey")
    violations.check()
    metadata = DocumentMetadata(
        content_type=given.content_type or part.content_type or "application/octet-stream",
        file_name=given.file_name or part.file_name or document_id,
        expires_at=expires_at,
        size=len(part.content),
        content_hash=hashlib.sha256(part.content).hexdigest(),
        process_definition_id=given.process_definition_id,
        process_instance_key=instance_key if instance_key > 0 else None,
        custom_properties=given.custom_properties or {},
    )
    try:
        is_new = await call.services.documents.run(store.put, document_id, Document(metadata, part.content))
    except DocumentsFull as error:
        raise Problem(503, "RESOURCE_EXHAUSTED", str(error)) from None
    except DocumentRefused as error:
        raise invalid(str(error)) from None
    except DocumentStoreFailed as error:
        raise of_error(error) from None
    if not is_new:
        raise Problem(409, "ALREADY_EXISTS", f"Document with id '{document_id}' already exists")
    return DocumentReference(
        document_type="camunda",
        store_id=store.id,
        document_id=document_id,
        content_hash=metadata.content_hash,
        metadata=DocumentMetadataResponse(
            content_type=metadata.content_type,
            file_name=metadata.file_name,
            expires_at=None if expires_at is None else print_date(expires_at),
            size=metadata.size,
            process_definition_id=metadata.process_definition_id,
            process_instance_key=optional_key_text(metadata.process_instance_key),
            custom_properties=metadata.custom_properties,
        ),
    )


async def _document(call: Call) -> Document:
    store = _store(call)
    document = await call.services.documents.run(store.get, call.values["documentId"])
    await _check(call, store, None if document is None else document.metadata)
    assert document is not None
    return document


async def _check(call: Call, store: DocumentStore, metadata: DocumentMetadata | None) -> None:
    document_id = call.values["documentId"]
    if metadata is None:
        raise _unknown(document_id)
    if metadata.expires_at is not None and metadata.expires_at <= _now_ms():
        await call.services.documents.run(store.delete, document_id)
        raise _unknown(document_id)
    asked_hash = call.query.get("contentHash")
    if asked_hash is not None and not hmac.compare_digest(asked_hash.encode(), metadata.content_hash.encode()):
        raise invalid(f"Content hash mismatch for document '{document_id[:100]}'")


def _store(call: Call) -> DocumentStore:
    asked = call.query.get("storeId")
    store = call.services.documents.find(asked)
    if store is None:
        raise invalid(f"Document store with id '{(asked or '')[:100]}' does not exist")
    return store


def _check_link(store_id: str, document_id: str, expires_at: str, signature: str) -> None:
    is_ours = hmac.compare_digest(_sign(store_id, document_id, expires_at).encode(), signature.encode())
    if not is_ours or not expires_at.isdecimal() or int(expires_at) <= _now_ms():
        raise Problem(403, "FORBIDDEN", "The link has expired or is not one that this server has made")


def _sign(store_id: str, document_id: str, expires_at: str) -> str:
    signed = f"{expires_at}:{store_id}:{document_id}".encode("utf-8", "surrogatepass")
    return hmac.new(_SECRET, signed, hashlib.sha256).hexdigest()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _unknown(document_id: str) -> Problem:
    return not_found(f"Document with id '{document_id[:100]}' not found")
