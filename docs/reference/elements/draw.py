# ruff: noqa: INP001 - a script beside the pages that it draws for, no package
"""Draws the pictures of the pages in this folder: `make pictures`.

bpmn-js, the viewer that Camunda's own tools show diagrams with, draws every file of `examples/` in a headless Chromium; each drawing
becomes `pictures/<name>.svg`, with the hash of its file in the first line, so that a test finds a picture that was forgotten.
Needs npm and Chromium, and only when an example changes: the pictures are kept in the repository.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
EXAMPLES = FOLDER / "examples"
PICTURES = FOLDER / "pictures"
VIEWER = FOLDER.parents[2] / "build/pictures"

BPMN_JS = "bpmn-js@18.31.1"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DRAWING_S_MAX = 120

PAGE = """<!doctype html><meta charset="utf-8"><style>div {{ width: 1600px; height: 900px }}</style>
<div id="canvas"></div><pre id="pictures"></pre><script>{viewer}</script><script>
(async () => {{
  const pictures = {{}};
  for (const [name, xml] of Object.entries({examples})) {{
    const viewer = new BpmnJS({{ container: '#canvas' }});
    await viewer.importXML(xml);
    pictures[name] = (await viewer.saveSVG()).svg;
    viewer.destroy();
  }}
  document.getElementById('pictures').textContent = JSON.stringify(pictures);
}})().catch(error => document.getElementById('pictures').textContent = JSON.stringify({{ error: String(error) }}));
</script>"""


def hash_of(example: Path) -> str:
    """What the first line of a picture must name."""
    return hashlib.sha256(example.read_bytes()).hexdigest()


def main() -> int:
    """Draw all examples anew."""
    subprocess.run(  # noqa: S603
        ["npm", "install", "--silent", "--no-save", "--prefix", str(VIEWER), BPMN_JS],  # noqa: S607 - npm of the one who draws
        check=True,
    )
    viewer = (VIEWER / "node_modules/bpmn-js/dist/bpmn-viewer.production.min.js").read_text(encoding="utf-8")
    examples = {path.stem: path.read_text(encoding="utf-8") for path in sorted(EXAMPLES.glob("*.bpmn"))}
    page = PAGE.format(viewer=viewer, examples=json.dumps(examples).replace("</", "<\\/"))
    pictures = json.loads(_drawn(page))
    if "error" in pictures:
        print(pictures["error"], file=sys.stderr)  # noqa: T201 - it is a command
        return 1
    PICTURES.mkdir(exist_ok=True)
    for name, svg in pictures.items():
        first = f"<!-- examples/{name}.bpmn sha256 {hash_of(EXAMPLES / f'{name}.bpmn')} -->\n"
        (PICTURES / f"{name}.svg").write_text(first + _plain(svg) + "\n", encoding="utf-8")
    return 0


def _drawn(page: str) -> str:
    """The JSON text that the page leaves behind."""
    browser = next(path for name in BROWSERS if (path := shutil.which(name)))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(page, encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile"]
        ran = subprocess.run(  # noqa: S603
            [browser, *options, "--virtual-time-budget=60000", "--dump-dom", file.as_uri()],
            check=True,
            capture_output=True,
            text=True,
            timeout=DRAWING_S_MAX,
        )
    return html.unescape(ran.stdout.partition('<pre id="pictures">')[2].partition("</pre>")[0])


def _plain(svg: str) -> str:
    """A drawing without what only an editor needs, on white, with arrow heads numbered: it changes only with its example."""
    svg = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>", "", svg, flags=re.DOTALL).strip()
    svg = re.sub(r'<(rect|path|polyline|circle) class="djs-(?:hit|outline)[^>]*?(?:/>|></\1>)', "", svg)
    for number, found in enumerate(dict.fromkeys(re.findall(r'id="(marker-[^"]*)"', svg)), 1):
        svg = svg.replace(found, f"arrow-{number}")
    x, y, width, height = re.findall(r'viewBox="([^"]*)"', svg)[0].split()
    background = f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="white"/>'
    return re.sub(r"(<svg [^>]*>)", lambda head: head[1] + background, svg, count=1)


if __name__ == "__main__":
    sys.exit(main())
