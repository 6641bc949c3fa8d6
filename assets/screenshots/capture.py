#!/usr/bin/env python3
"""Takes the README's screenshots: runs mmchat on its demo in tmux, types, waits, captures.

    python3 assets/screenshots/capture.py target/release/mmchat [SCENE ...]

Each scene writes SCENE.svg beside this file. The program sees an empty home and no keys, so it
opens on the built-in demo and nothing leaves this machine. Needs tmux; standard library only.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
WAIT_SECONDS = 60
# What the status line says while a reply comes.
BUSY = "Esc stop"

# A step is ("type", text), ("press", key of tmux), ("see", text to wait for) or ("miss", text
# to wait to be gone).
SCENES = {
    "reply": {
        "size": (116, 36),
        "label": "mmchat: the reasoning on the left, the answer with a table on the right",
        "steps": [
            ("see", "Type a message"),
            ("type", "Solve the equation x^2 - 5x + 6 = 0"),
            ("press", "Enter"),
            ("see", BUSY),
            ("miss", BUSY),
        ],
    },
    "models": {
        "size": (116, 30),
        "label": "mmchat: the model picker, filtered, over a reply that is being written",
        "steps": [
            ("see", "Type a message"),
            ("type", "Compare SSE and WebSockets in a table"),
            ("press", "Enter"),
            ("see", "answering"),
            ("press", "C-o"),
            ("see", "Switch model"),
            ("type", "m3"),
            ("see", "minimax-m3"),
        ],
    },
    "narrow": {
        "size": (64, 30),
        "label": "mmchat in a narrow window, in Chinese: the reasoning above, the chat below",
        "steps": [
            ("see", "Type a message"),
            ("type", "解方程 x^2 - 5x + 6 = 0"),
            ("press", "Enter"),
            ("see", "thinking 2."),
        ],
    },
    "reply.zh-CN": {
        "size": (120, 40),
        "language": "zh_CN.UTF-8",
        "label": "mmchat 的中文界面：左边是思考过程，右边是回答",
        "steps": [
            ("see", "输入消息"),
            ("type", "用中文介绍一下你自己"),
            ("press", "Enter"),
            ("see", "Esc 停止"),
            ("miss", "Esc 停止"),
        ],
    },
}


class Screen:
    """The program in a tmux of its own."""

    def __init__(self, program, columns, rows, home, language):
        # A server of its own a scene: the last one may still be closing its socket.
        self.socket = f"mmchat-screenshots-{os.getpid()}-{id(self)}"
        self.columns, self.rows = columns, rows
        environment = {
            "HOME": home,
            "PATH": os.environ.get("PATH", ""),
            "TERM": "tmux-256color",
            "LANG": language,
        }
        words = ["env", "-i"] + [f"{name}={value}" for name, value in environment.items()]
        self.tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), *words, program)
        # Without this the last line would be tmux's own.
        self.tmux("set", "-g", "status", "off")
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def tmux(self, *words):
        """Runs one tmux command and returns its output."""
        command = ["tmux", "-L", self.socket, "-f", os.devnull, *words]
        environment = {**os.environ, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        done = subprocess.run(command, env=environment, capture_output=True, check=True)
        return done.stdout.decode("utf-8")

    def text(self):
        """What is on the screen, without styles."""
        return self.tmux("capture-pane", "-p")

    def wait(self, text, there):
        """Waits until a text is on the screen, or gone from it."""
        until = time.monotonic() + WAIT_SECONDS
        while (text in self.text()) != there:
            if time.monotonic() > until:
                wish = "appear" if there else "go"
                sys.exit(f"waited {WAIT_SECONDS} s for {text!r} to {wish}; the screen:\n{self.text()}")
            time.sleep(0.05)

    def step(self, deed, what):
        """Carries out one step of a scene."""
        if deed == "type":
            self.tmux("send-keys", "-l", what)
        elif deed == "press":
            self.tmux("send-keys", what)
        else:
            self.wait(what, deed == "see")

    def draw(self, label):
        """The screen as an SVG."""
        place = self.tmux("display-message", "-p", "#{cursor_flag} #{cursor_x},#{cursor_y}").split()
        options = ["--columns", str(self.columns), "--rows", str(self.rows), "--label", label]
        if place[0] == "1":
            options += ["--cursor", place[1]]
        capture = self.tmux("capture-pane", "-e", "-N", "-p").encode("utf-8")
        render = [sys.executable, str(HERE / "render.py"), *options]
        return subprocess.run(render, input=capture, capture_output=True, check=True).stdout

    def close(self):
        """Ends the program and its tmux."""
        self.tmux("kill-server")


def main():
    """Takes the scenes that are named, or all of them."""
    if len(sys.argv) < 2 or not shutil.which("tmux"):
        sys.exit(f"{__doc__}\nNeeds the path of mmchat as its first argument, and tmux.")
    program = str(Path(sys.argv[1]).resolve())
    for name in sys.argv[2:] or SCENES:
        scene = SCENES[name]
        with tempfile.TemporaryDirectory() as home:
            screen = Screen(program, *scene["size"], home, scene.get("language", "C.UTF-8"))
            try:
                for step in scene["steps"]:
                    screen.step(*step)
                # The frame after the last step is at most a sixtieth of a second away.
                time.sleep(0.3)
                target = HERE / f"{name}.svg"
                target.write_bytes(screen.draw(scene["label"]))
            finally:
                screen.close()
        print(f"{target.name}: {target.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
