#!/usr/bin/env python3
"""Runs a program on a terminal of its own and draws what that shows after a while, as SVG:

    scripts/terminal-picture.py --after 2.5 --size 16x90 --title '$ tandem-get ...' picture.svg PROGRAM ARGUMENT...

The screen is what the program wrote, and nothing else; it is left to run to its end.
"""
import argparse
import codecs
import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
import unicodedata
from xml.sax.saxutils import escape

COLOURS = {"31": "#f07178", "32": "#9ccc65", "33": "#ffcb6b", "2": "#7f8c98"}
PLAIN = "#d8dee9"
CELL_WIDTH, CELL_HEIGHT, MARGIN = 8.4, 18, 14


class Screen:
    """The sequences that tests/support/terminal_screen.hpp knows, with colours."""

    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.lines = [[]]
        self.top = self.row = self.column = 0
        self.colour = PLAIN
        self.rest = ""

    def feed(self, text):
        text = self.rest + text
        self.rest = ""
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                found = re.match(r"\x1b\[([0-9;?]*)([A-Za-z])", text[at:])
                if not found:
                    self.rest = text[at:]
                    return
                self.obey(*found.groups())
                at += found.end()
                continue
            if text[at] == "\r":
                self.column = 0
            elif text[at] == "\n":
                self.next_line()
            else:
                self.put(text[at])
            at += 1

    def next_line(self):
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append([])
        self.top = max(self.top, self.row - self.rows + 1)

    def put(self, character):
        width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if self.column + width > self.columns:
            self.next_line()
            self.column = 0
        line = self.lines[self.row]
        line.extend([(" ", PLAIN)] * (self.column + width - len(line)))
        line[self.column] = (character, self.colour)
        for extra in range(1, width):
            line[self.column + extra] = ("", PLAIN)
        self.column += width

    def obey(self, argument, what):
        if what in "KJ":
            del self.lines[self.row][self.column:]
            if what == "J":
                del self.lines[self.row + 1:]
        elif what == "A":
            self.row = max(self.top, self.row - int(argument or 1))
        elif what == "m":
            self.colour = COLOURS.get(argument, PLAIN)

    def shown(self):
        lines = self.lines[self.top:self.top + self.rows]
        while lines and not lines[-1]:
            lines.pop()
        return lines


def run(words, rows, columns, after):
    """What the program's screen has after so many seconds."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
        os.execvp(words[0], words)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    screen, until, seen = Screen(rows, columns), time.monotonic() + after, None
    decoder = codecs.getincrementaldecoder("utf-8")()
    while True:
        if seen is None and time.monotonic() >= until:
            seen = [list(line) for line in screen.shown()]
        if not select.select([terminal], [], [], 0.02)[0]:
            continue
        try:
            came = os.read(terminal, 65536)
        except OSError:  # the program has gone
            break
        if not came:
            break
        screen.feed(decoder.decode(came))
    os.waitpid(pid, 0)
    if seen is None:
        raise SystemExit("the program ended before its picture was taken")
    return seen


def runs_of(line):
    """The line in pieces of one colour: (column, text, colour)."""
    pieces = []
    for column, (character, colour) in enumerate(line):
        if pieces and pieces[-1][2] == colour:
            pieces[-1][1] += character
        else:
            pieces.append([column, character, colour])
    return [piece for piece in pieces if piece[1].strip()]


def draw(lines, columns):
    width = columns * CELL_WIDTH + 2 * MARGIN
    height = len(lines) * CELL_HEIGHT + 2 * MARGIN
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
             f'viewBox="0 0 {width:.0f} {height:.0f}">',
             '<rect width="100%" height="100%" rx="8" fill="#1e2430"/>',
             '<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14">']
    for number, line in enumerate(lines):
        y = MARGIN + number * CELL_HEIGHT + 14
        for column, text, colour in runs_of(line):
            x = MARGIN + column * CELL_WIDTH
            length = len(text) * CELL_WIDTH
            shown = escape(text).replace(" ", chr(0xA0))  # SVG joins other spaces
            parts.append(f'<text x="{x:.1f}" y="{y}" fill="{colour}" textLength="{length:.1f}" '
                         f'lengthAdjust="spacingAndGlyphs">{shown}</text>')
    parts.append("</g></svg>")
    return "\n".join(parts) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--after", type=float, default=2, help="seconds until the picture is taken")
    parser.add_argument("--size", default="24x80", help="rows and columns")
    parser.add_argument("--title", default="", help="a line above it: the command as one types it")
    parser.add_argument("picture")
    parser.add_argument("words", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    rows, columns = (int(each) for each in given.size.split("x"))
    lines = run(given.words, rows, columns, given.after)
    if given.title:
        lines.insert(0, [(character, PLAIN) for character in given.title])
    with open(given.picture, "w", encoding="utf-8") as out:
        out.write(draw(lines, columns))


if __name__ == "__main__":
    main()
