"""Every route by name and what it is: a page to look at, a stop on the way, an act, a file; REST stands elsewhere."""

PAGES = {
    "posture:compliance": "", "posture:home": "", "posture:queue": "", "posture:queue-together": "",
    "posture:register": "", "posture:apis": "", "posture:api": "api", "posture:api-endpoints": "api",
    "posture:api-checks": "api", "posture:api-findings": "api", "posture:api-history": "api",
    "posture:api-facts": "api", "posture:api-people": "api", "posture:api-specification": "api",
    "posture:findings": "", "posture:finding": "finding", "posture:components": "", "posture:search": "",
    "posture:demo-reset": "", "access:profile": "", "access:sign-in-rules": "", "access:security": "",
    "access:app": "", "access:passkey": "", "access:tokens": "", "access:token-new": "", "access:teams": "",
    "access:team": "team", "access:people": "", "access:invitations": "", "access:invitation-new": "",
    "access:person": "person", "access:person-leave": "person", "access:trail": "", "account_reauthenticate": "",
    "account_logout": "", "account_change_password": "", "jobs:jobs": "", "jobs:job": "job",
    "inventory:connections": "", "inventory:connection-new": "", "inventory:connection": "connection",
    "inventory:run": "connection run", "inventory:traffic": "", "findings:upload": "",
    "findings:upload-columns": "table", "findings:deadlines": "", "findings:mapping": "", "incidents:alerts": "",
    "incidents:alerts-together": "",
    "incidents:alert": "alert", "incidents:incidents": "", "incidents:incident-new": "",
    "incidents:incident": "incident", "incidents:incident-close": "incident", "posture:notices": "",
    "posture:notice-wishes": "", "incidents:cases": "", "incidents:case": "case",
}  # fmt: skip
"""The pages of somebody signed in, each with the objects its address names."""
STRANGERS = {"account_login": "", "account_reset_password": "", "access:join": "join", "access:welcome": "welcome"}
STRANGERS["account_reset_password_from_key"] = "reset"
"""The pages of somebody not signed in. `mfa_authenticate` and `access:codes` are reached on the way in."""
ON_THE_WAY = {"posture:queue-panel", "mfa_authenticate", "access:codes", "posture:start"}
ACTS = {
    "posture:finding-decide", "posture:finding-ask", "posture:finding-answer", "posture:finding-undo",
    "posture:export-paper-new", "posture:finding-note", "posture:view-save", "posture:view-delete",
    "posture:view-first", "access:theme", "access:session-end", "access:factor-remove", "access:token-revoke",
    "access:team-rename", "access:member-set", "access:member-remove", "access:invitation-again",
    "access:invitation-withdraw", "access:role-grant", "access:role-revoke", "access:person-token-revoke",
    "access:person-factors-reset", "access:person-return", "access:passkey-sign-in", "jobs:job-stop", "jobs:job-again",
    "inventory:connection-run", "inventory:connection-pause", "inventory:connection-test",
    "inventory:connection-secret", "inventory:traffic-adopt", "inventory:traffic-policy", "findings:mapping-end",
    "findings:report-tie", "incidents:alert-triage", "incidents:alert-undo", "incidents:alerts-undo", "incidents:hook",
    "findings:deadline-except", "findings:deadline-except-end", "posture:notices-read", "posture:notice-open",
    "incidents:incident-facts", "incidents:incident-stage", "incidents:incident-entry", "incidents:incident-people",
    "incidents:incident-links", "incidents:incident-playbook", "incidents:incident-step", "incidents:incident-clock",
    "incidents:incident-task", "incidents:incident-evidence", "posture:finding-assign", "posture:finding-pause",
    "posture:finding-retest", "posture:queue-undo", "posture:overview-assign",
}  # fmt: skip
"""What is only asked by POST."""
FILES = {
    "posture:export-compliance", "posture:export-papers", "posture:export-paper", "posture:export-register",
    "posture:export-apis", "posture:export-all-findings", "posture:export-findings", "access:trail-csv",
    "access:app-image", "incidents:incident-export", "incidents:evidence-export", "access:codes-file",
    "access:confirm-options", "access:passkey-options",
}  # fmt: skip
