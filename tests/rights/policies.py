"""Row security as an oracle: who sees which row, said once more in SQL and enforced by PostgreSQL itself.

The product does not use it. A test switches it on in a clone and asks every page again: a page that shows a row which
`visible_to` should have kept out lacks it then, and differs. People of teams are meant; with no person named, and for
the owner of the tables, everything is open.
"""

from django.db import connections
from django.db.backends.utils import CursorWrapper

ASKING = "nullif(current_setting('oracle.user', true), '')::bigint"

FUNCTIONS = f"""
CREATE FUNCTION oracle_user() RETURNS bigint STABLE LANGUAGE sql AS $$ SELECT {ASKING} $$;
CREATE FUNCTION oracle_teams() RETURNS bigint[] STABLE SECURITY DEFINER LANGUAGE sql AS $$
    SELECT coalesce(array_agg(team_id), '{{}}') FROM access_membership WHERE user_id = {ASKING} $$;
CREATE FUNCTION oracle_apis() RETURNS bigint[] STABLE SECURITY DEFINER LANGUAGE sql AS $$
    SELECT coalesce(array_agg(api_id), '{{}}') FROM inventory_apiteam
    WHERE until IS NULL AND team_id = ANY (oracle_teams()) $$;
CREATE FUNCTION oracle_series() RETURNS bigint[] STABLE SECURITY DEFINER LANGUAGE sql AS $$
    SELECT coalesce(array_agg(id), '{{}}') FROM findings_series
    WHERE api_id = ANY (oracle_apis())
        OR api_id IS NULL AND (uploader_id = {ASKING} OR team_id = ANY (oracle_teams())) $$;
CREATE FUNCTION oracle_findings() RETURNS bigint[] STABLE SECURITY DEFINER LANGUAGE sql AS $$
    SELECT coalesce(array_agg(id), '{{}}') FROM findings_finding
    WHERE api_id = ANY (oracle_apis()) OR api_id IS NULL AND series_id = ANY (oracle_series()) $$;
"""  # noqa: S608 - of our own constants

APIS, TEAMS, SERIES, FINDINGS = (
    f"ANY ((SELECT oracle_{name}())::bigint[])" for name in ("apis", "teams", "series", "findings")
)
USER = "(SELECT oracle_user())"

OF_ITS_OWN = {
    "inventory_api": f"id = {APIS}",
    "findings_series": f"id = {SERIES}",
    "findings_finding": f"id = {FINDINGS}",
    "findings_report": f"uploaded_by_id = {USER} OR team_id = {TEAMS}",
    "findings_decision": f"api_id = {APIS} OR finding_id = {FINDINGS} OR api_id IS NULL AND finding_id IS NULL",
    "incidents_episode": f"api_id = {APIS} OR api_id IS NULL AND (uploader_id = {USER} OR team_id = {TEAMS})",
    "inventory_connection": f"team_id = {TEAMS}",
    "jobs_job": f"user_id = {USER}",
    "posture_savedview": f"owner_id = {USER} OR team_id = {TEAMS}",
    "posture_portfolio": f"kind = 'team' AND key = {TEAMS}",
}
"""Tables whose rows are told apart by more than one column."""

BY_COLUMN = {"api_id": f"api_id = {APIS} OR api_id IS NULL", "finding_id": f"finding_id = {FINDINGS}"}
"""Every other table that has one of these columns: rows of an API, rows of a finding."""

OPEN = {
    "access_statechange": "has its own test: who reads the trail is told by kind of object",
    "inventory_baseurl": "a host another team holds is known to be held: a claim on it is said to be contested",
    "incidents_link": "an incident says how many more it names, not which: APIs and findings have their own policies",
    "inventory_apiteam": "is the truth the policies are made of",
}

COLUMNS = """
SELECT DISTINCT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND a.attname = ANY (%s) ORDER BY 1, 2
"""


def switch_on() -> int:
    """Set the policies in the clone in use and return how many tables have one."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(FUNCTIONS)
        cursor.execute(COLUMNS, [list(BY_COLUMN)])
        policies = {table: BY_COLUMN[column] for table, column in reversed(cursor.fetchall())}
        policies = {table: rule for table, rule in policies.items() if table not in OPEN} | OF_ITS_OWN
        for table, rule in sorted(policies.items()):
            _set(cursor, table, rule)
    return len(policies)


def _set(cursor: CursorWrapper, table: str, rule: str) -> None:
    cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    cursor.execute(f"CREATE POLICY oracle_reads ON {table} FOR SELECT USING ({USER} IS NULL OR {rule})")
    for verb, clause in (("INSERT", "WITH CHECK"), ("UPDATE", "USING"), ("DELETE", "USING")):
        cursor.execute(f"CREATE POLICY oracle_{verb.lower()} ON {table} FOR {verb} {clause} (true)")


def ask_as(user_id: int | None) -> None:
    """Let the application's connection ask as this person from now on; as nobody in particular with None."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT set_config('oracle.user', %s, false)", ["" if user_id is None else str(user_id)])
