"""`.streamlit/config.toml`: Streamlit ignores an option it does not know, with a mere log line."""

import re
import tomllib
from pathlib import Path

import pytest
import streamlit
from streamlit import config
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_cache import create_reference_msg, populate_hash_if_needed
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

CONFIG = Path(".streamlit/config.toml")

PROTECTS = {
    "server.address": "localhost",
    "server.allowedHosts": ["localhost", "127.0.0.1"],
    "server.enableCORS": True,
    "server.enableXsrfProtection": True,
    "server.enableStaticServing": False,
    "server.enableAgentApi": False,
    "server.maxUploadSize": 10,
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


def chart_of(bytes_):
    """A message of a fragment, of about so many bytes."""
    message = ForwardMsg()
    message.delta.new_element.plotly_chart.spec = "x" * bytes_
    message.delta.fragment_id = "fragment"
    message.metadata.delta_path[:] = [0, 1]
    return message


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


def test_every_message_to_the_browser_is_sent_whole():
    """References to messages sent before outlive the rerun that they belong to (below)."""
    message = chart_of(bytes_=OPTIONS["server.maxMessageSize"] * 1_000_000)

    populate_hash_if_needed(message)

    assert not message.metadata.cacheable


def test_streamlit_still_keeps_references_of_a_rerun_that_was_overtaken():
    """The reason for `minCachedMessageSize`: where this fails, the option can go."""
    queue = ForwardMsgQueue()
    chart = chart_of(bytes_=20_000)
    populate_hash_if_needed(chart)
    queue.enqueue(chart_of(bytes_=20_000))
    queue.enqueue(create_reference_msg(chart))

    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["fragment"])

    assert [message.WhichOneof("type") for message in queue.flush()] == ["ref_hash"]


@pytest.mark.parametrize("name", PROTECTS)
def test_the_option_that_protects_is_set(name):
    assert PROTECTS[name] == OPTIONS.get(name)


def test_what_draws_charts_has_the_name_by_which_the_page_fetches_it_early():
    """ui/shell/document.js reads it off Streamlit's main script."""
    named = re.search(r"match\(/(.+?)/\)", Path("ui/shell/document.js").read_text("utf-8"))
    static = Path(streamlit.__file__).parent / "static"
    scripts = re.findall(r'src="\./(static/js/index\.[^"]+)"', (static / "index.html").read_text())
    found = [re.findall(named[1], (static / one).read_text("utf-8")) for one in scripts]

    (name,) = {name for names in found for name in names}
    assert (static / "static/js" / name).is_file()
