"""The SQL of scoring: one statement from findings to change points, the same arithmetic as `posture.scoring`.

Weights, and what runtime says, come in as arrays (`posture.services.parameters`). Hazards are added as whole
trillionths, so that neither the query's plan nor parallel workers move the last digit of a sum.
"""

SETTLE = """
SELECT set_config('jit', 'off', true), set_config('work_mem', '64MB', true),
    set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'off', true)
"""
"""Compiling takes longer than scoring; sorting 200,000 findings should not touch the disk. After the first import no
statistics are there, all is thought to be small, and a loop over a hundred thousand findings taken for cheap; nor do
statistics ever tell how few findings of an API are in one run, so that only a hash finds them quickly."""

PREPARE = """
INSERT INTO posture_currentscore (api_id, score, inherent, band, computed_at, counted, digest)
SELECT id, 0, 0, 'none', %(now)s, false, '' FROM inventory_api WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id
ON CONFLICT (api_id) DO NOTHING
"""
"""A row to lock for every API, also for one that was never scored."""

LOCK = "SELECT FROM posture_currentscore WHERE api_id = ANY(%(ids)s::bigint[]) ORDER BY api_id FOR UPDATE"
"""In order, so that of two jobs one waits. The statement after it sees all that was committed until then."""

COUNTED = """
    SELECT *, status = 'accepted' AS accepted,
        CASE WHEN %(any_exploited)s THEN %(exploited_ids)s::jsonb ->> id::text END AS exploited
    FROM findings_finding
    WHERE api_id = ANY(%(ids)s::bigint[]) AND moved_to_id IS NULL AND status = ANY(%(statuses)s::text[])
"""
"""The findings that a score is made of, open and accepted."""

HAZARD = """
    -ln(1 - greatest(
        (%(severity)s::float8[])[1 + coalesce(width_bucket(cvss, %(cvss)s::float8[]), severity)],
        least(greatest(epss, 0), %(epss_cap)s::float8),
        CASE WHEN kev THEN %(kev)s::float8 END
    )) * coalesce(
        (%(confidence)s::float8[])[array_position(%(confidence_words)s::text[], confidence)], %(unstated)s::float8
    ) * coalesce((%(exploited)s::float8[])[array_position(%(exploited_words)s::text[], exploited)], 1)
"""
"""The hazard of a finding before its place in its class divides it."""

HARMONIC = """
    CASE WHEN {n} = 0 THEN 0 WHEN {n} <= 32 THEN (%(harmonic)s::float8[])[{n}] ELSE
        ln({n}::float8) + 0.57721566490153286061 + 0.5 / {n} - 1 / (12 * {n}::float8 ^ 2) + 1 / (120 * {n}::float8 ^ 4)
    END
"""
"""1 + 1/2 + … + 1/n, for large n by its series (DLMF 5.11.2), whose next term is below 4e-12 from 33 on."""

FACTS = f"""
WITH api AS (
    SELECT api.id AS api_id, api.stage <> 'retired' AS counted, holding.team_id,
        api.reach, api.environment, api.sensitivity, api.criticality,
        reach.weight * environment.weight AS exposure,
        %(impact_floor)s::float8 + (1 - %(impact_floor)s::float8) * (
            %(impact_larger)s::float8 * greatest(sensitivity.weight, criticality.weight)
            + (1 - %(impact_larger)s::float8) * least(sensitivity.weight, criticality.weight)) AS impact
    FROM inventory_api api
    LEFT JOIN inventory_apiteam holding ON holding.api_id = api.id AND holding.until IS NULL
    JOIN unnest(%(reach_words)s::text[], %(reach)s::float8[]) AS reach (word, weight) ON reach.word = api.reach
    JOIN unnest(%(environment_words)s::text[], %(environment)s::float8[]) AS environment (word, weight)
        ON environment.word = api.environment
    JOIN unnest(%(sensitivity_words)s::text[], %(sensitivity)s::float8[]) AS sensitivity (word, weight)
        ON sensitivity.word = api.sensitivity
    JOIN unnest(%(criticality_words)s::text[], %(criticality)s::float8[]) AS criticality (word, weight)
        ON criticality.word = api.criticality
    WHERE api.id = ANY(%(ids)s::bigint[])
),
kind AS (
    SELECT *, {HAZARD} AS hazard FROM (
        SELECT api_id, weakness_class COLLATE "C" AS weakness_class, accepted, severity, cvss, confidence, epss, kev,
            exploited, count(*) AS n, bit_xor(hashint8extended(id, 0)) AS mixed
        FROM ({COUNTED}) AS counted GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    ) AS alike
),
runtime AS (
    SELECT * FROM unnest(%(runtime_apis)s::bigint[], %(runtime_names)s::text[], %(runtime_hazards)s::float8[],
        %(runtime_inputs)s::text[]) AS runtime (api_id, name, hazard, input)
),
"""
"""The APIs with their exposure and impact, the kinds of finding that count with their hazard, and what runtime adds.

Findings alike in all that weighs are one kind: a hazard is computed once for all of them, and nothing is sorted yet.
"""

