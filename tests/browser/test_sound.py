"""The loss as a sound, in real Chromium: silent until it is wanted, and falling with the loss."""

from __future__ import annotations

from tests.browser.browsing import BrowserTestCase

# Records the calls of the Web Audio API: the contexts that are opened, and the target frequencies of tones.
LISTEN = """(() => {
    window.contexts = 0;
    window.hertz = [];
    const { AudioContext: Real } = window;
    window.AudioContext = class extends Real {
      constructor(...given) {
        super(...given);
        window.contexts++;
      }
    };
    const ramp = AudioParam.prototype.linearRampToValueAtTime;
    AudioParam.prototype.linearRampToValueAtTime = function (value, at) {
      window.hertz.push(value);
      return ramp.call(this, value, at);
    };
})()"""


class SoundTests(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.page.add_init_script(LISTEN)

    def train(self) -> None:
        before = self.page.url
        self.page.click("#train")
        self.page.wait_for_url(lambda url: url != before)  # the run's own: until then the last one's results are there
        self.page.wait_for_selector("#results:not([hidden])")

    def count_contexts(self) -> int:
        return self.page.evaluate("window.contexts")

    def hertz(self) -> list[float]:
        return self.page.evaluate("window.hertz")

    def test_nothing_sounds_until_it_is_switched_on_which_is_kept(self):
        self.open()
        self.train()
        self.assertFalse(self.page.is_checked("#sound"))
        self.assertEqual(self.count_contexts(), 0)
        self.page.get_by_label("Sound while it trains").check()
        self.assertEqual(self.count_contexts(), 0)  # nothing trains
        self.train()
        hertz = self.hertz()
        self.assertEqual(self.count_contexts(), 1)
        self.assertGreater(len(hertz), 3)
        self.assertAlmostEqual(hertz[0], 880, delta=1)  # two octaves above the tone of no loss
        self.assertLess(hertz[-1], hertz[0] / 1.5)
        self.assertGreaterEqual(min(hertz), 220)
        self.page.reload()
        self.page.wait_for_selector("#results:not([hidden])")
        self.assertTrue(self.page.is_checked("#sound"))
        self.assertEqual(self.count_contexts(), 0)  # a run that is over is not played by itself

    def test_the_curve_of_a_finished_run_is_listened_to_and_silenced(self):
        self.open()
        self.train()
        button = self.page.get_by_role("button", name="Listen")
        button.click()
        self.page.get_by_role("button", name="Silence").wait_for()
        hertz = self.hertz()
        self.assertTrue(20 <= len(hertz) <= 61, len(hertz))
        self.assertGreater(hertz[0], hertz[-1])
        self.page.get_by_role("button", name="Silence").click()
        button.wait_for()
        button.click()
        button.wait_for()  # it says so when it has come to its end
        self.assertEqual(self.count_contexts(), 1)
