"""terminal.py COLUMNS COMMAND... -- runs a command on a terminal of its own; prints what arrives there.
$TYPED is typed there; "\\n" in it is the return key."""
import fcntl
import os
import pty
import struct
import sys
import termios

columns, command = int(sys.argv[1]), sys.argv[2:]
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
child = os.fork()
if child == 0:
    os.close(master)
    for stream in range(3):
        os.dup2(slave, stream)
    os.execvp(command[0], command)
os.close(slave)
os.write(master, os.environ.get("TYPED", "").replace("\\n", "\n").encode())
while True:
    try:
        data = os.read(master, 65536)
    except OSError:  # the other side is closed
        break
    if not data:
        break
    sys.stdout.buffer.write(data)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
