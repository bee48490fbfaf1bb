"""Sphinx: the API reference, from docstrings; ``python -m sphinx -W docs build/docs`` builds it.

The pages below `reference` are written when a build starts: one for each module that
`dlarray/__init__.pyi` imports public names from, and the rules of the registry of operations.
"""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import dlarray

project = "dlarray"
version = release = dlarray.__version__
copyright = "the dlarray contributors"
extensions = ["sphinx.ext.autodoc"]
default_role = "code"
exclude_patterns = ["build"]
html_theme = "alabaster"
html_theme_options = {
    "description": "Labelled arrays, derivatives and fast 1-D convolutional networks on the CPU",
    "fixed_sidebar": True,
}
autodoc_typehints = "none"  # the signatures have them; texts give sizes and formats

HERE = Path(__file__).parent
REFERENCE = HERE / "reference"
TITLES = {
    ".array": "Arrays and automatic differentiation",
    ".compilation": "Compiling ahead of time",
    ".data": "Data",
    ".formats": "Formats",
    ".functions": "Deep-learning functions",
    ".io": "Files",
    ".layers": "Layers",
    ".network": "Networks",
    ".tape": "Errors of differentiation",
    ".training": "Training and prediction",
    "": "Modules",
}


def public_names() -> dict[str, list[str]]:
    """The public names by the module they come from."""
    stub = ast.parse(Path(dlarray.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    pages: dict[str, list[str]] = {}
    for node in stub.body:
        if isinstance(node, ast.ImportFrom):
            module = "." + node.module.partition(".")[0] if node.module else ""
            pages.setdefault(module, []).extend(alias.name for alias in node.names)
    return {module: sorted(names, key=str.lower) for module, names in pages.items()}


def entry(name: str) -> str:
    """The directive that documents a public name."""
    value = getattr(dlarray, name)
    if inspect.ismodule(value):
        return f".. automodule:: dlarray.{name}\n   :members:\n"
    if inspect.isclass(value):
        return f".. autoclass:: dlarray.{name}\n   :members:\n"
    return f".. autofunction:: dlarray.{name}\n"


def heading(title: str) -> str:
    return f"{title}\n{'=' * len(title)}\n\n"


def rules() -> str:
    """The registry of operations as a table."""
    from dlarray.testing.operations import OPERATIONS

    lines = [
        heading("Format rules"),
        "The format of the result and the derivative of every operation. Two formatted operands",
        "meet by label: sizes of 1 are put in for labels that one of them lacks. A formatted and",
        "an unformatted operand meet by position, from the first dimension.\n",
        ".. list-table::\n   :header-rows: 1\n   :widths: 18 45 37\n",
        "   * - operation\n     - format\n     - derivative",
    ]
    for name in sorted(OPERATIONS, key=str.lower):
        operation = OPERATIONS[name]
        cells = (f"`{name}`", escaped(operation.formats), escaped(operation.derivative))
        lines.append("   * - " + "\n     - ".join(cells))
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Text that reStructuredText shows as it stands."""
    for sign in "\\*|_":
        text = text.replace(sign, "\\" + sign)
    return text


def write_reference(app: object) -> None:
    """Write the pages of the reference."""
    REFERENCE.mkdir(exist_ok=True)
    pages = public_names()
    for module, names in pages.items():
        title = TITLES[module]
        text = heading(title) + "\n".join(entry(name) for name in names)
        (REFERENCE / f"{page(module)}.rst").write_text(text, encoding="utf-8")
    (REFERENCE / "rules.rst").write_text(rules(), encoding="utf-8")


def page(module: str) -> str:
    return module.removeprefix(".") or "modules"


def house_style(
    app: object, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Turn a docstring into reStructuredText.

    A section is a title over dashes.  Below Parameters, Properties and Raises stand lines "name :
    text" with text going on indented; the first other paragraph ends the list.
    """
    result: list[str] = []
    listing = False
    for i, line in enumerate(lines):
        if i + 1 < len(lines) and line.strip() and set(lines[i + 1]) == {"-"}:
            result += ["", f".. rubric:: {line}", ""]
            listing = line.strip() in ("Parameters", "Properties", "Raises")
        elif line and set(line) == {"-"}:
            continue
        elif listing and line and line[0] != " ":
            term, colon, text = line.partition(" : ")
            listing = bool(colon)
            result += [f"``{term}``", f"    {text}"] if colon else ["", line]
        else:
            result.append(line)
    lines[:] = [*result, ""]


def setup(app) -> None:  # type: ignore[no-untyped-def]
    app.connect("builder-inited", write_reference)
    app.connect("autodoc-process-docstring", house_style)
