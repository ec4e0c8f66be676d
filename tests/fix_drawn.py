"""What Hypothesis draws is the same at every run, and no draw is judged by how busy the machine is.

A test run that fails must fail again. Whoever wants to search on sets SATULAYAR_TEST_SEQUENCES (see the tests that read
it) or HYPOTHESIS_PROFILE=default.
"""

import os

from hypothesis import settings

settings.register_profile("same", derandomize=True, database=None, deadline=None)
if not {"SATULAYAR_TEST_SEQUENCES", "HYPOTHESIS_PROFILE"} & set(os.environ):
    settings.load_profile("same")
