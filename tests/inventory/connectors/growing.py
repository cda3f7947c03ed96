"""Documents of any size, of readers whose format is small, that a careless reader would take ever longer for."""

import json
from collections.abc import Callable

CROWD = 50
"""Schemas that all name all others: more often than is looked at below one answer."""

MORE: dict[str, tuple[str, Callable[[int], str]]] = {
    "many matches": (
        "semgrep",
        lambda n: json.dumps({"results": [{"check_id": "a." * 9, "path": f"f{i}.py"} for i in range(n // 50)]}),
    ),
    "one long match": (
        "semgrep",
        lambda n: json.dumps(
            {"results": [{"check_id": "a." * n, "path": "a/" * n, "extra": {"message": " \n" * n, "lines": "x\n" * n}}]}
        ),
    ),
    "many entities": (
        "backstage",
        lambda n: "---\n".join(f"kind: API\nmetadata: {{name: a{i}}}\nspec: {{owner: o}}\n" for i in range(n // 50)),
    ),
    "one long owner": (
        "backstage",
        lambda n: f"kind: API\nmetadata:\n  name: {'a ' * n}\nspec:\n  owner: {'o/' * n}\n",
    ),
    "answers through schemas that name each other": (
        "openapi",
        lambda n: json.dumps(
            {
                "openapi": "3.1.0",
                "paths": {
                    f"/p{i}": {"get": {"responses": {"200": {"schema": {"allOf": [{"$ref": "#/s/s0"}]}}}}}
                    for i in range(n // 160)
                },
                "s": {
                    f"s{i}": {"type": "object", "allOf": [{"$ref": f"#/s/s{j}"} for j in range(CROWD)]}
                    for i in range(CROWD)
                },
            }
        ),
    ),
    "many results at one long place": (
        "sarif",
        lambda n: json.dumps(
            {
                "version": "2.1.0",
                "runs": [
                    {
                        "tool": {"driver": {"name": "t", "rules": [{"id": "r" * n}]}},
                        "originalUriBaseIds": {
                            "b": {"uri": "file:///" + "b/" * n},
                            **{f"b{i}": {"uri": "x", "uriBaseId": "b"} for i in range(n // 60)},
                        },
                        "artifacts": [{"location": {"uri": "https://a.example/" + "a/" * n}}],
                        "webRequests": [{"target": "/" + "a?" * n}],
                        "results": [
                            {
                                "ruleId": f"r{i}",
                                "ruleIndex": 0,
                                "webRequest": {"index": 0},
                                "locations": [{"physicalLocation": {"artifactLocation": {"index": 0}}}],
                            }
                            for i in range(n // 150)
                        ],
                    }
                ],
            }
        ),
    ),
    "many rules": ("codeowners", lambda n: "".join(f"/services/s{i}/ @shop/t{i}\n" for i in range(n // 20))),
    "rules of backslashes": ("codeowners", lambda n: ("a" + "\\ " * 1_900 + " @a\n") * (n // 3_800)),
    "rules of many owners": ("codeowners", lambda n: ("* " + "@a@" * 1_300 + "\n") * (n // 3_900)),
    "many calls": (
        "access_log",
        lambda n: "".join(
            f'203.0.113.7 - - [05/Mar/2026:10:00:11 +0000] "GET /v1/o/{i} HTTP/1.1" 200 5 "-" "-"\n'
            for i in range(n // 80)
        ),
    ),
    "calls of hosts at many ports": (
        "access_log",
        lambda n: "".join(
            f'{{"ts": 1780308000, "method": "GET", "uri": "/", "status": 200, "host": "a:{i}"}}\n'
            for i in range(n // 10)
        ),
    ),
    "calls of quotes": (
        "access_log",
        lambda n: ('203.0.113.7 - - [05/Mar/2026:10:00:11 +0000] "GET /' + '\\"' * 900 + '" 200 5\n') * (n // 1_900),
    ),
    "calls of escapes": (
        "access_log",
        lambda n: (
            ('203.0.113.7 - - [05/Mar/2026:10:00:11 +0000] "GET /' + "%2" * 20_000 + ' HTTP/1.1" 200 5 "-" "-"\n')
            * (n // 40_000)
        ),
    ),
    "many events": (
        "alerts",
        lambda n: json.dumps(
            [
                {
                    "event": "api.alert",
                    "id": f"e{i}",
                    "rule": "r",
                    "url": f"https://a.example/{i}",
                    "ts": 1780308000 + i,
                }
                for i in range(n // 80)
            ]
        ),
    ),
    "one long event": (
        "alerts",
        lambda n: json.dumps(
            [{"event": "api.alert", "rule": "r" * n, "url": "https://a.example" + "/1" * n, "ts": 1780308000}]
        ),
    ),
    "many alerts of one scenario": (
        "crowdsec",
        lambda n: json.dumps(
            [
                {
                    "scenario": "a/b",
                    "created_at": "2026-06-01T10:00:36Z",
                    "source": {"value": "198.51.100.7"},
                    "events": [{"meta": [{"key": "http_path", "value": f"/{i}"}], "timestamp": "2026-06-01T10:00:00Z"}],
                }
                for i in range(n // 150)
            ]
        ),
    ),
    "one alert of many events": (
        "crowdsec",
        lambda n: json.dumps(
            [
                {
                    "scenario": "a/b",
                    "created_at": "2026-06-01T10:00:36Z",
                    "events": [{"meta": [{"key": "k", "value": "/1"}]}] * (n // 40),
                }
            ]
        ),
    ),
    "many transactions": (
        "modsecurity",
        lambda n: (
            (
                json.dumps(
                    {
                        "transaction": {
                            "client_ip": "198.51.100.7",
                            "time_stamp": "Mon Jun 01 10:00:01 2026",
                            "unique_id": "178030800145.482000",
                            "request": {"method": "GET", "uri": "/v1/orders"},
                            "response": {"http_code": 403},
                            "messages": [{"message": "m", "details": {"ruleId": "942100", "severity": "2"}}],
                        }
                    }
                )
                + "\n"
            )
            * (n // 250)
        ),
    ),
    "one transaction of many messages": (
        "modsecurity",
        lambda n: json.dumps(
            {
                "transaction": {
                    "client_ip": "198.51.100.7",
                    "time_stamp": "Mon Jun 01 10:00:01 2026",
                    "unique_id": "178030800145.482000",
                    "request": {"method": "GET", "uri": "/1" * n},
                    "messages": [{"message": "m " * 9, "details": {"ruleId": "1", "tags": ["a-b"] * 9}}] * (n // 100),
                }
            }
        ),
    ),
}
"""The reader of each and what makes it about so many letters long."""
