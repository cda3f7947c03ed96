"""Settings of sign-in and mail, taken over whole by `posture.settings`."""

from posture.env import env_int, env_secret_or, env_text, mail

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
    )
]
PASSWORD_RESET_TIMEOUT = 60 * 60
LOGIN_REDIRECT_URL = "/start/"
LOGIN_URL = "account_login"
FRESH_SECONDS = 10 * 60
"""How long a sign-in, or a confirmation, counts as fresh (`inventory.access.recent`)."""

ALLAUTH_TRUSTED_PROXY_COUNT = env_int("PROXIES")
ACCOUNT_ADAPTER = "inventory.access.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_FORMS = {
    "login": "inventory.access.forms.sign_in.SignInForm",
    "change_password": "inventory.access.forms.sign_in.ChangePasswordForm",
    "reset_password_from_key": "inventory.access.forms.sign_in.ResetPasswordForm",
}
ACCOUNT_PREVENT_ENUMERATION = True

MFA_ADAPTER = "inventory.access.adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {"authenticate": "inventory.access.forms.factors.CodeForm"}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_TOTP_TOLERANCE = 1
MFA_REAUTHENTICATION_REQUIRED = False  # every page that changes a factor asks itself, by `fresh_sign_in`

_mail = mail(env_secret_or("MAIL_URL", ""))
EMAIL_BACKEND = f"django.core.mail.backends.{_mail.backend}.EmailBackend"
EMAIL_HOST = _mail.host
EMAIL_PORT = _mail.port
EMAIL_HOST_USER = _mail.user
EMAIL_HOST_PASSWORD = _mail.password
EMAIL_USE_SSL = _mail.tls
EMAIL_USE_TLS = _mail.starttls
EMAIL_FILE_PATH = _mail.folder
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env_text("MAIL_FROM")
SENDS_MAIL = _mail.backend != "dummy"
"""Whether there is a way out for mail; pages that lead to one are shown only then."""
