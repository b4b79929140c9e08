"""Finished pages under the rules of axe: light in English, dark in Korean."""

import re
from urllib.parse import urljoin

import pytest
from playwright.sync_api import expect

from tests.browser.rules import broken_rules

PAGES = ["training", "surfaces", "epochs", "sweep", "backpropagation"]
OWN = ["data", "rule"]  # in a menu of their own


@pytest.mark.parametrize(("color_scheme", "locale"), [("light", "en-US"), ("dark", "ko-KR")])
def test_no_page_breaks_a_rule(visit, idle, color_scheme, locale):
    tab = visit(color_scheme=color_scheme, locale=locale)
    broken = {}
    for number, name in enumerate(PAGES):
        tab.get_by_role("banner").get_by_role("link").nth(number).click()
        expect(tab).to_have_url(re.compile(r"/$" if name == "training" else f"/{name}"))
        idle(tab)
        main = tab.get_by_role("main")
        expect(main.get_by_role("heading", level=1)).to_be_visible()
        if name == "sweep":  # what comes of one is in its own tests
            expect(main.locator(".st-key-sweep-start button")).to_be_enabled()
        else:
            expect(main.get_by_role("figure").first).to_be_visible()
        broken |= {(name, rule): found for rule, found in broken_rules(tab).items()}
    for name in OWN:
        tab.goto(urljoin(tab.url, f"/{name}"))
        idle(tab)
        expect(tab.get_by_role("main").get_by_role("heading", level=1)).to_be_visible()
        broken |= {(name, rule): found for rule, found in broken_rules(tab).items()}

    assert broken == {}
