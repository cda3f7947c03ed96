"""The vocabulary of attacks, as plain words that readers may use."""

from enum import StrEnum


class Outcome(StrEnum):
    """What became of an attack: it reached its end, was let through, nobody knows, or was stopped."""

    SUCCEEDED = "succeeded"
    ALLOWED = "allowed"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"


WORST_FIRST = (Outcome.SUCCEEDED, Outcome.ALLOWED, Outcome.UNKNOWN, Outcome.BLOCKED)


class State(StrEnum):
    """Where an alert stands with the people who look at alerts."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    CLOSED = "closed"


class Act(StrEnum):
    """What a person can do with an alert."""

    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    CLOSED = "closed"
    REOPENED = "reopened"
    ASSIGNED = "assigned"
    NOTED = "noted"
    UNDONE = "undone"


class Resolution(StrEnum):
    """Why an alert was closed."""

    TRUE_POSITIVE = "true_positive"
    FALSE_ALARM = "false_alarm"
    BENIGN = "benign"
    DUPLICATE = "duplicate"

    @property
    def label(self) -> str:
        """The word as people read it."""
        return self.value.replace("_", " ")


HARMLESS = (Resolution.FALSE_ALARM, Resolution.BENIGN, Resolution.DUPLICATE)
"""Closed with one of these, an alert says nothing of a threat: it counts in no score."""

CATEGORIES = tuple(f"API{number}" for number in range(1, 11))
"""The categories of the OWASP API Security Top 10, 2023."""

CATEGORY_NAMES = {
    "API1": "Broken object level authorization",
    "API2": "Broken authentication",
    "API3": "Broken object property level authorization",
    "API4": "Unrestricted resource consumption",
    "API5": "Broken function level authorization",
    "API6": "Unrestricted access to sensitive business flows",
    "API7": "Server side request forgery",
    "API8": "Security misconfiguration",
    "API9": "Improper inventory management",
    "API10": "Unsafe consumption of APIs",
    "other": "Other attacks",
}
OTHER = "other"


class Level(StrEnum):
    """How grave an incident is; each with the test that says so."""

    SEV1 = "SEV1"
    SEV2 = "SEV2"
    SEV3 = "SEV3"
    SEV4 = "SEV4"

    @property
    def told(self) -> str:
        """What it means, in a line."""
        return LEVELS[self]

    @property
    def colour(self) -> str:
        """The severity whose shape and colour it takes on screen."""
        return {"SEV1": "critical", "SEV2": "high", "SEV3": "medium", "SEV4": "low"}[self.value]


LEVELS = {
    "SEV1": "Regulated data exposed or changed at scale, a signing key lost, or a critical API down for customers",
    "SEV2": "Exploited now, with little confirmed effect on data, or one customer affected",
    "SEV3": "Attempted on a real weakness, no confirmed effect",
    "SEV4": "A weakness or a breach of policy, no sign of an attack",
}


class Stage(StrEnum):
    """Where an incident stands in its life."""

    TRIAGE = "triage"
    DECLARED = "declared"
    CONTAINMENT = "containment"
    ERADICATION = "eradication"
    RECOVERY = "recovery"
    MONITORING = "monitoring"
    REVIEW = "post_incident"
    CLOSED = "closed"
    FALSE_POSITIVE = "false_positive"
    DUPLICATE = "duplicate"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        """The word as people read it."""
        return STAGES[self]


STAGES = {
    "triage": "Triage", "declared": "Declared", "containment": "Containing", "eradication": "Eradicating",
    "recovery": "Recovering", "monitoring": "Watching", "post_incident": "Reviewing", "closed": "Closed",
    "false_positive": "False alarm", "duplicate": "Duplicate", "cancelled": "Cancelled",
}  # fmt: skip
ENDED = (Stage.CLOSED, Stage.FALSE_POSITIVE, Stage.DUPLICATE, Stage.CANCELLED)
COUNTING = (Stage.DECLARED, Stage.CONTAINMENT, Stage.ERADICATION, Stage.RECOVERY, Stage.MONITORING)
"""While an incident stands at one of these, it counts in the score of the APIs it harms."""


class Seat(StrEnum):
    """What somebody is in an incident; one person each."""

    COMMANDER = "incident_commander"
    DEPUTY = "deputy"
    SCRIBE = "scribe"
    SECURITY_LEAD = "security_lead"
    API_OWNER = "api_owner"
    GATEWAY = "platform_gateway"
    IAM = "iam"
    PRIVACY = "privacy_officer"
    LEGAL = "legal"
    COMMS = "comms"
    CUSTOMERS = "customer_liaison"
    EXECUTIVE = "executive"
    THIRD_PARTY = "third_party_contact"

    @property
    def label(self) -> str:
        """The word as people read it."""
        return SEATS[self]

    @property
    def within(self) -> str:
        """The word within a sentence: "commander", "API owner"."""
        first, *_ = self.label.split()
        return self.label if first.isupper() else self.label[0].lower() + self.label[1:]


SEATS = {
    "incident_commander": "Commander", "deputy": "Deputy", "scribe": "Scribe", "security_lead": "Security lead",
    "api_owner": "API owner", "platform_gateway": "Gateway", "iam": "Sign-in and keys", "privacy_officer": "Privacy",
    "legal": "Legal", "comms": "Communication", "customer_liaison": "Customers", "executive": "Executive",
    "third_party_contact": "Supplier contact",
}  # fmt: skip
LEADING = (Seat.COMMANDER, Seat.DEPUTY)
"""Seats for people who may act on incidents."""


class EntryKind(StrEnum):
    """What an entry of the timeline tells of."""

    OBSERVATION = "observation"
    ATTACKER = "attacker_action"
    ACTION = "responder_action"
    DECISION = "decision"
    COMMUNICATION = "communication"
    EVIDENCE = "evidence"
    STATE = "state"

    @property
    def label(self) -> str:
        """The words as people read them."""
        return {"attacker_action": "What the attacker did", "responder_action": "What we did"}.get(
            self.value, self.value.capitalize()
        )


WRITTEN = tuple(kind for kind in EntryKind if kind != EntryKind.STATE)
"""What people write; changes of state are written by the room."""


class StepAct(StrEnum):
    """What a person says of a step of a playbook."""

    DONE = "done"
    SKIPPED = "skipped"
    YES = "yes"
    NO = "no"
    REOPENED = "reopened"


class ClockState(StrEnum):
    """Where a legal clock stands; one that nobody switched on has no row."""

    RUNNING = "running"
    FILED = "filed"
    NOT_REQUIRED = "not_required"


class TaskState(StrEnum):
    """Where a task stands."""

    TODO = "todo"
    DONE = "done"
    DROPPED = "dropped"
