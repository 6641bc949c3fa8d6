#!/usr/bin/env python3
"""Draws what a terminal shows as an SVG.

Reads the text of `tmux capture-pane -e -N -p` (or any text with SGR colours) on standard input and
writes an SVG on standard output:

    tmux capture-pane -e -N -p | python3 assets/screenshots/render.py > screen.svg

Every character gets the x of its own cell, so the grid holds with any font, wide characters
included. Lines, corners, blocks and shades are drawn as shapes: glyphs leave gaps between rows.
Standard library only.
"""

import argparse
import re
import sys
import unicodedata
from dataclasses import dataclass, field, replace
from xml.sax.saxutils import escape

CELL_WIDTH = 8.4
CELL_HEIGHT = 18.0
FONT_SIZE = 14.0
BASELINE = 13.2
PADDING = 14.0
TITLE_HEIGHT = 30.0
FONTS = (
    "'DejaVu Sans Mono', Menlo, Consolas, 'Cascadia Mono', 'Liberation Mono', "
    "'Noto Sans Mono CJK SC', 'PingFang SC', 'Microsoft YaHei', monospace"
)

FOREGROUND = "#c8ccd4"
BACKGROUND = "#16181d"
FRAME = "#24272e"
FRAME_LINE = "#3a3f4a"
TITLE = "#8b919d"
# The sixteen ANSI colours: eight, then their bright forms.
ANSI = (
    "#2b2f38", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#abb2bf",
    "#6b7280", "#f28b93", "#b5e08f", "#f5d58f", "#84c7ff", "#dc9bef", "#7fd6e0", "#ffffff",
)

# The same for a light terminal.
LIGHT = {
    "FOREGROUND": "#24272e", "BACKGROUND": "#fcfcfb", "FRAME": "#eceded", "FRAME_LINE": "#cfd2d6",
    "TITLE": "#6b727d",
    "ANSI": (
        "#24272e", "#c0392b", "#3a7d34", "#9a6a00", "#2b66a8", "#8a4a9e", "#1d7f86", "#b9bec6",
        "#767d88", "#d9534a", "#4f9a47", "#b9860b", "#3f83cf", "#a765bd", "#2aa0a8", "#ffffff",
    ),
}


