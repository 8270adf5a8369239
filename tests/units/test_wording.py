"""A sentence for each setting and variable."""

from __future__ import annotations

import re

from vbsjob.config.schema import OTHER_VARIABLES, SETTINGS


def test_every_setting_and_variable_has_one_sentence() -> None:
    sentences = {setting.name: setting.help for setting in SETTINGS} | OTHER_VARIABLES
    for name, sentence in sentences.items():
        assert re.fullmatch(r"['A-Z][^.]*(\.[^ .][^.]*)*\.", sentence), f"{name}: {sentence}"