SUMS = f"""
run AS (
    SELECT *, coalesce(sum(n) OVER earlier, 0)::bigint AS before,
        coalesce(sum(every) OVER earlier, 0)::bigint AS any_before
    FROM (
        SELECT api_id, weakness_class, hazard, coalesce(sum(n) FILTER (WHERE NOT accepted), 0)::bigint AS n,
            sum(n)::bigint AS every, bit_xor(mixed) FILTER (WHERE NOT accepted) AS mixed
        FROM kind WHERE hazard > 0 GROUP BY api_id, weakness_class, hazard
    ) AS equal
    WINDOW earlier AS (PARTITION BY api_id, weakness_class ORDER BY hazard DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
share AS (
    SELECT api_id, weakness_class, hazard, n, mixed, before,
        hazard * ({HARMONIC.format(n="(before + n)")} - {HARMONIC.format(n="before")}) AS share,
        hazard * ({HARMONIC.format(n="(any_before + every)")} - {HARMONIC.format(n="any_before")}) AS inherent_share,
        CASE WHEN n > 0 THEN hazard * (1 / greatest(before, 1)::float8 - 1 / (before + n)::float8) ELSE 0 END AS gain
    FROM run
),
class AS (
    SELECT api_id, weakness_class, sum(n) AS n, sum(gain) AS gain,
        sum((share * 1e12)::bigint) AS hazard, sum((inherent_share * 1e12)::bigint) AS inherent_hazard,
        sum(hashint8extended(mixed, (hazard * 1e12)::bigint)) FILTER (WHERE n > 0) AS mixed
    FROM share GROUP BY api_id, weakness_class
),
total AS (
    SELECT api_id, sum(hazard)::float8 / 1e12 AS hazard, sum(inherent_hazard)::float8 / 1e12 AS inherent_hazard,
        sum(mixed) AS mixed
    FROM (
        SELECT api_id, hazard, inherent_hazard, hash_numeric_extended(mixed, hashtext(weakness_class)) AS mixed
        FROM class
        UNION ALL
        SELECT api_id, (hazard * 1e12)::bigint, (hazard * 1e12)::bigint,
            hashtextextended(name, (hazard * 1e12)::bigint) FROM runtime
    ) AS part GROUP BY api_id
),
summed AS (
    SELECT api.*, coalesce(total.hazard, 0) AS hazard, mixed,
        100 * impact * (1 - exp(-least(exposure * coalesce(total.hazard, 0), 700))) AS exact,
        100 * impact * (1 - exp(-least(exposure * coalesce(total.inherent_hazard, 0), 700))) AS exact_inherent
    FROM api LEFT JOIN total USING (api_id)
),
rounded AS (
    SELECT *, round(exact::numeric, 2) AS score, round(exact_inherent::numeric, 2) AS inherent,
        md5(concat_ws(' ', exposure, impact, mixed)) AS digest
    FROM summed
),
shown AS (
    SELECT rounded.*, CASE WHEN score <= 0 THEN 'none' ELSE coalesce((
        SELECT word FROM unnest(%(band_words)s::text[], %(bands)s::numeric[]) AS band (word, lowest)
        WHERE score >= lowest ORDER BY lowest DESC LIMIT 1), 'low') END AS band
    FROM rounded
),
covered AS (
    SELECT shown.*, 100 * judged / applicable AS coverage FROM shown LEFT JOIN findings_coverage USING (api_id)
),
held AS (
    SELECT *, (SELECT model_id FROM posture_apiscore WHERE id = point_id) AS model_id FROM posture_currentscore
    WHERE api_id = ANY(%(ids)s::bigint[])
),
changed AS (
    SELECT covered.*, greatest(%(now)s, held.computed_at) AS at FROM covered JOIN held USING (api_id)
    WHERE (covered.score, covered.inherent, covered.band, covered.digest, covered.coverage, %(model)s)
        IS DISTINCT FROM (held.score, held.inherent, held.band, held.digest, held.coverage, held.model_id)
),
"""
"""H with and without accepted findings, the band of the two-decimal score, and which APIs have anything new.

Of a class, findings of one hazard are a run: `before` of them and of larger ones come first. The digest is over the set
of findings with their hazards: sums of hashes know no order. `gain` is what the findings of a run would gain if each
moved up a place, 1/(p - 1) - 1/p of its hazard at place p.
"""

