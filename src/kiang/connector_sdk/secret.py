"""Secrets: placeholders in inputs become values at run time, and values become `***` in everything that leaves.

`{{secrets.NAME}}` takes any name without blanks; the bare `secrets.NAME`, which older templates use, takes letters, digits and
`/ . _ -` between them. A secret's value is put in once and never searched for placeholders itself.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any, Protocol, runtime_checkable

from kiang.errors import ConnectorInputError

MASK = "***"

BASE64_MASKED_MIN_BYTES = 8
"""Shorter secrets are not looked for in base64: what is left of them there occurs by chance."""

KEY_MASKED_MIN_LENGTH = 6
"""Shorter secrets are not looked for in keys: `e` or `body` would make error variables that no expression can read."""

MASKS_KEPT_MAX = 256
"""Patterns of sets of secrets that are kept."""

_BRACES = r"\{\{ *secrets\.(?P<braced>[^ ]+?) *\}\}"
_BARE = r"secrets\.(?P<bare>(?:[a-zA-Z0-9]+[/._-])*[a-zA-Z0-9]+)"
_BRACED_ONLY = re.compile(_BRACES)
_BOTH = re.compile(f"{_BRACES}|{_BARE}")


@dataclass(frozen=True)
class SecretContext:
    """For whom a secret is asked."""

    tenant_id: str = "<default>"
    process_definition_id: str = ""


class SecretProvider(Protocol):
    """Where secrets come from. Must not log values; may cache them."""

    async def secret(self, name: str, context: SecretContext) -> str | None:
        """The value of a secret; None if this provider has none of that name."""
        ...


@runtime_checkable
class ListedSecrets(Protocol):
    """A provider that knows which secrets it has."""

    async def names(self, context: SecretContext) -> Iterable[str]:
        """Their names, in no order."""
        ...


class StaticSecrets:
    """Secrets from a mapping: for tests and for programs that bring their own."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    async def secret(self, name: str, context: SecretContext) -> str | None:
        """See `SecretProvider`."""
        del context
        return self._values.get(name)

    async def names(self, context: SecretContext) -> Iterable[str]:
        """See `ListedSecrets`."""
        del context
        return self._values


class SecretChain:
    """Asks several providers in order; the first that knows the name wins."""

    def __init__(self, providers: Iterable[SecretProvider]) -> None:
        self.providers = tuple(providers)

    async def secret(self, name: str, context: SecretContext) -> str | None:
        """See `SecretProvider`."""
        for provider in self.providers:
            value = await provider.secret(name, context)
            if value is not None:
                return value
        return None

    async def names(self, context: SecretContext) -> Iterable[str]:
        """See `ListedSecrets`; those of providers that know theirs."""
        found: set[str] = set()
        for provider in self.providers:
            if isinstance(provider, ListedSecrets):
                found.update(await provider.names(context))
        return found


@dataclass(frozen=True)
class SecretRules:
    """Which placeholders are replaced.

    Attributes:
        bare: Also the form without braces.
        allowed: Only these names; None for every name. A runtime that can read the process passes the names that the element's own
            inputs write down, so that process data cannot ask for a secret.
    """

    bare: bool = True
    allowed: frozenset[str] | None = None

    @property
    def pattern(self) -> re.Pattern[str]:
        """What a placeholder looks like."""
        return _BOTH if self.bare else _BRACED_ONLY


def names_in(value: Any, rules: SecretRules) -> set[str]:
    """The names of all placeholders in the texts and keys of a JSON value."""
    names: set[str] = set()
    for text in _texts(value):
        if "secrets." in text:
            names.update(_name(match) for match in rules.pattern.finditer(text))
    return names if rules.allowed is None else names & rules.allowed


async def fetch(names: Iterable[str], provider: SecretProvider, context: SecretContext) -> dict[str, str]:
    """The values of secrets.

    Raises:
        ConnectorInputError: One of them is not available; it is never retried.
    """
    values = {}
    for name in sorted(names):
        value = await provider.secret(name, context)
        if value is None:
            raise ConnectorInputError(f"Secret with name '{name}' is not available")
        values[name] = value
    return values


