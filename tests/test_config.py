"""`.streamlit/config.toml`: Streamlit ignores an option it does not know, with a mere log line."""

import tomllib
from pathlib import Path

import pytest
from streamlit import config

CONFIG = Path(".streamlit/config.toml")

PROTECTS = {
    "server.address": "localhost",
    "server.allowedHosts": ["localhost", "127.0.0.1"],
    "server.enableCORS": True,
    "server.enableXsrfProtection": True,
    "server.enableStaticServing": False,
    "server.enableAgentApi": False,
    "server.maxUploadSize": 5,
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "type",
    "client.toolbarMode": "viewer",
    "runner.fastReruns": False,
    "runner.postScriptGC": False,
}


def flat(table, prefix=""):
    """`{"server": {"port": 1}}` as `{"server.port": 1}`."""
    options = {}
    for name, value in table.items():
        if isinstance(value, dict):
            options |= flat(value, f"{prefix}{name}.")
        else:
            options[prefix + name] = value
    return options


OPTIONS = flat(tomllib.loads(CONFIG.read_text("utf-8")))


@pytest.mark.parametrize("name", OPTIONS)
def test_streamlit_knows_the_option(name):
    known = config.get_config_options()

    assert name in known
    assert not known[name].deprecated


@pytest.mark.parametrize("name", OPTIONS)
def test_the_value_has_the_type_streamlit_expects(name):
    option = config.get_config_options()[name]

    # Declared as text, documented as a list: one size a heading level.
    is_list = option.multiple or name == "theme.headingFontSizes"
    assert type(OPTIONS[name]) is (list if is_list else option.type)


def test_no_watcher_takes_the_time_of_readers():
    assert OPTIONS["server.fileWatcherType"] == "none"


@pytest.mark.parametrize("name", PROTECTS)
def test_the_option_that_protects_is_set(name):
    assert PROTECTS[name] == OPTIONS.get(name)
