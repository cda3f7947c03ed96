"""Two people at the product's own web server while something breaks: one reads, one changes; every answer is counted.

They are a process of their own and know nothing of the product but its addresses. Whoever breaks things says in
`phase` what is broken just now.
"""

import http.client
import json
import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

from posture.supervisor.children import Program
from posture.supervisor.postgres import free_port
from posture.supervisor.process import die_with
from posture.supervisor.services import short_pause
from posture.supervisor.up import web_command
from tests.conftest import environment_of
from tests.inventory.jobs.world import wait_for

BOUND = 15.0
"""Seconds after which an answer counts as none, on however busy a machine."""
REST = 0.15
SENTENCES = (
    "Posture cannot reach its database now, and changed nothing.",
    "database takes no changes now, and nothing was changed.",
    "documents on is full, and nothing was kept.",
    "The disk of Posture&#x27;s database is full, and nothing was changed.",
)
AWAY, WHOLE = -1, 0
"""Phases: nobody asks anything; nothing is broken. What is above is the number of a fault."""
SEVERAL = -2
READ, WRITE = "reads", "writes"
CSRF = "a" * 32
# Without locks: who is killed or stopped while holding one would hold up all.
phase = multiprocessing.Value("i", AWAY, lock=False)
come_so_far = multiprocessing.Value("i", 0, lock=False)
faults = multiprocessing.Array("i", 1000, lock=False)
"""The numbers of the faults that came, each in its turn, over and over: some may come and go while a page is made."""
taken = multiprocessing.Value("i", 0, lock=False)
"""Whether the report that is to come in has been taken."""
asking = multiprocessing.Array("i", 2, lock=False)
"""Which of the two waits for an answer."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one person was told: `what` is answered, unavailable (503 with a sentence), or what it was instead.

    `crossed` are the numbers of the faults that were there or came meanwhile.
    """

    crossed: Sequence[int]
    way: str
    what: str
    seconds: float


def web(database: str, folder: Path) -> tuple[Program, int]:
    """Start the web server as the product does, on a database; return it and its port once it answers."""
    port = free_port()
    environment = {**environment_of(database), "LOG_LEVEL": "ERROR", "BASE_URL": f"http://127.0.0.1:{port}"}
    program = Program("Web", folder / "web.log", web_command("127.0.0.1", port), environment)
    program.start(short_pause)

    def answers() -> bool:
        try:
            return _ask(port, "GET", "/login/", {}, b"")[0] == http.client.OK
        except OSError:
            return False

    wait_for(answers, seconds=120)
    return program, port


def _ask(port: int, method: str, address: str, headers: dict[str, str], body: bytes) -> tuple[int, str, str]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=BOUND)
    try:
        line.request(method, address, body=body or None, headers=headers)
        answer = line.getresponse()
        return answer.status, answer.getheader("Retry-After", ""), answer.read().decode()
    finally:
        line.close()


