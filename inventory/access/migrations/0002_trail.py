"""The trail of state changes: a table in monthly partitions, and the function that makes the months.

Django cannot declare partitions, so the SQL stands here and the model in the state only.
"""

import django.db.models.functions.datetime
from django.db import migrations, models

import inventory.access.models

TABLE = """
CREATE SEQUENCE access_statechange_id_seq AS bigint;
CREATE TABLE access_statechange (
    id bigint NOT NULL DEFAULT nextval('access_statechange_id_seq'),
    recorded_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    happened_at timestamptz NOT NULL,
    actor varchar(40) NOT NULL,
    actor_name text NOT NULL,
    on_behalf_of varchar(40) NOT NULL,
    kind varchar(40) NOT NULL,
    code text NOT NULL,
    verb varchar(40) NOT NULL,
    old jsonb,
    new jsonb,
    reason text NOT NULL,
    source text NOT NULL,
    api_id bigint,
    PRIMARY KEY (id, recorded_at)
) PARTITION BY RANGE (recorded_at);
ALTER SEQUENCE access_statechange_id_seq OWNED BY access_statechange.id;
CREATE INDEX access_statechange_object ON access_statechange (kind, code, happened_at);
CREATE INDEX access_statechange_api ON access_statechange (api_id, happened_at) WHERE api_id IS NOT NULL;
"""

# Runs as its owner for the application, which may not create tables. So it takes only tables of its own
# schema and owner, looks nothing up through a path the caller can set, and leaves a new partition without
# any right, whatever the default privileges say. A month is made apart and then attached, because
# CREATE TABLE ... PARTITION OF would wait for every open import and hold up those behind it.
FUNCTION = """
CREATE FUNCTION make_partitions(parent text, months_ahead integer DEFAULT 3, months_back integer DEFAULT 0)
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    home text := __SCHEMA__;
    this_month timestamp := date_trunc('month', statement_timestamp() AT TIME ZONE 'UTC');
    parent_id oid;
    child_id oid;
    child text;
    grantee text;
    month timestamp;
    made integer := 0;
BEGIN
    IF months_ahead IS NULL OR months_ahead NOT BETWEEN 0 AND 24
       OR months_back IS NULL OR months_back NOT BETWEEN 0 AND 24 THEN
        RAISE EXCEPTION 'Months ahead and months back must each lie between 0 and 24.';
    END IF;
    SELECT c.oid INTO parent_id
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = parent AND c.relkind = 'p' AND n.nspname = home
      AND pg_get_userbyid(c.relowner) = current_user;
    IF parent_id IS NULL THEN
        RAISE EXCEPTION 'There is no partitioned table %.', coalesce(quote_ident(parent), 'without a name');
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('make_partitions', parent_id::bigint));
    FOR month IN
        SELECT generate_series(
            this_month - make_interval(months => months_back),
            this_month + make_interval(months => months_ahead),
            interval '1 month'
        )
    LOOP
        child := parent || to_char(month, '"_y"YYYY"m"MM');
        CONTINUE WHEN EXISTS (
            SELECT FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = parent_id AND c.relname = child
        );
        EXECUTE format('CREATE TABLE %I.%I (LIKE %I.%I INCLUDING ALL)', home, child, home, parent);
        child_id := format('%I.%I', home, child)::regclass;
        FOR grantee IN
            SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
            FROM pg_class c, aclexplode(c.relacl) a
            WHERE c.oid = child_id AND a.grantee <> c.relowner
        LOOP
            EXECUTE format('REVOKE ALL ON %I.%I FROM ', home, child) || grantee;
        END LOOP;
        EXECUTE format(
            'ALTER TABLE %I.%I ATTACH PARTITION %I.%I FOR VALUES FROM (%L) TO (%L)',
            home, parent, home, child,
            to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00',
            to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00'
        );
        made := made + 1;
    END LOOP;
    RETURN made;
END
$function$;
REVOKE ALL ON FUNCTION make_partitions(text, integer, integer) FROM PUBLIC;
"""


def make_function(apps, schema_editor):
    """Create the function, tied to the schema the tables stand in."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT quote_literal(current_schema())")
        schema = cursor.fetchone()[0]
        cursor.execute(FUNCTION.replace("__SCHEMA__", schema))
        cursor.execute("SELECT make_partitions('access_statechange', 3)")


def drop_function(apps, schema_editor):
    """Drop the function."""
    schema_editor.execute("DROP FUNCTION make_partitions(text, integer, integer)")


class Migration(migrations.Migration):

    dependencies = [("access", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(TABLE, "DROP TABLE access_statechange")],
            state_operations=[
                migrations.CreateModel(
                    name="StateChange",
                    fields=[
                        ("pk", models.CompositePrimaryKey("id", "recorded_at", blank=True, editable=False, primary_key=True, serialize=False)),
                        ("id", models.BigIntegerField(db_default=models.Func(models.Value("access_statechange_id_seq"), function="nextval"), editable=False)),
                        ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                        ("xid", inventory.access.models.TransactionId(db_default=models.Func(function="pg_current_xact_id"))),
                        ("happened_at", models.DateTimeField()),
                        ("actor", models.CharField(max_length=40)),
                        ("actor_name", models.TextField()),
                        ("on_behalf_of", models.CharField(blank=True, max_length=40)),
                        ("kind", models.CharField(max_length=40)),
                        ("code", models.TextField()),
                        ("verb", models.CharField(max_length=40)),
                        ("old", models.JSONField(null=True)),
                        ("new", models.JSONField(null=True)),
                        ("reason", models.TextField(blank=True)),
                        ("source", models.TextField(blank=True)),
                        ("api_id", models.BigIntegerField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["kind", "code", "happened_at"], name="access_statechange_object"),
                            models.Index(condition=models.Q(("api_id__isnull", False)), fields=["api_id", "happened_at"], name="access_statechange_api"),
                        ],
                    },
                ),
            ],
        ),
        migrations.RunPython(make_function, drop_function),
    ]
