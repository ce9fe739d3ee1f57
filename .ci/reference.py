"""The reference that is made from the program: commands from its help, keys from its schema, Python from the package, if the interpreter has it.

Usage: python .ci/reference.py PROGRAM FOLDER
"""

import inspect
import json
import subprocess
import sys
import tempfile
from pathlib import Path

program, folder = sys.argv[1], Path(sys.argv[2])


def told(*arguments: str) -> str:
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=True).stdout


def commands() -> str:
    with tempfile.TemporaryDirectory() as pages:
        told("man", "--out", pages)
        names = sorted(path.stem.split("-")[1:] for path in Path(pages).glob("*.1"))
    text = ["# Commands\n\nWhat `--help` says. `stickershock man --out DIR` writes the same as manual pages.\n"]
    for name in names:
        text.append(f"## {' '.join(['stickershock', *name])}\n\n```text\n{told(*name, '--help').rstrip()}\n```\n")
    return "\n".join(text)


def keys() -> str:
    schema = json.loads(told("schema"))
    text = [
        "# Keys of a scenario\n\nFrom the JSON Schema that `stickershock schema` prints and editors complete by. A number may also be written with where it comes from: "
        '`alpha = { value = 0.125, status = "estimate", source = "..." }`.\n'
    ]
    seen: set[str] = set()

    def resolved(of: dict) -> dict:
        while "$ref" in of or "anyOf" in of or "oneOf" in of and not any("const" in part for part in of["oneOf"]):
            if "$ref" in of:
                of = {**schema["$defs"][of["$ref"].rsplit("/", 1)[1]], **{key: value for key, value in of.items() if key != "$ref"}}
            else:
                parts = [part for part in of.get("anyOf") or of["oneOf"] if part.get("type") != "null"]
                # The plain form of a value that may have a source.
                first = parts[0]
                of = {**first, **{key: value for key, value in of.items() if key not in ("anyOf", "oneOf")}}
        return of

    def kind(of: dict) -> str:
        of = resolved(of)
        if "oneOf" in of:
            return " or ".join(f"`{part['const']}`" for part in of["oneOf"] if "const" in part)
        if "enum" in of:
            return " or ".join(f"`{value}`" for value in of["enum"] if value is not None)
        types = of.get("type", "any")
        types = [types] if isinstance(types, str) else [each for each in types if each != "null"]
        if types == ["array"]:
            return f"list of {kind(of.get('items', {}))}"
        return " or ".join({"object": "table"}.get(each, each) for each in types)

    def cell(text: str) -> str:
        return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")

    def section(path: str, of: dict) -> None:
        rows, below = [], []
        for name, entry in of.get("properties", {}).items():
            whole = resolved(entry)
            inner = resolved(whole["items"]) if whole.get("type") == "array" and "items" in whole else whole
            listed = inner is not whole
            if inner.get("properties") and not {"value", "source"} <= set(inner["properties"]) <= {"value", "source", "status"}:
                below.append((f"{path}.{name}".lstrip("."), inner, listed))
                continue
            default = whole.get("default")
            default = "" if default is None else f"`{json.dumps(default, ensure_ascii=False)}`"
            rows.append(f"| `{name}` | {kind(entry)} | {default} | {cell(whole.get('description', ''))} |")
        if rows:
            text.append("| key | value | default | what it is |\n| --- | --- | --- | --- |\n" + "\n".join(rows) + "\n")
        for inner_path, inner, listed in below:
            if inner_path in seen:
                continue
            seen.add(inner_path)
            head = f"[[{inner_path}]]" if listed else f"[{inner_path}]"
            text.append(f"## `{head}`\n\n{cell(inner.get('description', ''))}\n")
            section(inner_path, inner)

    section("", schema)
    return "\n".join(text)


def python() -> str:
    import stickershock
    import stickershock.dask

    text = ["# Python\n\nThe package's own words; [From Python](../python.md) has examples.\n"]

    def entry(name: str, of: object) -> None:
        try:
            signature = str(inspect.signature(of))
        except (TypeError, ValueError):
            signature = ""
        text.append(f"### `{name}`\n\n```python\n{name.rsplit('.', 1)[-1]}{signature}\n```\n\n```text\n{inspect.getdoc(of) or ''}\n```\n")

    def members(name: str, of: type) -> None:
        for member in sorted(vars(of)):
            value = getattr(of, member)
            if not member.startswith("_") and inspect.getdoc(value):
                if callable(value):
                    entry(f"{name}.{member}", value)
                else:
                    text.append(f"### `{name}.{member}`\n\n{inspect.getdoc(value)}\n")

    for module in (stickershock, stickershock.sensitivity, stickershock.dask):
        text.append(f"## {module.__name__}\n")
        for name in sorted(getattr(module, "__all__", None) or vars(module)):
            of = getattr(module, name)
            if name.startswith("_") or inspect.ismodule(of) or not callable(of):
                continue
            if not hasattr(module, "__all__") and getattr(of, "__module__", "") != module.__name__:
                continue
            entry(f"{module.__name__}.{name}", of)
            if inspect.isclass(of) and not issubclass(of, Exception):
                members(f"{module.__name__}.{name}", of)
    return "\n".join(text)


(folder / "commands.md").write_text(commands())
(folder / "keys.md").write_text(keys())
try:
    page = python()
except ModuleNotFoundError:
    print("the Python reference is left out: this interpreter does not have the package", file=sys.stderr)
    page = "# Python\n\nThis copy was made without the package; `help(stickershock)` says the same.\n"
(folder / "python.md").write_text(page)
