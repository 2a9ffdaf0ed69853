"""Runs Synapse in this process and ends it with the process that started it.

Standard input is the lifeline: the parent holds the other end of the pipe, which the kernel closes however the
parent ends. The parent's id is watched as well. (PR_SET_PDEATHSIG is not used: it fires when the *thread* that
started this process ends, and a test harness runs each test in a thread of its own.)
"""

import os
import signal
import sys
import threading
import time

PARENT = os.getppid()
GRACE_SECONDS = 8


def end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


def read_lifeline() -> None:
    while os.read(0, 4096):
        pass
    end()


def watch_parent() -> None:
    while os.getppid() == PARENT:
        time.sleep(1)
    end()


for watch in (read_lifeline, watch_parent):
    threading.Thread(target=watch, daemon=True).start()

from synapse.app.homeserver import main  # noqa: E402

sys.exit(main())