FACTORS = f"""
largest AS (
    SELECT share.*, row_number() OVER () AS number, coalesce(sum(gain) OVER earlier, 0) AS gained,
        rank() OVER (PARTITION BY api_id ORDER BY share.hazard / (before + 1) DESC) AS place
    FROM share JOIN changed USING (api_id) WHERE n > 0
    WINDOW earlier AS (PARTITION BY api_id, weakness_class ORDER BY share.hazard DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
listed AS (
    SELECT *, before + row_number() OVER (PARTITION BY number ORDER BY fingerprint COLLATE "C") AS place
    FROM (
        SELECT api_id, code, fingerprint, weakness_class COLLATE "C" AS weakness_class, {HAZARD} AS hazard
        FROM ({COUNTED}) AS counted WHERE NOT accepted AND api_id IN (SELECT api_id FROM changed)
    ) AS finding
    JOIN (SELECT api_id, weakness_class, hazard, before, gained, number FROM largest WHERE place <= %(singles)s) AS run
        USING (api_id, weakness_class, hazard)
),
factor AS (
    SELECT listed.api_id, 'finding:' || code AS name, weakness_class, listed.hazard / place AS share,
        listed.hazard / place - (
            class.gain - gained - listed.hazard * (1 / greatest(before, 1)::float8 - 1 / place::float8)) AS loss
    FROM listed JOIN class USING (api_id, weakness_class) WHERE place - before <= %(singles)s
    UNION ALL
    SELECT api_id, name, '', runtime.hazard, runtime.hazard FROM runtime JOIN changed USING (api_id)
    WHERE runtime.hazard > 0
),
placed AS (
    SELECT *, row_number() OVER (PARTITION BY api_id ORDER BY share DESC, name COLLATE "C") AS place FROM factor
),
single AS (
    SELECT api_id, jsonb_build_object(
        'names', array_agg(name ORDER BY place), 'classes', array_agg(weakness_class ORDER BY place),
        'points', array_agg(round(share / hazard * exact * 1e6) / 1e6 ORDER BY place),
        'fixed', array_agg(round((
            exact - 100 * impact * (1 - exp(-least(exposure * greatest(hazard - loss, 0), 700)))) * 1e6) / 1e6
            ORDER BY place)) AS listed
    FROM placed JOIN changed USING (api_id) WHERE place <= %(singles)s GROUP BY api_id
),
rest AS (
    SELECT api_id, weakness_class, sum(n) AS n, sum(share) AS share, row_number() OVER (
        PARTITION BY api_id ORDER BY sum((share * 1e12)::bigint) DESC, weakness_class) <= %(classes)s AS named
    FROM (
        SELECT api_id, weakness_class, n, class.hazard::float8 / 1e12 AS share FROM class JOIN changed USING (api_id)
        UNION ALL
        SELECT api_id, '', 1, runtime.hazard FROM runtime JOIN changed USING (api_id) WHERE runtime.hazard > 0
        UNION ALL
        SELECT api_id, weakness_class, -1, -share FROM placed WHERE place <= %(singles)s
    ) AS part GROUP BY api_id, weakness_class HAVING sum(n) > 0
),
folded AS (
    SELECT api_id, CASE WHEN named THEN weakness_class ELSE '' END AS weakness_class, sum(n) AS n, sum(share) AS share
    FROM rest GROUP BY 1, 2
),
grouped AS (
    SELECT api_id, jsonb_agg(jsonb_build_array(weakness_class, n, round((share / hazard * exact)::numeric, 6))
        ORDER BY share DESC, weakness_class) AS listed
    FROM folded JOIN changed USING (api_id) GROUP BY api_id
),
multiset AS (
    SELECT api_id, jsonb_build_object(
        'classes', array_agg(weakness_class), 'severity', array_agg(severity), 'cvss', array_agg(cvss),
        'confidence', array_agg(confidence), 'epss', array_agg(epss), 'kev', array_agg(kev),
        'exploited', array_agg(exploited), 'accepted', array_agg(accepted), 'n', array_agg(n)) AS findings
    FROM kind JOIN changed USING (api_id) GROUP BY api_id
),
around AS (
    SELECT api_id, jsonb_object_agg(name, input::jsonb) AS runtime
    FROM runtime JOIN changed USING (api_id) GROUP BY api_id
),
"""
"""What the changed ones are made of, largest first; without one finding of a class each later one moves up a place.

The largest factors are named, the others added up by class, and the smallest classes together under no name. Only a run
whose first finding is among the largest can hold one of them.
"""

