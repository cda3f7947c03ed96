"""Which API answers at an address: the longest base path on the same host and port wins."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """One base URL of an API; `host` is empty for a relative one, which maps nothing but is stripped from paths."""

    api_id: int
    host: str
    port: int | None
    base_path: str


def _segments(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part)


class AddressBook:
    """Looks up APIs by address. Built once per report from the base URLs a principal may see."""

    def __init__(self, addresses: Iterable[Address]) -> None:
        self._by_host: dict[tuple[str, int | None], list[tuple[tuple[str, ...], int]]] = defaultdict(list)
        self._by_name: dict[str, list[tuple[tuple[str, ...], int]]] = defaultdict(list)
        self._by_api: dict[int, set[tuple[str, ...]]] = defaultdict(set)
        for address in addresses:
            base = _segments(address.base_path)
            self._by_api[address.api_id].add(base)
            if address.host:
                self._by_host[address.host, address.port].append((base, address.api_id))
                self._by_name[address.host].append((base, address.api_id))
        for entries in (*self._by_host.values(), *self._by_name.values()):
            entries.sort(key=lambda entry: (-len(entry[0]), entry[1]))

    def find(self, host: str, port: int | None, path: str) -> int | None:
        """Return the id of the API whose base URL is the longest prefix, or None; ties go to the lowest id."""
        parts = _segments(path)
        for base, api_id in self._by_host.get((host, port), ()):
            if parts[: len(base)] == base:
                return api_id
        return None

    def find_at_any_port(self, host: str, path: str) -> int | None:
        """Return the same where the port is not told, as in a log."""
        parts = _segments(path)
        return next((api_id for base, api_id in self._by_name.get(host, ()) if parts[: len(base)] == base), None)

    def alone_at(self, host: str) -> int | None:
        """Return the id of the one API that answers at a host, None when there are more or none."""
        found = {api_id for _, api_id in self._by_name.get(host, ())}
        return found.pop() if len(found) == 1 else None

    def alone_with(self, path: str) -> int | None:
        """Return the id of the one API at whose address the path could be where no host is told, None with more.

        One that answers at the root of a host could be asked for any path, so none is taken for another's beside it.
        """
        parts = _segments(path)
        fits = {
            (api_id, bool(base)) for api_id, bases in self._by_api.items() for base in bases
            if parts[: len(base)] == base
        }  # fmt: skip
        api_id, based = fits.pop() if len(fits) == 1 else (None, False)
        return api_id if based else None

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts at which any API answers."""
        return frozenset(self._by_name)

    def hosts_of(self, api_id: int) -> frozenset[str]:
        """Return the hosts at which one API answers."""
        return frozenset(
            host for host, entries in self._by_name.items() if any(entry[1] == api_id for entry in entries)
        )

    def inside(self, api_id: int, path: str) -> str:
        """Return a path without the longest base path of that API that starts it; other paths come back as they are."""
        parts = _segments(path)
        fitting = [base for base in self._by_api.get(api_id, ()) if base and parts[: len(base)] == base]
        if not fitting:
            return path
        rest = "/" + "/".join(parts[len(max(fitting, key=len)) :])
        return rest + "/" if path.endswith("/") and rest != "/" else rest