def palette(index):
    """The colour of one of the 256 palette entries."""
    if index < 16:
        return ANSI[index]
    if index < 232:
        index -= 16
        levels = (0, 95, 135, 175, 215, 255)
        return "#%02x%02x%02x" % (levels[index // 36], levels[index // 6 % 6], levels[index % 6])
    grey = 8 + 10 * (index - 232)
    return "#%02x%02x%02x" % (grey, grey, grey)


@dataclass(frozen=True)
class Style:
    """How one cell looks."""

    fg: str | None = None
    bg: str | None = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    reverse: bool = False
    hidden: bool = False
    strike: bool = False

    def ink(self):
        """The colour of the character."""
        return (self.bg or BACKGROUND) if self.reverse else (self.fg or FOREGROUND)

    def paper(self):
        """The colour behind the character, or None for the window's own."""
        return (self.fg or FOREGROUND) if self.reverse else self.bg


@dataclass
class Cell:
    """One character (with what combines with it) at its place."""

    column: int
    width: int
    text: str
    style: Style = field(default_factory=Style)


SWITCHES = {
    1: {"bold": True}, 2: {"dim": True}, 3: {"italic": True}, 4: {"underline": True},
    7: {"reverse": True}, 8: {"hidden": True}, 9: {"strike": True}, 21: {"underline": True},
    22: {"bold": False, "dim": False}, 23: {"italic": False}, 24: {"underline": False},
    27: {"reverse": False}, 28: {"hidden": False}, 29: {"strike": False},
    39: {"fg": None}, 49: {"bg": None},
}


def extended(rest):
    """Reads what follows 38, 48 or 58: a colour and how many numbers it took."""
    if len(rest) >= 2 and rest[0] == 5:
        return palette(rest[1] & 255), 2
    if len(rest) >= 4 and rest[0] == 2:
        return "#%02x%02x%02x" % tuple(n & 255 for n in rest[1:4]), 4
    return None, len(rest)


def apply(style, parameters):
    """Applies one SGR sequence."""
    groups = [[int(n or 0) for n in group.split(":")] for group in parameters.split(";")]
    place = 0
    while place < len(groups):
        group = groups[place]
        place += 1
        code = group[0]
        if code == 0:
            style = Style()
        elif code == 4 and len(group) > 1:
            style = replace(style, underline=group[1] != 0)
        elif code in SWITCHES:
            style = replace(style, **SWITCHES[code])
        elif 30 <= code <= 37 or 90 <= code <= 97:
            style = replace(style, fg=ANSI[code - 30 if code < 90 else code - 82])
        elif 40 <= code <= 47 or 100 <= code <= 107:
            style = replace(style, bg=ANSI[code - 40 if code < 100 else code - 92])
        elif code in (38, 48, 58):
            if len(group) > 1:  # 38:5:N, 38:2:R:G:B or 38:2::R:G:B
                rest = group[1:2] + group[3:] if group[1] == 2 and len(group) > 5 else group[1:]
                colour, _ = extended(rest)
            else:
                colour, taken = extended([g[0] for g in groups[place:]])
                place += taken
            if code != 58:
                style = replace(style, **{"fg" if code == 38 else "bg": colour})
    return style


SEQUENCE = re.compile(
    r"\x1b\[(?P<sgr>[0-9;:]*)m"          # colours and weights
    r"|\x1b\[[0-?]*[ -/]*[@-~]"          # any other control sequence: skipped
    r"|\x1b[\]P^_][^\x07\x1b]*(?:\x07|\x1b\\)"  # hyperlinks and other strings: skipped
    r"|\x1b[ -/]*[0-~]"                  # short escapes: skipped
    r"|[\x00-\x09\x0b-\x1f\x7f]"         # other control characters: skipped
)


def columns_of(character):
    """How many columns a terminal gives a character; 0 joins the one before."""
    if character in "\u200d\ufe0e\ufe0f" or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def parse(text):
    """Turns captured text into rows of cells. Styles last over line ends, as in tmux."""
    rows, row, column, style, place = [], [], 0, Style(), 0
    while place < len(text):
        sequence = SEQUENCE.match(text, place)
        if sequence:
            place = sequence.end()
            if sequence.group("sgr") is not None:
                style = apply(style, sequence.group("sgr"))
            continue
        character = text[place]
        place += 1
        if character == "\n":
            rows.append(row)
            row, column = [], 0
            continue
        width = columns_of(character)
        if width == 0:
            if row:
                row[-1].text += character
            continue
        row.append(Cell(column, width, character, style))
        column += width
    if row:
        rows.append(row)
    return rows


def number(value):
    """A coordinate, short."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def rect(x, y, width, height, fill, extra=""):
    """A filled rectangle."""
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" '
        f'height="{number(height)}" fill="{fill}"{extra}/>'
    )


# Which arms a line character has: up, right, down, left; 1 thin, 2 heavy.
ARMS = {
    "─": (0, 1, 0, 1), "│": (1, 0, 1, 0), "┌": (0, 1, 1, 0), "┐": (0, 0, 1, 1), "└": (1, 1, 0, 0),
    "┘": (1, 0, 0, 1), "├": (1, 1, 1, 0), "┤": (1, 0, 1, 1), "┬": (0, 1, 1, 1), "┴": (1, 1, 0, 1),
    "┼": (1, 1, 1, 1), "╴": (0, 0, 0, 1), "╵": (1, 0, 0, 0), "╶": (0, 1, 0, 0), "╷": (0, 0, 1, 0),
    "━": (0, 2, 0, 2), "┃": (2, 0, 2, 0), "┏": (0, 2, 2, 0), "┓": (0, 0, 2, 2), "┗": (2, 2, 0, 0),
    "┛": (2, 0, 0, 2), "┣": (2, 2, 2, 0), "┫": (2, 0, 2, 2), "┳": (0, 2, 2, 2), "┻": (2, 2, 0, 2),
    "╋": (2, 2, 2, 2), "┝": (1, 2, 1, 0), "┥": (1, 0, 1, 2), "┿": (1, 2, 1, 2), "╪": (1, 1, 1, 1),
    "╞": (1, 2, 1, 0), "╡": (1, 0, 1, 2), "═": (0, 2, 0, 2), "║": (2, 0, 2, 0),
}
ROUND = {"╭": (1, 1), "╮": (-1, 1), "╯": (-1, -1), "╰": (1, -1)}
DASHES = {"╌": "h", "┄": "h", "┈": "h", "╎": "v", "┆": "v", "┊": "v"}
SHADES = {"░": 0.25, "▒": 0.5, "▓": 0.75, "█": 1.0}


class Strokes:
    """The straight lines of a screen: what continues over cells becomes one line."""

    def __init__(self):
        self.pieces = {}
        self.paths = {}

    def arms(self, text, x, y, look):
        """Adds the arms of a line character whose cell is at x, y."""
        middle_x, middle_y = x + CELL_WIDTH / 2, y + CELL_HEIGHT / 2
        up, right, down, left = ARMS[text]
        across = ((left, x, middle_x), (right, middle_x, x + CELL_WIDTH))
        along = ((up, y, middle_y), (down, middle_y, y + CELL_HEIGHT))
        for way, line, halves in (("h", middle_y, across), ("v", middle_x, along)):
            for weight, start, end in halves:
                if weight:
                    key = (look, weight, way, round(line, 3))
                    self.pieces.setdefault(key, []).append((round(start, 3), round(end, 3)))

    def path(self, data, look):
        """Adds a thin line that is not straight."""
        self.paths.setdefault((look, 1), []).append(data)

    def draw(self):
        """All lines, one path for each colour and weight."""
        paths = {key: list(data) for key, data in self.paths.items()}
        for (look, weight, way, line), pieces in self.pieces.items():
            merged = []
            for start, end in sorted(pieces):
                if merged and start - merged[-1][1] < 0.01:
                    merged[-1][1] = max(end, merged[-1][1])
                else:
                    merged.append([start, end])
            for start, end in merged:
                data = (
                    f"M{number(start)} {number(line)}H{number(end)}" if way == "h"
                    else f"M{number(line)} {number(start)}V{number(end)}"
                )
                paths.setdefault((look, weight), []).append(data)
        out = []
        for ((ink, dim), weight), data in paths.items():
            faint = ' opacity="0.62"' if dim else ""
            out.append(
                f'<path d="{"".join(data)}" stroke="{ink}" stroke-width="{1.2 if weight == 1 else 2.4}" '
                f'stroke-linecap="square" fill="none"{faint}/>'
            )
        return out


def shape(text, x, y, style, strokes):
    """The character as a shape that fills its cell, or None for a glyph of the font.

    Lines go to `strokes`; for them the shape is empty.
    """
    ink, look = style.ink(), (style.ink(), style.dim)
    middle_x, middle_y = x + CELL_WIDTH / 2, y + CELL_HEIGHT / 2
    if text in ARMS:
        strokes.arms(text, x, y, look)
        return ""
    if text in ROUND:
        to_x, to_y = ROUND[text]
        end_x, end_y = middle_x + to_x * CELL_WIDTH / 2, middle_y + to_y * CELL_HEIGHT / 2
        bend = 4.2
        strokes.path(
            f"M{number(end_x)} {number(middle_y)}"
            f"Q{number(middle_x)} {number(middle_y)} {number(middle_x)} {number(middle_y + to_y * bend)}"
            f"V{number(end_y)}",
            look,
        )
        return ""
    if text in DASHES:
        line = (
            f"M{number(x)} {number(middle_y)}h{CELL_WIDTH}" if DASHES[text] == "h"
            else f"M{number(middle_x)} {number(y)}v{CELL_HEIGHT}"
        )
        return f'<path d="{line}" stroke="{ink}" stroke-width="1.2" stroke-dasharray="2.4 1.8" fill="none"/>'
    if text in SHADES:
        extra = "" if SHADES[text] == 1 else f' fill-opacity="{SHADES[text]}"'
        return rect(x, y, CELL_WIDTH, CELL_HEIGHT, ink, extra)
    code = ord(text[0])
    if len(text) == 1 and 0x2581 <= code <= 0x2587:  # lower eighths
        height = CELL_HEIGHT * (code - 0x2580) / 8
        return rect(x, y + CELL_HEIGHT - height, CELL_WIDTH, height, ink)
    if len(text) == 1 and 0x2589 <= code <= 0x258F:  # left eighths
        return rect(x, y, CELL_WIDTH * (0x2590 - code) / 8, CELL_HEIGHT, ink)
    if text == "▀":
        return rect(x, y, CELL_WIDTH, CELL_HEIGHT / 2, ink)
    if text == "▐":
        return rect(x + CELL_WIDTH / 2, y, CELL_WIDTH / 2, CELL_HEIGHT, ink)
    if text == "▔":
        return rect(x, y, CELL_WIDTH, CELL_HEIGHT / 8, ink)
    if text == "▕":
        return rect(x + CELL_WIDTH * 7 / 8, y, CELL_WIDTH / 8, CELL_HEIGHT, ink)
    return None


def attributes(style):
    """The SVG attributes of text in this style."""
    out = [f'fill="{style.ink()}"']
    if style.bold:
        out.append('font-weight="bold"')
    if style.italic:
        out.append('font-style="italic"')
    if style.dim:
        out.append('opacity="0.62"')
    return " ".join(out)


def plain(cell):
    """Whether a cell may share a text element with its neighbours: one narrow character."""
    return cell.width == 1 and len(cell.text) == 1 and ord(cell.text) < 0x10000


def draw_row(row, x0, y, strokes):
    """One row: what lies behind, then characters, then lines under and through them."""
    behind, ink, over = [], [], []
    runs = []
    for cell in row:
        joins = runs and runs[-1][0].style == cell.style
        runs[-1].append(cell) if joins else runs.append([cell])
    for run in runs:
        style = run[0].style
        x = x0 + run[0].column * CELL_WIDTH
        width = sum(cell.width for cell in run) * CELL_WIDTH
        if style.paper():
            behind.append(rect(x, y, width, CELL_HEIGHT, style.paper(), ' shape-rendering="crispEdges"'))
        if style.hidden:
            continue
        for on, at in ((style.underline, BASELINE + 2.2), (style.strike, BASELINE - 4.4)):
            if on:
                faint = ' opacity="0.62"' if style.dim else ""
                over.append(rect(x, y + at, width, 1, style.ink(), faint))
        shapes, words, word = [], [], []
        for cell in run:
            drawn = shape(cell.text, x0 + cell.column * CELL_WIDTH, y, style, strokes)
            if drawn is not None:
                shapes.append(drawn)
            if drawn is not None or cell.text.isspace() or not plain(cell):
                if word:
                    words.append(word)
                word = []
                if drawn is None and not cell.text.isspace():
                    words.append([cell])
            else:
                word.append(cell)
        if word:
            words.append(word)
        if shapes:
            joined = "".join(shapes)
            if joined:
                ink.append(f'<g opacity="0.62">{joined}</g>' if style.dim else joined)
        for word in words:
            if len(word) == 1:
                # A lone cell is centred: fonts disagree on how wide CJK and emoji are.
                cell = word[0]
                centre = x0 + (cell.column + cell.width / 2) * CELL_WIDTH
                ink.append(
                    f'<text x="{number(centre)}" y="{number(y + BASELINE)}" text-anchor="middle" '
                    f"{attributes(style)}>{escape(cell.text)}</text>"
                )
            else:
                places = " ".join(number(x0 + cell.column * CELL_WIDTH) for cell in word)
                text = escape("".join(cell.text for cell in word))
                ink.append(f'<text x="{places}" y="{number(y + BASELINE)}" {attributes(style)}>{text}</text>')
    return behind + ink + over


def render(rows, columns, height, title, cursor, label):
    """The whole picture."""
    width_px = columns * CELL_WIDTH + 2 * PADDING
    height_px = height * CELL_HEIGHT + 2 * PADDING + TITLE_HEIGHT
    x0, y0 = PADDING, PADDING + TITLE_HEIGHT
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(width_px)} {number(height_px)}" '
        f'width="{number(width_px)}" height="{number(height_px)}" role="img" '
        f'font-family="{escape(FONTS)}" font-size="{number(FONT_SIZE)}">',
        f"<title>{escape(label or title)}</title>",
        f'<rect x="0.5" y="0.5" width="{number(width_px - 1)}" height="{number(height_px - 1)}" rx="9" '
        f'fill="{BACKGROUND}" stroke="{FRAME_LINE}"/>',
        f'<path d="M0.5 {number(TITLE_HEIGHT)}v{number(9.5 - TITLE_HEIGHT)}a9 9 0 0 1 9 -9h{number(width_px - 19)}'
        f'a9 9 0 0 1 9 9v{number(TITLE_HEIGHT - 9.5)}z" fill="{FRAME}"/>',
    ]
    for place, colour in enumerate(("#e06c75", "#e5c07b", "#98c379")):
        out.append(f'<circle cx="{18 + 18 * place}" cy="{number(TITLE_HEIGHT / 2)}" r="5.5" fill="{colour}"/>')
    out.append(
        f'<text x="{number(width_px / 2)}" y="{number(TITLE_HEIGHT / 2 + 4.5)}" text-anchor="middle" '
        f'font-size="12.5" fill="{TITLE}">{escape(title)}</text>'
    )
    strokes = Strokes()
    for place, row in enumerate(rows[:height]):
        out.extend(draw_row(row, x0, y0 + place * CELL_HEIGHT, strokes))
    out.extend(strokes.draw())
    if cursor:
        column, line = cursor
        out.append(
            rect(x0 + column * CELL_WIDTH, y0 + line * CELL_HEIGHT, CELL_WIDTH, CELL_HEIGHT,
                 FOREGROUND, ' fill-opacity="0.75"')
        )
    out.append("</svg>\n")
    return "\n".join(out)


def pair(text):
    """COLUMN,ROW as numbers."""
    column, row = text.split(",")
    return int(column), int(row)


def main():
    """Reads the capture, writes the picture."""
    parser = argparse.ArgumentParser(description="Draw captured terminal text as an SVG.")
    parser.add_argument("--columns", type=int, help="width of the screen (default: the longest row)")
    parser.add_argument("--rows", type=int, help="height of the screen (default: the number of rows)")
    parser.add_argument("--title", default="mmchat", help="text in the window's title bar")
    parser.add_argument("--label", help="what the picture shows, for screen readers")
    parser.add_argument("--cursor", type=pair, metavar="COLUMN,ROW", help="draw the cursor here, from 0,0")
    parser.add_argument("--light", action="store_true", help="draw a light terminal")
    options = parser.parse_args()
    if options.light:
        globals().update(LIGHT)
    # Not text mode: a lone carriage return would count as a line end.
    rows = parse(sys.stdin.buffer.read().decode("utf-8", "replace"))
    longest = max((row[-1].column + row[-1].width for row in rows if row), default=1)
    columns, height = options.columns or longest, options.rows or max(len(rows), 1)
    picture = render(rows, columns, height, options.title, options.cursor, options.label)
    sys.stdout.buffer.write(picture.encode("utf-8"))


if __name__ == "__main__":
    main()
