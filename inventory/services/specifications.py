"""Taking in a specification: which API it describes, its addresses, its endpoints and what it says of sign-in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from inventory.access.models import Team
from inventory.access.records import Principal
from inventory.access.rights import Verb
from inventory.access.services.trail import record_change
from inventory.choices import Environment, FactSource
from inventory.codes import chance_code, slug_suffix
from inventory.errors import ApiAmbiguous
from inventory.jobs.models import Blob
from inventory.models import Api, BaseUrl, Fact, Specification
from inventory.paths import split_base
from inventory.records import EndpointRecord, SpecificationRecord
from inventory.selectors.apis import apis_for, find_api
from inventory.services.classify import give_team
from inventory.services.endpoints import EndpointCounts, write_endpoints
from inventory.services.traffic.placing import place_traffic
from inventory.signals import ApisChanged, endpoints_recorded

NAMESPACE = UUID("6f0c6bb2-5a4f-5d0e-9d64-1d0f5c1c8b3e")
"""Fixed for ever: stable ids, and so every fingerprint, are made under it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecificationOptions:
    """What the uploader said: `api` a code, slug or name; `environment` a word or empty; `team` a slug or empty."""

    api: str = ""
    environment: str = ""
    team: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecificationResult:
    """What came of one specification; `new_api` when it made one, `repeated` when its bytes were the current ones."""

    api_id: int
    api_code: str
    api_name: str
    new_api: bool
    repeated: bool
    endpoints: EndpointCounts


def repeated_specification(
    *, digest: str, options: SpecificationOptions, principal: Principal
) -> SpecificationResult | None:
    """Return the result of reading bytes that are already current for the API they would go to, else None.

    The same bytes for another API or another environment are something new.
    """
    held = Specification.objects.filter(current=True, digest=digest, api__in=apis_for(principal, Verb.UPLOAD))
    if options.api:
        held = held.filter(api=_named_api(options, principal))
    elif options.environment:
        held = held.filter(api__environment=options.environment)
    found = held.select_related("api")[:2]
    if len(found) != 1:
        return None
    specification = found[0]
    counts = EndpointCounts(created=0, updated=0, unchanged=specification.endpoints_declared, removed=0)
    return SpecificationResult(
        api_id=specification.api.pk, api_code=specification.api.code, api_name=specification.api.name,
        new_api=False, repeated=True, endpoints=counts,
    )  # fmt: skip


def _named_api(options: SpecificationOptions, principal: Principal) -> Api:
    return find_api(principal=principal, reference=options.api, environment=options.environment, verb=Verb.UPLOAD)


def _stable_id(name: str, environment: str, base_path: str, counter: int) -> UUID:
    suffix = [str(counter)] if counter else []
    return uuid5(NAMESPACE, "\x1f".join([name, environment, base_path, *suffix]))


def _described_api(
    specification: SpecificationRecord, options: SpecificationOptions, principal: Principal
) -> Api | None:
    if options.api:
        return _named_api(options, principal)
    name = _name(specification)
    environment = options.environment or Environment.UNKNOWN
    mine = apis_for(principal, Verb.UPLOAD)
    first = mine.filter(stable_id=_stable_id(name, environment, _first_base_path(specification), 0)).first()
    if first is not None:
        return first
    named = list(mine.filter(name=name, environment=environment).order_by("pk")[:2])
    if len(named) > 1:
        msg = f"More than one API is called “{name}”; choose the one this specification describes."
        raise ApiAmbiguous(msg)
    return named[0] if named else None


def _name(specification: SpecificationRecord) -> str:
    return specification.title.strip()[:300] or "Untitled API"


def _first_base_path(specification: SpecificationRecord) -> str:
    return split_base(specification.base_urls[0]).path if specification.base_urls else ""


def _holding_team(options: SpecificationOptions, principal: Principal) -> Team | None:
    """Return the team a new API goes to: the chosen one, else the only one of a person without wider sight."""
    allowed = Team.objects.all() if principal.sees_all else Team.objects.filter(pk__in=principal.team_ids)
    if options.team:
        return allowed.filter(slug=options.team).first()
    return None if principal.sees_all else allowed.order_by("slug").first()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApi:
    """What an API is made from; `name`, `environment` and `base_path` are its identity for ever."""

    name: str
    environment: str
    base_path: str
    version: str


