"""Sphinx's configuration. `make docs` builds the site from a copy of the repository's pages, each in its own folder.

The pages are Markdown that Git hosts show as well, and their links are the same in both.
"""

from sphinx.application import Sphinx

project = "Distillery"
root_doc = "README"
extensions = ["myst_parser"]
myst_heading_anchors = 4  # with the ids that a Git host gives to headings
highlight_language = "text"
smartquotes = False
html_theme = "furo"
html_title = project
html_copy_source = False
html_show_copyright = False

TREE = {
    "Use it": """docs/pipeline docs/glossary docs/datasets docs/graders docs/monthly-cap docs/money
        docs/business-hours docs/canary
        docs/serving docs/serving-measuring docs/serving-snippets docs/verdict-method docs/report
        docs/local-account
        docs/tutorials/README docs/tutorials/labels docs/tutorials/tickets docs/tutorials/handbook
        docs/tutorials/your-own examples/support/README examples/tickets/README examples/handbook/README
        examples/function/README
        docs/reference/settings docs/reference/environments docs/reference/command docs/reference/json-output""",
    "Run it": """docs/doctor docs/promotion docs/promotion-target docs/promotion-ways
        docs/promotion-infrastructure docs/removing
        docs/people docs/threat-model docs/data-protection docs/supply-chain docs/aws-assumptions
        docs/runbooks/failed-run docs/runbooks/dead-letters docs/runbooks/function-errors docs/runbooks/fallback-ratio
        docs/runbooks/prompts-logged docs/runbooks/incidents/roll-back docs/runbooks/attention
        docs/runbooks/attention/model-dates docs/runbooks/attention/guard-acted
        docs/runbooks/attention/stalled-job docs/runbooks/attention/drift""",
    "Change it": """CONTRIBUTING docs/architecture docs/decisions/README CHANGELOG SECURITY
        packages/bedrock-simulator/README packages/bedrock-simulator/CHANGELOG""",
}


def add_contents(_: Sphinx, page: str, source: list[str]) -> None:
    """Append the site's contents to the pages that head it; in the files, Git hosts would show them as code."""
    if page == root_doc:
        for caption, pages in TREE.items():
            source[0] += f"\n\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(pages.split()) + "\n```\n"
    elif page == "docs/decisions/README":
        source[0] += "\n\n```{toctree}\n:hidden:\n:glob:\n\n0*\n```\n"


def setup(app: Sphinx) -> None:
    app.connect("source-read", add_contents)