def replace(value: Any, secrets: Mapping[str, str], rules: SecretRules) -> Any:
    """A JSON value with every placeholder of a known name replaced, in texts and in keys."""
    if not secrets:
        return value
    pattern = rules.pattern

    def put_in(match: re.Match[str]) -> str:
        return secrets.get(_name(match), match[0])

    def walk(item: Any) -> Any:
        if type(item) is str:
            return pattern.sub(put_in, item) if "secrets." in item else item
        if type(item) is dict:
            return {walk(key): walk(entry) for key, entry in item.items()}
        if type(item) is list:
            return [walk(entry) for entry in item]
        return item

    return walk(value)


def mask(value: Any, secrets: Iterable[str]) -> Any:
    """A JSON value with every secret replaced by `***`, in texts and, unless it is very short, in keys; longer secrets first.

    A secret is found as it is, and as URLs, JSON, XML and the header of basic authentication write it: peers send back what they got.
    """
    known = tuple(sorted({secret for secret in secrets if secret}, key=len, reverse=True))
    if not known:
        return value
    pattern = _masked_forms(known)
    in_keys = tuple(secret for secret in known if len(secret) >= KEY_MASKED_MIN_LENGTH)
    key_pattern = _masked_forms(in_keys) if in_keys else None

    def walk(item: Any) -> Any:
        if type(item) is str:
            return pattern.sub(MASK, item)
        if type(item) is dict:
            return {
                key_pattern.sub(MASK, key) if key_pattern is not None else key: walk(entry)
                for key, entry in item.items()
            }
        if type(item) is list:
            return [walk(entry) for entry in item]
        return item

    return walk(value)


def with_placeholders(text: str, names: Mapping[str, str]) -> str:
    """A text with every secret replaced by `{{secrets.NAME}}`, wherever `mask` would find it.

    Args:
        names: By the secrets' values.
    """
    known = sorted(filter(None, names), key=len, reverse=True)
    if not known:
        return text
    pattern = re.compile("|".join(f"({_masked_forms((secret,)).pattern})" for secret in known))
    return pattern.sub(lambda match: f"{{{{secrets.{names[known[(match.lastindex or 1) - 1]]}}}}}", text)


@lru_cache(maxsize=MASKS_KEPT_MAX)
def _masked_forms(secrets: tuple[str, ...]) -> re.Pattern[str]:
    plain = ["".join(_character_forms(character) for character in secret) for secret in secrets]
    return re.compile("|".join([*plain, *(form for secret in secrets for form in _base64_forms(secret))]))


def _character_forms(character: str) -> str:
    """A pattern for one character, however it is written."""
    if character.isascii() and character.isalnum():
        return character
    percent = "".join(f"%(?i:{byte:02X})" for byte in character.encode("utf-8", "surrogatepass"))
    forms = [re.escape(character), percent]
    in_json, in_xml = json.dumps(character)[1:-1], escape(character)
    if not character.isascii():
        forms.append(re.escape(character.encode("utf-8", "surrogatepass").decode("latin-1")))  # UTF-8 in a header
    if in_json != character:
        # JSON may be a text within JSON, which doubles the backslashes at each level.
        forms.append(r"\\+" + re.escape(in_json[1:]))
    if in_xml != character:
        forms.append(re.escape(in_xml))
    forms += [f"&#0*{ord(character)};", f"&#[xX]0*(?i:{ord(character):x});"]
    if character == " ":
        forms.append(r"\+")
    return f"(?:{'|'.join(dict.fromkeys(sorted(forms, key=len, reverse=True)))})"


def _base64_forms(secret: str) -> Iterator[str]:
    """The characters of base64 that depend on the secret alone, for each place at which it can begin among others."""
    content = secret.encode("utf-8", "surrogatepass")
    if len(content) < BASE64_MASKED_MIN_BYTES:
        return
    for before in range(3):
        written = base64.b64encode(bytes(before) + content).decode().rstrip("=")
        begin = -(-before * 8 // 6)
        end = (before + len(content)) * 8 // 6
        yield re.escape(written[begin:end])


def _name(match: re.Match[str]) -> str:
    return match["braced"] or match.groupdict().get("bare") or ""


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if type(item) is str:
            yield item
        elif type(item) is dict:
            waiting.extend(item.keys())
            waiting.extend(item.values())
        elif type(item) is list:
            waiting.extend(item)
