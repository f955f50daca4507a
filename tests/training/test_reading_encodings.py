"""Encodings are found by what words they make, said to be uncertain where they are, and obeyed where they are chosen."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.training.tables import read_cells
from training.exceptions import UnreadableTable

SENTENCES = {
    "utf-8": "id,text\n1,Größe – 5 € für “Müller”\n2,東京\n",
    "utf-8-sig": "id,text\n1,Größe\n2,naïve\n",
    "utf-16": "id,text\n1,Größe\n2,東京\n",
    "utf-16-le": "id,text\n1,Größe und Länge\n2,naïve\n",
    "utf-16-be": "id,text\n1,Größe und Länge\n2,naïve\n",
    "utf-32": "id,text\n1,Größe\n2,東京\n",
    "cp1252": "id,text\n1,L’été dernier nous avons dîné à la plage – c’était “génial”\n2,Ça coûte 5 €\n",
    "latin-1": "id,text\n1,Die Straßenbahn fährt über die Brücke\n2,Größe\n",
    "cp1250": "id;popis\n1;Příliš žluťoučký kůň úpěl ďábelské ódy\n2;Zażółć gęślą jaźń\n",
    "cp1251": "id,text\n1,Сегодня хорошая погода и мы идём гулять\n2,Город Москва\n",
    "koi8-r": "id,text\n1,Сегодня хорошая погода и мы идём гулять\n2,Город Москва\n",
    "shift_jis": "番号,文\n1,今日は天気がいいから散歩しましょう\n2,テストです\n",
    "mac_roman": "id,text\n1,Die Straßenbahn fährt über die Brücke – “schön”\n2,déjà vu\n",
    "gbk": "编号,文本\n1,今天天气很好我们去散步吧\n2,谢谢你的帮助\n",
    "big5": "編號,文字\n1,今天天氣很好我們去散步吧\n2,謝謝你\n",
    "euc_kr": "번호,문장\n1,오늘은 날씨가 좋아서 산책하러 갑니다\n2,감사합니다\n",
    "cp1253": "α,β\n1,Σήμερα ο καιρός είναι καλός και πάμε βόλτα\n2,Ευχαριστώ πολύ\n",
    "cp850": "id,text\n1,Die Straßenbahn fährt über die Brücke\n2,Größe\n",
}
ALIKE = {"zürich": "a;b\nZürich;1\nZürich;2\n", "röd": "x,y\nröd,1\ngrön,2\n"}


class EncodingTests(SimpleTestCase):
    def test_sentences_are_read_as_they_were_written(self):
        for encoding, text in SENTENCES.items():
            with self.subTest(encoding=encoding):
                cells = read_cells(text.encode(encoding))
                header, *rows = [line.split(";" if ";" in text else ",") for line in text.splitlines()]
                self.assertEqual((list(cells.frame.columns), cells.frame.to_numpy().tolist()), (header, rows))

    def test_the_encoding_that_is_reported_gives_the_same_cells(self):
        for encoding, text in SENTENCES.items():
            with self.subTest(encoding=encoding):
                cells = read_cells(text.encode(encoding))
                again = read_cells(text.encode(encoding), encoding=cells.reading.encoding)
                self.assertTrue(again.frame.equals(cells.frame))
                self.assertEqual(again.notes, ())

    def test_one_accent_far_down_decides(self):
        cells = read_cells(b"a,b\n" + b"x,1\n" * 50_000 + "größer als 5 €,2\n".encode("cp1252"))
        self.assertEqual((cells.frame["a"].iloc[-1], cells.reading.encoding), ("größer als 5 €", "cp1252"))

    def test_words_that_are_the_same_in_all_likely_encodings_are_certain(self):
        for name, text in ALIKE.items():
            with self.subTest(text=name):
                cells = read_cells(text.encode("latin-1"))
                self.assertEqual((cells.frame.iloc[0, 0].casefold(), cells.notes), (name, ()))

    def test_what_is_uncertain_is_shown_with_examples_and_a_choice_for_each(self):
        raw = "jméno,město\nDvořák,Praha\nJiří,Děčín\n".encode("cp1250")
        (note,) = read_cells(raw).notes
        self.assertEqual(note.code, "encoding_guessed")
        choices = {choice.fix[0].value["encoding"]: choice for choice in note.choices}
        self.assertIn("město", choices["cp1250"].label)
        chosen = read_cells(raw, **choices["cp1250"].fix[0].value)
        self.assertEqual((chosen.frame["jméno"].tolist(), chosen.notes), (["Dvořák", "Jiří"], ()))

    def test_bytes_that_do_not_fit_the_chosen_encoding_are_refused_with_their_line(self):
        with self.assertRaisesMessage(UnreadableTable, "byte fc in line 3"):
            read_cells("a,b\nx,1\nMüller,2\n".encode("latin-1"), encoding="utf-8")

    def test_a_damaged_character_does_not_turn_utf_8_into_another_encoding(self):
        raw = ("a,b\n" + "Größe,1\n" * 20).encode() + b"caf\xe9,2\n"
        with self.assertRaisesMessage(UnreadableTable, "except for 1 character: byte e9 in line 22"):
            read_cells(raw)
        self.assertEqual(read_cells(raw, encoding="cp1252").frame["a"].iloc[-1], "café")

    def test_zero_bytes_are_refused_with_their_line(self):
        for content in (b"a,b\n1,2\n\x00,3\n", b"a,b\n" + b"1,2\n" * 20_000 + b"\x00,3\n"):
            with self.assertRaisesMessage(UnreadableTable, "binary"):
                read_cells(content)

    def test_only_encodings_of_text_are_accepted(self):
        for name in (
            "hex",
            "zip",
            "bz2",
            "rot13",
            "base64",
            "uu",
            "quopri",
            "utf-7",
            "idna",
            "punycode",
            "unicode_escape",
            "raw_unicode_escape",
            "mbcs",
            "undefined",
            "",
            "../x",
            "é" * 40,
        ):
            with self.subTest(name=name), self.assertRaises(UnreadableTable):
                read_cells("a,b\n1,2\n", encoding=name or "?")
