"""A setup travels in a link, in real Chromium; what a hostile link carries is shown as text, or refused."""

from __future__ import annotations

import base64
import json
import zlib

from tests.browser.browsing import BrowserTestCase, call

NAMES = "#layers li .layer > strong"
MAX_LINK = 100  # characters, of a usual setup on a built-in table


def pack(setup: object) -> str:
    """A link's fragment, as the page writes it."""
    compressor = zlib.compressobj(wbits=-15)
    packed = compressor.compress(json.dumps(setup).encode()) + compressor.flush()
    return "/#s=" + base64.urlsafe_b64encode(packed).decode().rstrip("=")


class SetupLinkTests(BrowserTestCase):
    def copy_link(self) -> str:
        self.page.click("#copy-link")
        self.page.wait_for_selector("#link-box:not([hidden])")
        return self.page.input_value("#copied-link")

    def test_a_link_opens_the_same_setup_elsewhere(self):
        self.open()
        self.page.click(".card:has-text('WINE')")
        self.page.click("#presets [data-code=deep]")
        self.page.fill("#epochs", "200")
        self.page.fill("#learning_rate", "0.01")
        call(self.page, "app", "settle")
        self.assertLess(len(self.copy_link()), MAX_LINK)
        self.page.click("#palette [data-name=BatchNorm1d]")
        self.assertLess(len(self.copy_link()), MAX_LINK)
        self.page.uncheck("#columns input[name=alcohol]")
        self.page.get_by_label("Type of ash", exact=True).select_option("ignored")
        link = self.copy_link()
        spec = call(self.page, "state", "toSpec")
        self.assertEqual((len(spec["user_arch"]), spec["epochs"], spec["column_types"]), (8, 200, {"ash": "ignored"}))
        elsewhere = self.new_visitor().new_page()
        self.listen(elsewhere)
        elsewhere.goto(link)
        elsewhere.locator("#preview caption").filter(has_text="WINE").wait_for()
        self.assertEqual(call(elsewhere, "state", "toSpec"), spec)
        self.assertEqual(elsewhere.locator(NAMES).all_inner_texts(), self.page.locator(NAMES).all_inner_texts())
        self.assertNotIn("#", elsewhere.url)
        elsewhere.fill("#epochs", "9")
        elsewhere.reload()
        elsewhere.wait_for_selector("#columns .chip")
        self.assertEqual(elsewhere.input_value("#epochs"), "9")

    def test_a_hostile_link_does_nothing_but_show_text(self):
        attack = '<img src=x onerror="window.hacked=1">'
        refused = (
            ({"zz": 1}, "not known: zz"),
            ({"__proto__x": 1, "d": "WINE"}, "not known: __proto__x"),
            ({attack: 1}, f"not known: {attack[:50]}"),
            ({"p": attack}, attack),
            ({"d": ["WINE"]}, "default"),
            ({"e": "5; alert(1)"}, "settings"),
            ({"a": "Linear"}, "not known: a"),
            ({"a": [["Linear", "out_features", {"x": 1}]]}, "user_arch"),
            ({"re": {"delimiter": ";", "engine": "python"}}, "reading"),
            ({"sp": {"kind": "none"}}, "split"),
            ({"k": {"size": {"order": "low"}}}, "column_types"),
            ({"cw": {"yes": "many"}}, "class_weight"),
            ([1], "no setup"),
            ({"t": "x" * 200_000}, "too long"),
        )
        for setup, said in refused:
            self.open(pack(setup))
            self.wait_for_text("#link-error", said)
            self.assertEqual(self.page.locator(".card[aria-pressed=true] strong").inner_text(), "IRIS")
            self.page.goto("about:blank")
        self.open("/#s=damaged")
        self.wait_for_text("#link-error", "damaged")
        self.page.goto("about:blank")
        self.open(pack({"a": [["Linear", "out_features", 8], [attack, "x", 1]], "t": attack, "z": attack}))
        self.page.wait_for_selector(f"#layers li:nth-child(2) strong:text-is({json.dumps(attack)})")
        self.wait_for_text("#target-problems, #data-problems, #problems", attack)
        self.assertTrue(self.page.is_disabled("#train"))
        self.assertEqual(self.page.locator("main img[src=x]").count(), 0)
        self.assertIsNone(self.page.evaluate("window.hacked ?? null"))

    def test_a_link_to_a_table_that_may_not_be_followed_is_answered(self):
        self.open()
        self.page.fill("#link", "http://127.0.0.1:9/table.csv")
        self.page.press("#link", "Enter")
        self.page.wait_for_selector("#data-error:not([hidden])")
        self.assertEqual(self.page.locator(".card[aria-pressed=true] strong").inner_text(), "IRIS")
