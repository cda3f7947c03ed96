"""`manage.py up`: the whole product as one process tree."""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from posture.supervisor import prepared, wishes
from posture.supervisor.children import Program, open_log
from posture.supervisor.console import complain, say
from posture.supervisor.home import Home, locate
from posture.supervisor.process import last_line, spawn
from posture.supervisor.services import Services
from posture.supervisor.tree import Signals, Tree
from posture.supervisor.trouble import Interrupted, Trouble

ROOT = wishes.ROOT
SLOW = 90.0
HEAD_START = 5.0  # seconds the web server has the processors to itself: a person waits for it first


def furnish() -> None:
    """Make the home and its keys for any command of the product; ends the process with one line when it cannot."""
    try:
        Home(locate(os.environ, ROOT)).furnish(os.environ)
    except Trouble as trouble:
        complain(str(trouble))
        sys.exit(2)


def main(arguments: Sequence[str]) -> int:
    """Run the product until it is stopped; returns the exit code, 2 when it could not start."""
    parser = argparse.ArgumentParser(prog="manage.py up")
    wishes.describe(parser)
    parser.parse_args(arguments)
    signals = Signals()
    signals.listen()
    try:
        start = Start(signals, os.environ)
    except Trouble as trouble:
        complain(str(trouble))
        return 2
    return start.run()


def web_command(host: str, port: int) -> list[str]:
    """Return the web server's command, for `posture.supervisor.child`."""
    workers = str(max(2, min(4, os.cpu_count() or 2)))
    command = ["--preload", "posture.asgi", "granian", "--interface", "asginl", "--host", host, "--port", str(port)]
    command += ["--workers", workers]
    return [*command, "--no-ws", "--log-level", "warning", "posture.asgi:application"]


