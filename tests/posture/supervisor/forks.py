"""A program that forks two children, as web servers and worker pools do, and waits."""

import os
import time

if __name__ == "__main__":
    if os.fork():
        os.fork()
    time.sleep(60)
