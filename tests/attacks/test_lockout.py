"""Wrong passwords lock out neither the owner of an account nor a school behind one address."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

from tests.attacks.cases import AttackTestCase
from tests.constants import with_constants

TOO_MANY = "Too many attempts"
WRONG = "name or the password is wrong"


class LockoutTests(AttackTestCase):
    # Lower than by default, since every password that is looked at takes the server half a second.
    environment: ClassVar[dict[str, str]] = with_constants(
        {
            "playground.accounts.sign_in_delay.FAILURES_PER_ACCOUNT": 14,
            "playground.accounts.sign_in_delay.FAILURES_PER_ADDRESS": 20,
        }
    )

    def attack(self, name: str, count: int, address: str = "") -> list[str]:
        """Send wrong passwords from one browser that keeps no session; return the pages."""
        attacker = self.visitor(address)
        return [attacker.sign_in(name, "wrong").text for _ in range(count)]

    def test_ten_wrong_passwords_do_not_keep_the_right_one_out(self):
        self.make_user("lock-ten")
        self.attack("lock-ten", 10)
        owner = self.visitor()
        owner.sign_in("lock-ten")
        self.assertTrue(owner.is_signed_in())

    def test_a_known_browser_and_another_address_go_on_while_an_attacker_waits(self):
        self.make_user("lock-known")
        known = self.visitor()
        known.sign_in("lock-known")
        known.sign_out()
        pages = self.attack("lock-known", 13)
        self.assertIn(TOO_MANY, pages[-1])
        for owner in (known, self.visitor("127.0.0.77")):
            owner.sign_in("lock-known")
            self.assertTrue(owner.is_signed_in())

    def test_many_failures_behind_one_address_do_not_lock_a_school_out(self):
        self.make_user("lock-pupil")
        attackers = [self.visitor("127.0.0.50") for _ in range(4)]

        def attack(number: int) -> None:
            attackers[number % 4].sign_in(f"lock-nobody-{number}", "wrong")

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(attack, range(24)))
        pupil = self.visitor("127.0.0.50")
        pupil.sign_in("lock-pupil")
        self.assertTrue(pupil.is_signed_in())

    def test_a_guesser_with_many_addresses_is_bounded_and_the_owner_is_not(self):
        self.make_user("lock-many")
        known = self.visitor()
        known.sign_in("lock-many")
        known.sign_out()

        def guess(number: int) -> str:
            return self.visitor(f"127.0.1.{number}").sign_in("lock-many", "wrong").text

        with ThreadPoolExecutor(4) as pool:
            pages = list(pool.map(guess, range(1, 40)))
        self.assertLess(sum(WRONG in page for page in pages), 30)
        known.sign_in("lock-many")
        self.assertTrue(known.is_signed_in())
        page = self.visitor("127.0.2.1").sign_in("lock-many").text
        self.assertRegex(page, r"Wait ([1-5]?\d|60) seconds")  # a new browser of the owner: a minute at most

    def test_the_admin_says_the_same_as_our_own_page_and_a_command_unlocks(self):
        self.make_user("lock-staff", is_staff=True, is_superuser=True)
        for _ in range(12):
            page = self.visitor().sign_in("lock-staff", "wrong", path="/admin/login/?next=/admin/").text
        self.assertTrue(TOO_MANY in page or "try again in" in page)
        self.assertIn("forgotten", self.server.manage("unlock", "lock-staff"))
        owner = self.visitor()
        owner.sign_in("lock-staff", path="/admin/login/?next=/admin/")
        self.assertTrue(owner.is_signed_in())
