"""The vocabulary of what exists."""

from typing import Final

from django.db.models import TextChoices

RUN_JOB: Final = "connections.run"
"""The kind of job that runs a connection; the floor that takes documents in registers its handler."""


class Environment(TextChoices):
    """Where an API is deployed."""

    PRODUCTION = "production", "Production"
    STAGING = "staging", "Staging"
    TEST = "test", "Test"
    DEVELOPMENT = "development", "Development"
    UNKNOWN = "unknown", "Unknown"


class Reach(TextChoices):
    """Who can send it a request."""

    PUBLIC = "public", "Public"
    PARTNER = "partner", "Partner"
    INTERNAL = "internal", "Internal"
    UNKNOWN = "unknown", "Unknown"


class Criticality(TextChoices):
    """What the organisation loses when it fails."""

    MISSION = "mission", "Mission critical"
    HIGH = "high", "High"
    MEDIUM = "medium", "Medium"
    LOW = "low", "Low"
    UNKNOWN = "unknown", "Unknown"


class Sensitivity(TextChoices):
    """The highest class of data it hands out."""

    RESTRICTED = "restricted", "Restricted"
    CONFIDENTIAL = "confidential", "Confidential"
    INTERNAL = "internal", "Internal"
    PUBLIC = "public", "Public"
    UNKNOWN = "unknown", "Unknown"


class Kind(TextChoices):
    """How it is spoken to."""

    REST = "rest", "REST"
    GRAPHQL = "graphql", "GraphQL"
    SOAP = "soap", "SOAP"
    GRPC = "grpc", "gRPC"
    EVENT = "event", "Events"
    UNKNOWN = "unknown", "Unknown"


class Stage(TextChoices):
    """Its place in the life cycle."""

    DESIGN = "design", "In design"
    ACTIVE = "active", "Active"
    DEPRECATED = "deprecated", "Deprecated"
    RETIRED = "retired", "Retired"


class Authentication(TextChoices):
    """What a specification says of one endpoint; silence is not the same as none."""

    DECLARED = "declared", "Declared"
    NONE = "none", "None"
    NOT_DECLARED = "not declared", "Not declared"


class FactSource(TextChoices):
    """Who states a fact; the first listed wins over the later ones."""

    PERSON = "person", "Set by hand"
    SPECIFICATION = "specification", "Specification"
    FILE = "file", "Ownership file"


class RunState(TextChoices):
    """How a run of a connection ended."""

    DONE = "done", "Done"
    PARTIAL = "partial", "In part"
    FAILED = "failed", "Failed"


class Discovery(TextChoices):
    """What an endpoint turned out to be, by specifications and logs; `inventory.discovery` defines each."""

    DOCUMENTED = "documented", "Documented"
    SHADOW = "shadow", "Shadow"
    ORPHAN = "orphan", "Orphan"
    ZOMBIE = "zombie", "Zombie"
    UNUSED = "unused", "Unused"
    REMOVED = "removed", "Removed"