class Visitors:
    """A process with two people; `session` is the cookie of a signed-in person, `report` what they send in."""

    def __init__(self, *, port: int, session: str, report: bytes, answers: Path) -> None:
        self.port, self.report, self.answers = port, report, answers
        self.headers = {"Cookie": f"sessionid={session}; csrftoken={CSRF}", "X-CSRFToken": CSRF}
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                die_with(parent, signal.SIGKILL)
                self._live()
            except BaseException:  # noqa: BLE001 - said by the only process that knows, which ends here
                traceback.print_exc()
            finally:
                os._exit(1)

    def leave(self) -> None:
        """End the process."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def _live(self) -> None:
        lock = threading.Lock()
        with self.answers.open("a", buffering=1) as file:

            def tell(answer: Answer) -> None:
                with lock:
                    file.write(json.dumps(vars(answer)) + "\n")

            lanes = [threading.Thread(target=self._go_on, args=(way, tell)) for way in (READ, WRITE)]
            for lane in lanes:
                lane.start()
            for lane in lanes:
                lane.join()

    def _go_on(self, way: str, tell: Callable[[Answer], None]) -> None:
        """Ask one thing after the other, for as long as this process lives."""
        lane = (READ, WRITE).index(way)
        for number in count():
            asking[lane] = 0
            time.sleep(REST)
            asking[lane] = 1
            began, before, came = time.monotonic(), phase.value, come_so_far.value
            if before == AWAY:
                continue
            try:
                what = self._read(number) if way == READ else self._write(number)
            except (OSError, http.client.HTTPException) as error:
                what = f"no answer: {error!r}"
            # What was asked before a fault and answered in it belongs to the fault; it never saw a new database.
            if phase.value != AWAY:
                later = [faults[turn % len(faults)] for turn in range(came, come_so_far.value)]
                crossed = [number for number in (before, *later) if number]
                tell(Answer(crossed=crossed, way=way, what=what, seconds=time.monotonic() - began))

    def _read(self, number: int) -> str:
        page = ("/apis/", "/findings/", "/jobs/")[number % 3]
        status, again, said = _ask(self.port, "GET", page, self.headers, b"")
        if status == http.client.OK:
            return "answered" if "Orders" in said or "sarif" in said or "rule-" in said else f"{page} without its data"
        return _away(status, again, said) or f"{status} for {page}"

    def _write(self, number: int) -> str:
        # A report is sent until it is taken; after that only while something is broken.
        sends = number % 2 == 0 and (not taken.value or phase.value > WHOLE)
        status, again, said = self._send() if sends else self._paint(number)
        if status == http.client.FOUND:
            taken.value |= sends
            return "answered"
        return _away(status, again, said) or f"{status} for {'a report' if sends else 'a setting'}"

    def _paint(self, number: int) -> tuple[int, str, str]:
        form = urlencode({"theme": ("light", "dark")[number // 2 % 2], "next": "/apis/"})
        headers = self.headers | {"Content-Type": "application/x-www-form-urlencoded"}
        return _ask(self.port, "POST", "/settings/theme/", headers, form.encode())

    def _send(self) -> tuple[int, str, str]:
        mark = "a-part-of-the-form"
        fields = {"api": "Orders", "series": "sent"}
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        parts.append(f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="sent.sarif"\r\n\r\n')
        body = "".join(parts).encode() + self.report + f"\r\n--{mark}--\r\n".encode()
        headers = self.headers | {"Content-Type": f"multipart/form-data; boundary={mark}"}
        return _ask(self.port, "POST", "/upload/", headers, body)


def come() -> None:
    """Let the two ask, and have a report to send in."""
    taken.value, phase.value = 0, WHOLE


@contextmanager
def during(number: int) -> Iterator[None]:
    """Say that a fault, by its number, is there while the block runs."""
    faults[come_so_far.value % len(faults)] = phase.value = number
    come_so_far.value += 1
    yield
    phase.value = WHOLE


def go() -> None:
    """Let them ask no more, and wait until nothing they asked is under way."""
    phase.value = AWAY
    wait_for(lambda: not any(asking), seconds=2 * BOUND)


def _away(status: int, again: str, said: str) -> str:
    sound = status == http.client.SERVICE_UNAVAILABLE and again and any(sentence in said for sentence in SENTENCES)
    return "unavailable" if sound else ""


def heard(answers: Path) -> list[Answer]:
    """Return every answer so far."""
    return [Answer(**json.loads(line)) for line in answers.read_text().splitlines()]


def table(answers: Sequence[Answer], names: Sequence[str]) -> list[str]:
    """Return a line for each fault, by number from 1, that says what people were told during it, and no other."""
    found: dict[int, list[Answer]] = defaultdict(list)
    for answer in answers:
        numbers = set(answer.crossed) or {WHOLE}
        found[SEVERAL if len(numbers) > 1 else numbers.pop()].append(answer)
    lines = []
    for number, held in sorted(found.items()):
        said = []
        for way in (READ, WRITE):
            of_way = [answer.what for answer in held if answer.way == way]
            yes, away = of_way.count("answered"), of_way.count("unavailable")
            said.append(f"{way} {yes} answered, {away} unavailable, {len(of_way) - yes - away} otherwise")
        longest = max(answer.seconds for answer in held)
        name = {WHOLE: "nothing is broken", SEVERAL: "one fault follows another"}.get(number) or names[number - 1]
        lines.append(f"Pages while {name}: {'; '.join(said)}; longest {longest:.1f} s")
    return lines


def unsound(answers: Sequence[Answer]) -> list[Answer]:
    """Return every answer that is none: a failure, a page without its data, nothing within the bound."""
    return [answer for answer in answers if answer.what not in {"answered", "unavailable"}]
