"""run_on_pty.py PROGRAM ARGUMENT...: the program, its standard input and output being the far end of a serial port."""

import os
import sys
import tty

near, port = os.openpty()
tty.setraw(port)
# As qemu says it. The port stays open here, so that reading goes on when the last other program has closed it.
print("char device redirected to " + os.ttyname(port), file=sys.stderr, flush=True)
os.set_inheritable(port, True)
os.dup2(near, 0)
os.dup2(near, 1)
os.execv(sys.argv[1], sys.argv[1:])