STORE = """
point AS (
    INSERT INTO posture_apiscore (api_id, at, score, inherent, coverage, band, cause, factors, inputs, model_id)
    SELECT api_id, at, score, inherent, coverage, band, %(causes)s::jsonb ->> api_id::text,
        coalesce(single.listed, '{}') || jsonb_build_object('rest', coalesce(grouped.listed, '[]')),
        jsonb_build_object(
            'reach', reach, 'environment', environment, 'sensitivity', sensitivity, 'criticality', criticality,
            'findings', coalesce(multiset.findings, '{}'), 'runtime', coalesce(around.runtime, '{}')),
        %(model)s
    FROM changed LEFT JOIN single USING (api_id) LEFT JOIN grouped USING (api_id)
    LEFT JOIN multiset USING (api_id) LEFT JOIN around USING (api_id) ORDER BY api_id
    RETURNING id, api_id
),
written AS (
    UPDATE posture_currentscore held SET
        score = shown.score, inherent = shown.inherent, coverage = shown.coverage, band = shown.band,
        digest = shown.digest,
        team_id = shown.team_id, counted = shown.counted, point_id = coalesce(point.id, held.point_id),
        computed_at = greatest(%(now)s, held.computed_at)
    FROM covered AS shown LEFT JOIN point USING (api_id) WHERE held.api_id = shown.api_id
)
SELECT shown.api_id, shown.score, shown.team_id, shown.counted, shown.exact, held.score, held.team_id, held.counted,
    point.id IS NOT NULL
FROM shown JOIN held USING (api_id) LEFT JOIN point USING (api_id) ORDER BY shown.api_id
"""
"""A change point where something changed, the current row in any case; what was held before comes back."""

SCORE = FACTS + SUMS + FACTORS + STORE

FOLD = """
INSERT INTO posture_portfolio AS held (kind, key, n, cubes, at)
SELECT * FROM unnest(%(kinds)s::text[], %(keys)s::bigint[], %(n)s::bigint[], %(cubes)s::bigint[])
    AS delta (kind, key, n, cubes), (SELECT %(now)s::timestamptz) AS clock (at) ORDER BY 1, 2
ON CONFLICT (kind, key) DO UPDATE
    SET n = held.n + excluded.n, cubes = held.cubes + excluded.cubes, at = greatest(held.at, excluded.at)
"""
"""Last in the transaction and in order: everybody who scores adds to the organisation's row."""

FIRST = f"""
SELECT weakness_class, (array_agg('finding:' || code ORDER BY hazard DESC, fingerprint))[:%(steps)s]
FROM (
    SELECT weakness_class COLLATE "C" AS weakness_class, {HAZARD} AS hazard, code,
        fingerprint COLLATE "C" AS fingerprint
    FROM ({COUNTED}) AS counted WHERE weakness_class = ANY(%(classes)s::text[])
) AS finding
GROUP BY weakness_class
"""
"""The first findings of some classes of an API, as a plan takes them."""
