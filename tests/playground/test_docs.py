"""The documentation at /docs/: its pages, links, table of contents and search."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from django.test import Client, SimpleTestCase, TestCase
from django.urls import resolve

from playground.docs import library
from playground.docs.contents import FOLDER, PAGES
from playground.docs.rendering import LOCAL_SERVER, STATIC_FOLDER, render, slugify_heading
from tests.documented import README
from tests.server import ROOT


def address(name: str) -> str:
    return {"other": "/docs/other/"}[name]


class RenderingTests(SimpleTestCase):
    def test_links_between_files_become_addresses(self):
        html = render("# A\n\n[b](other.md#part) [c](#here) [d](http://localhost:8000/runs/)", address).lead
        for link in ('href="/docs/other/#part"', 'href="#here"', 'href="/runs/"'):
            self.assertIn(link, html)

    def test_a_link_to_no_page_is_refused(self):
        with self.assertRaises(KeyError):
            render("# A\n\n[b](nothing.md)", address)

    def test_html_and_links_to_scripts_stay_text(self):
        html = render("# A <b>\n\n<script>x</script> [b](javascript:x)\n\n```\n</code><script>\n```", address).lead
        self.assertNotIn("<script", html)
        self.assertNotIn("<b>", html)
        self.assertNotIn('href="javascript', html)

    def test_equal_headings_get_different_anchors(self):
        document = render("# A\n\n## Use `x_y`, now!\n\n## Use x_y now\n", address)
        self.assertEqual([heading.anchor for heading in document.headings], ["a", "use-x_y-now", "use-x_y-now-1"])
        self.assertIn('<h2 id="use-x_y-now-1">', document.body)

    def test_tables_and_code_can_be_scrolled_by_keyboard(self):
        html = render("# A\n\n## Sizes\n\n|a|b|\n|-|-|\n|1|2|\n\n```\n1 < 2\n```\n", address).body
        self.assertIn('<div class="scroll" tabindex="0" role="region" aria-label="Table: Sizes">', html)
        self.assertIn('<pre tabindex="0"><code>1 &lt; 2\n</code></pre>', html)

    def test_passages_have_the_text_below_each_heading(self):
        document = render("# A\n\nFirst *line*\ngoes on. Second.\n\n## B\n\n- `code`\n", address)
        self.assertEqual([passage.text for passage in document.passages], ["First line goes on. Second.", "code"])
        self.assertEqual(document.summary, "First line goes on.")


class ContentsTests(SimpleTestCase):
    def test_every_file_of_the_folder_is_in_the_table_of_contents(self):
        self.assertEqual({path.stem for path in FOLDER.glob("*.md")}, set(PAGES))

    def test_the_files_of_generated_pages_are_up_to_date(self):
        generated = [page for page in PAGES.values() if page.build]
        self.assertEqual([page.name for page in generated], ["settings", "limits"])
        for page in generated:
            self.assertEqual(page.path.read_text(), page.read(), "run: manage.py build_docs")

    def test_every_page_has_one_title_and_a_summary(self):
        for entry in library.list_entries():
            with self.subTest(page=entry.page.name):
                levels = [heading.level for heading in entry.document.headings]
                self.assertEqual((levels[0], levels.count(1)), (1, 1))
                self.assertRegex(entry.document.summary, r"^[A-Z`].*[.:]$")

    def test_every_link_of_a_page_resolves(self):
        anchors = {
            entry.page.name: {heading.anchor for heading in entry.document.headings} for entry in library.list_entries()
        }
        checked = 0
        for entry in library.list_entries():
            for link in entry.document.links:
                with self.subTest(page=entry.page.name, link=link):
                    checked += 1
                    self.assert_resolves(link, entry.page.name, anchors)
        self.assertGreater(checked, 30)

    def assert_resolves(self, link: str, page: str, anchors: dict[str, set[str]]) -> None:
        if link.startswith(STATIC_FOLDER):
            self.assertIsNotNone(finders.find(link.removeprefix(STATIC_FOLDER)))
        elif link.startswith(LOCAL_SERVER):
            resolve(urlsplit(link).path)
        elif not link.startswith(("https://", "http://")):
            name, _, anchor = link.partition("#")
            target = name.removesuffix(".md") if name else page
            self.assertTrue(not name or name.endswith(".md"), "links lead to pages, pictures or other sites")
            self.assertIn(target, anchors)
            self.assertIn(anchor, anchors[target] | {""})

    def test_every_link_of_the_readme_resolves(self):
        anchors = {slugify_heading(line.lstrip("# ")) for line in README.splitlines() if line.startswith("#")}
        for link in re.findall(r"\]\(([^)]+)\)", README):
            with self.subTest(link=link):
                path, _, anchor = link.partition("#")
                if path.startswith("playground/docs/") and anchor:
                    document = library.find_entry(path.removeprefix("playground/docs/").removesuffix(".md")).document
                    self.assertIn(anchor, {heading.anchor for heading in document.headings})
                elif not path:
                    self.assertIn(anchor, anchors)
                elif not path.startswith("http"):
                    self.assertTrue((ROOT / path).exists())


class SearchTests(SimpleTestCase):
    def test_a_setting_is_found_by_a_part_of_its_name(self):
        result = library.search("max_sockets_per_address")[0]
        self.assertIn("settings", {each.entry.page.name for each in library.search("max_sockets_per_address")})
        self.assertIn(("MAX_SOCKETS_PER_ADDRESS", True), result.snippet)

    def test_every_word_has_to_occur(self):
        self.assertTrue(library.search("redis password"))
        self.assertEqual(library.search("redis zzzz"), [])

    def test_a_title_comes_before_a_mention(self):
        first = library.search("threat model")[0]
        self.assertEqual((first.entry.page.name, first.passage.heading.level), ("security", 1))

    def test_signs_of_patterns_are_text(self):
        self.assertEqual(library.search(".*"), [])
        self.assertEqual(library.search("  "), [])


class PagesTests(TestCase):
    def setUp(self) -> None:
        self.browser = Client(headers={"host": "localhost"})

    def test_every_page_shows_its_text_and_links_to_all_pages(self):
        for name in PAGES:
            with self.subTest(page=name):
                page = self.browser.get(f"/docs/{name}/").content.decode()
                document = library.find_entry(name).document
                self.assertIn(document.lead, page)
                self.assertIn(document.body, page)
                for other in PAGES:
                    self.assertIn(f'href="/docs/{other}/"', page)
                self.assertEqual(page.count(f'<a href="/docs/{name}/" aria-current="page">'), 1)

    def test_the_contents_list_every_page(self):
        page = self.browser.get("/docs/").content.decode()
        for entry in library.list_entries():
            self.assertIn(f'<a href="{entry.url}">{entry.document.title}</a>: ', page)

    def test_no_other_file_is_shown(self):
        for path in ("nothing", "__init__", "../settings", "..%2F..%2Fmanage", "security.md", "%00", "CON"):
            with self.subTest(path=path):
                self.assertEqual(self.browser.get(f"/docs/{path}/").status_code, 404)

    def test_results_link_to_their_passage_and_show_the_query_as_text(self):
        page = self.browser.get("/docs/search/", {"q": "REDIS_URL"}).content.decode()
        self.assertRegex(page, r'href="/docs/settings/#[\w-]+"')
        self.assertIn("<mark>REDIS_URL</mark>", page)
        page = self.browser.get("/docs/search/", {"q": "<script>" * 100}).content.decode()
        self.assertIn("&lt;script&gt;", page)
        self.assertNotIn("<script>", page)

    def test_every_page_of_the_site_links_to_the_documentation(self):
        for path in ("/", "/learn/", "/developers/", "/settings/", "/nothing/"):
            self.assertIn('href="/docs/"', self.browser.get(path).content.decode(), path)
