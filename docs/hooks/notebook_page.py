"""Notebooks: their code run without Jupyter, and shown as pages.

    python docs/hooks/notebook_page.py docs/notebooks/lock_collapse.ipynb

runs a notebook's code cells one after another and stores what they print and plot in the file, as
Jupyter would. A test repeats it and compares what is printed.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import sys
import warnings
from pathlib import Path
from typing import Any

Cell = dict[str, Any]


def load(path: Path) -> dict[str, Any]:
    """Read a notebook."""
    notebook: dict[str, Any] = json.loads(path.read_text())
    return notebook


def source(cell: Cell) -> str:
    """Return the text of a cell."""
    return "".join(cell["source"])


def printed(cell: Cell) -> str:
    """Return what a code cell printed, as it is stored."""
    return "".join(
        "".join(output["text"])
        for output in cell.get("outputs", [])
        if output["output_type"] == "stream"
    )


def pictures(cell: Cell) -> list[bytes]:
    """Return the PNG pictures that a code cell made, as they are stored."""
    return [
        base64.b64decode("".join(output["data"]["image/png"]))
        for output in cell.get("outputs", [])
        if output["output_type"] == "display_data"
    ]


def execute(notebook: dict[str, Any]) -> None:
    """Run the code cells in one namespace, and replace their outputs by the new ones."""
    import matplotlib

    matplotlib.use("agg")
    warnings.filterwarnings("ignore", "FigureCanvasAgg is non-interactive")
    namespace: dict[str, Any] = {"__name__": "__main__"}
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, cell in enumerate(code, start=1):
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            exec(compile(source(cell), f"cell {number}", "exec"), namespace)
        cell["execution_count"] = number
        cell["outputs"] = [*_stream(text.getvalue()), *_figures()]


def _stream(text: str) -> list[Cell]:
    if not text:
        return []
    return [{"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)}]


def _figures() -> list[Cell]:
    """Figures that are open, as outputs; they are closed."""
    from matplotlib import pyplot

    outputs = []
    for number in pyplot.get_fignums():
        image = io.BytesIO()
        pyplot.figure(number).savefig(image, format="png", dpi=100, metadata={"Software": None})
        data = base64.b64encode(image.getvalue()).decode()
        outputs.append({"output_type": "display_data", "metadata": {}, "data": {"image/png": data}})
    pyplot.close("all")
    return outputs


def markdown(notebook: dict[str, Any], picture: str) -> str:
    """Write a notebook as a page; its pictures are named by `picture`, which holds `{}`."""
    parts, number = [], 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            parts.append(source(cell))
            continue
        parts.append(f"```python\n{source(cell)}\n```")
        if printed(cell):
            parts.append(f"```text\n{printed(cell)}```")
        for _ in pictures(cell):
            parts.append(f"![What the cell above plots]({picture.format(number)})")
            number += 1
    return "\n\n".join(parts) + "\n"


def main(path: Path) -> None:
    """Execute a notebook and store its outputs."""
    notebook = load(path)
    execute(notebook)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