def create_api(
    *, new: NewApi, team: Team | None, principal: Principal, now: datetime, source: str = "specification"
) -> Api:
    """Make an API with its code, slug and stable id, give it to a team, and write the trail."""
    for counter in range(1000):
        stable_id = _stable_id(new.name, new.environment, new.base_path, counter)
        if not Api.objects.filter(stable_id=stable_id).exists():
            break
    try:
        with transaction.atomic():
            api = Api.objects.create(
                code=chance_code("API"),
                stable_id=stable_id,
                name=new.name,
                version=new.version[:100],
                slug=f"{slugify(new.name)[:70] or 'api'}-{slug_suffix()}",
                environment=new.environment,
                first_seen=now,
                last_seen=now,
            )
    except IntegrityError:
        # Somebody made the same API, or drew the same code, in this very moment: the next try sees theirs.
        return create_api(new=new, team=team, principal=principal, now=now, source=source)
    if new.environment != Environment.UNKNOWN:
        Fact.objects.create(
            api=api,
            attribute="environment",
            source_kind=FactSource.PERSON,
            value=new.environment,
            first_seen=now,
            last_seen=now,
        )
    give_team(api=api, team=team, now=now)
    record_change(
        principal=principal, kind="api", code=api.code, verb="created", old=None, new=new.name,
        now=now, source=source, api_id=api.pk,
    )  # fmt: skip
    return api


def _claim_base_urls(api: Api, base_urls: Sequence[str], principal: Principal) -> None:
    visible = Api.objects.visible_to(principal).values("pk")
    for base_url in base_urls:
        base = split_base(base_url)
        where = {"host": base.host, "port": base.port, "base_path": base.path}
        foreign = base.host and BaseUrl.objects.filter(**where).exclude(api__in=visible).exists()
        BaseUrl.objects.get_or_create(
            api=api, scheme=base.scheme, **where, defaults={"contested": bool(foreign)}
        )  # fmt: skip


@transaction.atomic
def record_specification(
    *,
    specification: SpecificationRecord,
    endpoints: Iterable[EndpointRecord],
    blob: Blob,
    options: SpecificationOptions,
    principal: Principal,
    now: datetime,
) -> SpecificationResult:
    """Store one specification as the current one of its API, making the API when it is new.

    The API is the one named, else the one first made from the same name, environment and base path, else the visible
    one of that name in that environment. Endpoints it no longer has are marked removed, never deleted.
    Raises ApiNotFound or ApiAmbiguous; then nothing is stored.
    """
    api = _described_api(specification, options, principal)
    new_api = api is None
    if api is None:
        new = NewApi(
            name=_name(specification),
            environment=options.environment or Environment.UNKNOWN,
            base_path=_first_base_path(specification),
            version=specification.version,
        )
        api = create_api(new=new, team=_holding_team(options, principal), principal=principal, now=now)
    api = Api.objects.select_for_update().get(pk=api.pk)
    _claim_base_urls(api, specification.base_urls, principal)
    counts = write_endpoints(api=api, endpoints=endpoints, now=now)
    before = Specification.objects.filter(api=api, current=True).first()
    Specification.objects.filter(api=api, current=True).update(current=False)
    Specification.objects.create(
        api=api, blob=blob, digest=blob.digest, format=specification.format, name=specification.title[:300],
        title=specification.title[:300], version=specification.version[:100], read_at=now,
        endpoints_declared=counts.created + counts.updated + counts.unchanged,
        schemes={each.name: each.kind for each in specification.security_schemes}, changed=counts.kept,
    )  # fmt: skip
    Api.objects.filter(pk=api.pk).update(version=specification.version[:100], last_seen=now)
    if not new_api:
        record_change(
            principal=principal, kind="api", code=api.code, verb="read specification",
            old=before.version if before else None, new=specification.version, now=now,
            reason=counts.sentence(), source="specification", api_id=api.pk,
        )  # fmt: skip
    cause = f"specification {specification.version} read".replace("  ", " ")
    hosts = BaseUrl.objects.filter(api=api).exclude(host="").values_list("host", flat=True)
    touched = place_traffic(hosts=set(hosts), api_ids=[api.pk], now=now)
    endpoints_recorded.send(Api, result=ApisChanged(api_ids=tuple(sorted({api.pk, *touched})), cause=cause))
    return SpecificationResult(
        api_id=api.pk, api_code=api.code, api_name=api.name, new_api=new_api, repeated=False, endpoints=counts
    )
