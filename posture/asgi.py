"""The web entry point for granian: Django behind `posture.front`.

All that answers need is loaded here, before the first of them, and then left out of garbage collection: a full one
would go through it again and again, and every request of the process would wait that long.
"""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posture.settings")
answers = get_wsgi_application()
_ = get_resolver().url_patterns  # imports every view

from posture.front import Front  # noqa: E402 -- it needs the settings

application = Front(answers)
gc.collect()
gc.freeze()
