"""The files of a new connector."""

from __future__ import annotations

_INIT = '''"""{title} connector."""

from {name}.connector import {name}

__all__ = ["{name}"]
'''

_CONNECTOR = '''"""{title} connector: what it does in one sentence."""

from __future__ import annotations

from typing import Annotated

from kiang.connector_sdk import ConnectorError, ConnectorInput, NotBlank, outbound_connector
from kiang.connector_sdk.template import Group, Template, TemplateField

TEMPLATE = Template(
    id="com.example.{camel}.v1",
    name="{title}",
    description="Say hello to somebody",
    groups=(Group("greeting", "Greeting"),),
    example={{"greeting": "Hello Ada"}},
)


class {camel}Input(ConnectorInput):
    """What the process gives; names are camel case there."""

    name: Annotated[str, NotBlank(), TemplateField(group="greeting", placeholder="Ada")]
    shout: Annotated[bool, TemplateField(group="greeting")] = False


@outbound_connector(name="{title}", type="com.example:{kebab}:1", template=TEMPLATE)
async def {name}(data: {camel}Input) -> dict[str, str]:
    """The result is what the process can map; an error's code is what it can catch."""
    if data.name == "Nobody":
        raise ConnectorError("NOBODY_THERE", "There is nobody to greet")
    greeting = f"Hello {{data.name}}"
    return {{"greeting": greeting.upper() if data.shout else greeting}}
'''

_TEST = '''"""{title} connector, without an engine."""

import asyncio

from kiang.connector_sdk.testing import run_connector
from {name}.connector import {name}


def test_the_one_who_is_named_is_greeted():
    run = asyncio.run(run_connector({name}, {{"name": "{{{{secrets.WHO}}}}"}}, secrets={{"WHO": "Ada"}}))

    assert run.result == {{"greeting": "Hello Ada"}}


def test_an_empty_name_is_refused_with_its_path():
    run = asyncio.run(run_connector({name}, {{"name": " "}}))

    assert "Property: name" in str(run.error)


def test_nobody_is_an_error_that_the_process_can_catch():
    run = asyncio.run(run_connector({name}, {{"name": "Nobody"}}))

    assert run.error.code == "NOBODY_THERE"
    run.assert_no_secret()
'''

_README = """# {title} connector

Says hello. Task type `com.example:{kebab}:1`.

| input | meaning |
|---|---|
| `name` | required: who is greeted |
| `shout` | in capitals |

Result: `{{greeting}}`. Error code `NOBODY_THERE`: the name is Nobody.

    kiang connectors try {name}.connector:{name} --var name=Ada      # once, without an engine
    kiang connectors run {name}.connector                            # as a job worker
    kiang templates generate {name}.connector:{name} --output {name}/template.json

To have it found by every runtime in which it is installed, name it in your `pyproject.toml`:

    [project.entry-points."kiang.connectors"]
    {name} = "{name}:{name}"
"""

_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="18" height="18" viewBox="0 0 18 18" fill="none" stroke="#444" '
    'stroke-width="1.5"><circle cx="9" cy="9" r="7"/></svg>\n'
)


def files_of(name: str) -> dict[str, str]:
    """Path to content, for a connector of this name (lower case with `_`)."""
    words = name.split("_")
    values = {
        "name": name,
        "kebab": "-".join(words),
        "camel": "".join(word.capitalize() for word in words),
        "title": " ".join(words).capitalize(),
    }
    return {
        f"{name}/__init__.py": _INIT.format(**values),
        f"{name}/connector.py": _CONNECTOR.format(**values),
        f"{name}/test_{name}.py": _TEST.format(**values),
        f"{name}/README.md": _README.format(**values),
        f"{name}/icon.svg": _ICON,
    }
