"""Checks that every link of a site leads to a file of it, and every anchor to a heading."""

import re
import sys
from pathlib import Path
from urllib.parse import unquote

root = Path(sys.argv[1])
pages = {path: path.read_text() for path in root.rglob("*.html") if path.name not in ("print.html", "404.html", "toc.html")}
anchors = {path: set(re.findall(r'\sid="([^"]+)"', text)) for path, text in pages.items()}
broken, count = [], 0
for path, text in pages.items():
    main = text[text.find("<main") : text.find("</main>")]
    for link in re.findall(r'(?:href|src)="([^"]+)"', main):
        if re.match(r"[a-z]+:", link):
            continue
        count += 1
        file, _, anchor = unquote(link).partition("#")
        at = (path.parent / file).resolve() if file else path.resolve()
        at = at / "index.html" if at.is_dir() else at
        if not at.is_file() or (anchor and at.suffix == ".html" and anchor not in anchors.get(at, ())):
            broken.append(f"{path.relative_to(root)}: {link}")
print(f"{len(pages)} pages, {count} links")
if broken or not count:
    sys.exit("\n".join(["links that lead nowhere:", *broken]))
