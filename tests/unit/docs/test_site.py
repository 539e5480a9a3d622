"""Every page of the documents has a place in the site's contents, which the build of the site would ask for last."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_page_has_a_place_in_the_contents() -> None:
    tree = next(
        ast.literal_eval(node.value)
        for node in ast.parse((ROOT / "docs" / "conf.py").read_text("utf-8")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TREE"
    )
    listed = {page for pages in tree.values() for page in pages.split()}
    found = {
        str(file.relative_to(ROOT).with_suffix(""))
        for folder in ("docs", "examples")
        for file in (ROOT / folder).rglob("*.md")
        if file.parent.name != "decisions"
    }
    assert found - listed == set()
