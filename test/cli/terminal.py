# Runs a command in a terminal of so many columns, and prints as JSON what it wrote and how it ended.
#
#   terminal.py COLUMNS TEXT COMMAND …
#
# Once TEXT has been written, unless it is empty, the keys Ctrl and C are pressed.
import fcntl
import json
import os
import pty
import struct
import sys
import termios

columns, text, *command = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    size = struct.pack("HHHH", 24, int(columns), 0, 0)
    fcntl.ioctl(0, termios.TIOCSWINSZ, size)
    os.execvp(command[0], command)

written = b""
pressed = text == ""
while True:
    try:
        part = os.read(terminal, 65536)
    except OSError:  # how Linux says that nobody is left to write
        part = b""
    if not part:
        break
    written += part
    if not pressed and text.encode() in written:
        pressed = True
        os.write(terminal, b"\x03")
_, status = os.waitpid(child, 0)
signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
print(json.dumps({"written": written.decode(), "signal": signal}))
