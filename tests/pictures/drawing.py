"""What the pictures are drawn with: boxes, arrows and one palette that follows the reader's colour scheme.

Each SVG carries both variants in its style sheet (`prefers-color-scheme`) and its own ground, so that it can be read in
any page: GitHub and the documents' site show it as an image, and neither passes a class or a variable into it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

SANS = "ui-sans-serif,Helvetica,Arial,sans-serif"
MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
LIGHT: Mapping[str, str] = {
    "ground": "#fbfaf7",
    "ink": "#20262e",
    "body": "#39424e",
    "soft": "#5b6472",
    "frame": "#b7bec8",
    "alarm": "#b4232a",
}
DARK: Mapping[str, str] = {
    "ground": "#15181d",
    "ink": "#eef1f5",
    "body": "#c8cfd8",
    "soft": "#9aa3af",
    "frame": "#4a525d",
    "alarm": "#f0787e",
}
# name: (fill, stroke) in light and in dark
BOXES: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "blue": (("#e8f0fb", "#2f6fbf"), ("#16263a", "#6aa5ee")),
    "green": (("#e9f6ee", "#2a7f4d"), ("#15291d", "#5fc98b")),
    "amber": (("#fdf3e1", "#946009"), ("#2e2411", "#e0a63c")),
    "violet": (("#f3ecfb", "#7a4bb3"), ("#261a35", "#b48be8")),
    "teal": (("#e6f6f7", "#15747d"), ("#11292b", "#4fc3cd")),
    "grey": (("#f4f4f4", "#5f6672"), ("#25282d", "#9aa3af")),
}


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with a title and lines below it. Arrows start and end at its edges."""

    x: float
    y: float
    width: float
    height: float
    title: str
    lines: Sequence[str]
    color: str

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def center(self) -> float:
        return self.y + self.height / 2

    def draw(self) -> list[str]:
        first = self.y + 24
        return [
            f'<rect x="{self.x:g}" y="{self.y:g}" width="{self.width:g}" height="{self.height:g}" rx="9" '
            f'class="{self.color}"/>',
            label(self.middle, first, self.title, size=15, weight=700),
            *(label(self.middle, first + 20 + 16 * n, line, "body") for n, line in enumerate(self.lines)),
        ]


def label(
    x: float, y: float, text: str, color: str = "ink", *, size: float = 12.5, weight: int = 400, anchor: str = "middle"
) -> str:
    """Returns one line of text."""
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size:g}" font-weight="{weight}" '
        f'class="{color}">{escaped(text)}</text>'
    )


def arrow(*points: tuple[float, float], alarm: bool = False) -> str:
    """Returns an arrow along the points; its tip is the last one."""
    (x, y), *others = points
    path = f"M{x:g} {y:g}" + "".join(f"L{a:g} {b:g}" for a, b in others)
    kind = "-alarm" if alarm else ""
    return f'<path d="{path}" class="line{kind}" marker-end="url(#tip{kind})"/>'


def picture(width: float, height: float, name: str, body: Iterable[str], *, style: str = "") -> str:
    """Returns the SVG with both palettes."""
    tips = "".join(
        f'<marker id="tip{kind}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="9" markerHeight="9" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8z" class="{color}"/></marker>'
        for kind, color in (("", "soft"), ("-alarm", "alarm"))
    )
    sheet = (
        ".line,.line-alarm{fill:none;stroke-width:1.7}.line-alarm{stroke-dasharray:5 4}"
        ".around{fill:none;stroke-width:1.5;stroke-dasharray:5 4}"
        f"{_palette(LIGHT, 0)}{style}@media (prefers-color-scheme:dark){{{_palette(DARK, 1)}}}"
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" font-family="{SANS}" '
            f'role="img" aria-label="{escaped(name)}">',
            f"<style>{sheet}</style>",
            f"<defs>{tips}</defs>",
            f'<rect width="{width:g}" height="{height:g}" rx="12" class="ground"/>',
            *body,
            "</svg>\n",
        ]
    )


def escaped(text: str) -> str:
    """Returns a text as XML."""
    return escape(text, quote=True)


def _palette(colors: Mapping[str, str], variant: int) -> str:
    texts = "".join(f".{name}{{fill:{colors[name]}}}" for name in ("ground", "ink", "body", "soft", "alarm"))
    strokes = {"line": "soft", "line-alarm": "alarm", "around": "frame"}
    lines = "".join(f".{name}{{stroke:{colors[color]}}}" for name, color in strokes.items())
    boxes = "".join(
        f".{name}{{fill:{both[variant][0]};stroke:{both[variant][1]}}}.say-{name}{{fill:{both[variant][1]}}}"
        for name, both in BOXES.items()
    )
    return f"{texts}{lines}{boxes}.say-soft{{fill:{colors['soft']}}}.dot{{fill:{colors['frame']}}}"