class Start:
    """One start of the product."""

    def __init__(self, signals: Signals, environ: Mapping[str, str]) -> None:
        self.began = time.monotonic()
        self.signals = signals
        self.wishes = wishes.read(environ)
        self.services = Services(self.wishes.home, throwaway=False, environ=environ)
        self.environ = environ
        self.tree = Tree(signals)
        self.home = self.services.home
        self.environment = {
            **environ,
            "POSTURE_HOME": str(self.home.path),
            "DJANGO_SETTINGS_MODULE": "posture.settings",
            "C_FORCE_ROOT": "1",  # Celery refuses root for its pickles; we send none
            "PYTHONUNBUFFERED": "1",
        }
        self.answer = self.home.run / "sign-in.json"
        self.preparing: subprocess.Popen[bytes] | None = None
        self.later: list[Program] = []
        self.web_began = 0.0
        self.ready = False
        self.late = False
        self.demo = 0

    def run(self) -> int:
        """Start everything, watch it, stop it."""
        code = 2
        try:
            self._start()
            code = 1
            self.tree.watch(self._announce)
        except Trouble as trouble:
            complain(str(trouble))
        except Interrupted:
            code = 0
        except OSError as error:
            complain(f"Posture cannot go on: {error.strerror} ({error.filename or self.home.path}).")
        else:
            code = 0
        if self.preparing is not None and self.preparing.poll() is None:
            self.preparing.kill()
        if self.tree.children:
            self.tree.stop()
        self.services.stop(grace=0.0)
        return code

    def _start(self) -> None:
        self._check()
        pause = self.signals.pause_while(0)
        self.services.start(pause)
        self.tree.children += self.services.children()
        if wishes.equal_roles(self.services.database_url, self.services.database_owner_url):
            complain(
                "Warning: DATABASE_URL and DATABASE_OWNER_URL name the same role, so nothing keeps the application "
                "from changing its own trail; `manage.py up --help` shows how to make two."
            )
        stamp = prepared.current(ROOT, self.services.postgres)
        before = prepared.last(self.home)
        self.answer.unlink(missing_ok=True)
        if stamp == before and self.services.postgres is not None:
            self._prepare("--sign-in-only")
        else:
            say("Preparing the database.")
            static = [] if before and before.static == stamp.static else ["--static"]
            self._prepare(*static)
            self._await_preparation()
            prepared.current(ROOT, self.services.postgres).save(self.home)
        web, *self.later = self._programs()
        self.tree.grow(web)
        self.web_began = time.monotonic()

    def _check(self) -> None:
        """Look for what would stop the start before anything is touched; raises Trouble."""
        end = time.monotonic() + 3  # a killed start may still be letting go of the port
        while (problem := self.wishes.web_problem()) and time.monotonic() < end:
            self.signals.pause_while(0)()
        if problem:
            msg = f"Port {self.wishes.port} on {self.wishes.host} cannot be used: {problem}. Set PORT to another one."
            raise Trouble(msg)
        wishes.check_addresses(self.environ)

    def _prepare(self, *arguments: str) -> None:
        command: list[str | Path] = [sys.executable, ROOT / "manage.py", "prepare", *arguments, "--to", self.answer]
        with open_log(self.home.logs / "prepare.log") as output:
            self.preparing = spawn(command, output=output, environment=self.environment, directory=ROOT)

    def _await_preparation(self) -> None:
        pause = self.signals.pause_while(0)
        while self.preparing is not None and self.preparing.poll() is None:
            pause()
        self._check_preparation()

    def _check_preparation(self) -> None:
        if self.preparing is None or not self.preparing.poll():
            return
        log = self.home.logs / "prepare.log"
        words = last_line(log)
        setting, _, told = words.partition("ImproperlyConfigured: ")
        msg = told if told and " " not in setting else f"The database could not be prepared: {words}. Its log: {log}"
        raise Trouble(msg)

    def _programs(self) -> list[Program]:
        web = web_command(self.wishes.host, self.wishes.port)
        celery = ["celery", "-A", "posture", "worker", "--loglevel", "WARNING", "--concurrency", "1"]
        celery += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        clock = ["celery", "-A", "posture", "beat", "--loglevel", "WARNING", "--scheduler", "celery.beat:Scheduler"]
        commands = {
            "Web": web,
            "Worker short": [*celery, "--queues", "short", "--hostname", "short@%h"],
            "Worker small": [*celery, "--queues", "small", "--hostname", "small@%h"],
            # It and the readers it starts: a page that somebody waits for goes first.
            "Worker bulk": ["--nice", "10", *celery, "--queues", "bulk", "--hostname", "bulk@%h"],
            "Clock": [*clock, "--pidfile="],
        }
        return [
            Program(name, self.home.logs / f"{name.lower().replace(' ', '-')}.log", command, self.environment)
            for name, command in commands.items()
        ]

    def _announce(self) -> None:
        """Start the rest once the web server answers, then say that the product is ready and how to sign in."""
        if self.ready:
            self._tell_demo()
            return
        self._check_preparation()
        answers = self.wishes.web_answers()
        if answers or time.monotonic() - self.web_began > HEAD_START:
            while self.later:
                self.tree.grow(self.later.pop(0))
        if answers and (self.preparing is None or self.preparing.poll() is not None):
            self.ready = True
            say(f"Posture is ready at {self.wishes.base_url} ({time.monotonic() - self.began:.1f} s). Ctrl-C stops it.")
            self._say_sign_in()
        elif not self.late and time.monotonic() - self.began > SLOW:
            self.late = True
            say(f"The web server does not answer yet. Its log: {self.home.logs / 'web.log'}")

    def _say_sign_in(self) -> None:
        found = json.loads(self.answer.read_text())
        self.answer.unlink()
        if link := found.get("link"):
            address = link if "://" in link else f"{self.wishes.base_url}{link}"
            say(f"Make the first administrator (the link works once): {address}")
            return
        people = found.get("people", [])
        if not people:
            say(f"Sign in at {self.wishes.base_url}/login/")
            return
        say("Demo people (also in the home's file demo-people; DEMO=0 starts without them):")
        wide = [max(len(person[column]) for person in people) for column in (0, 1)]
        for role, email, password in people:
            say(f"  {role:<{wide[0]}}  {email:<{wide[1]}}  {password}")

    def _tell_demo(self) -> None:
        """Say each new step of loading the demo, and its end."""
        try:
            told = json.loads((self.home.path / "demo" / "progress.json").read_text())
        except FileNotFoundError:
            if self.demo:
                say(f"The demo is loaded ({time.monotonic() - self.began:.0f} s after the start).")
            self.demo = 0
            return
        if told["step"] != self.demo:
            self.demo = told["step"]
            say(f"Loading the demo, step {self.demo} of {told['steps']}: {told['doing'].lower()}.")
