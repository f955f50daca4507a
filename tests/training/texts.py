"""Tables with text columns, invented: reviews that are good or bad, and remarks in many scripts."""

from __future__ import annotations

import csv
import io
import random

OPENINGS = (
    "We stayed here for a week and",
    "I bought this in May;",
    "My sister told me about it, and",
    "After a month",
    "Honestly,",
)
SUBJECTS = ("the room", "the soup", "this lamp", "the staff", "the film", "their website", "the battery", "the garden")
PRAISE = (
    "was wonderful",
    "works perfectly",
    "made us smile",
    "is worth every penny",
    "exceeded our hopes",
    "was not bad at all",
)
BLAME = ("was dreadful", "broke twice", "made us leave", "is a waste of money", "fell apart", "was not good at all")
ENDINGS = (
    "We would come again.",
    "Delivery took three days.",
    "It rained a lot.",
    "Ask for the blue one.",
    "That is all.",
)

MULTILINGUAL = (
    "Die größe passt, die Straße ist schön", "DIE GRÖẞE PASST NICHT", "İstanbul çok güzel", "ISPARTA ılık ve IŞIK dolu",
    "Ο ΔΡΟΜΟΣ ΕΙΝΑΙ ΜΕΓΑΛΟΣ", "ο δρόμος είναι μεγάλος", "ΣΑΣ.Α ΣΑΣ' Σ ΑΣ\u00adΑ", "Очень ХОРОШИЙ товар",
    "この映画はとても良かった。", "这部电影不错，很好看", "cafe\u0301 au lait, CAFÉ noir", "😀 great 👍🏽 day",
    "Ⅷ Ⓐ Ǆ ﬁne",
    "x_1 and X_1 are 42 names", "यह फिल्म अच्छी थी", "don't STOP\tnow", "tabs\u00a0and\u2028separators", "…!?", " ",
)  # fmt: skip


def write_reviews(count: int, *, seed: int = 0, with_target: str = "label") -> str:
    """Return a CSV: review, nights, label. Whether a review is good decides the label; the nights are noise."""
    draw = random.Random(seed)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["review", "nights", with_target])
    for _ in range(count):
        good = draw.random() < 0.5
        parts = [
            draw.choice(OPENINGS),
            draw.choice(SUBJECTS),
            draw.choice(PRAISE if good else BLAME) + ".",
            draw.choice(ENDINGS),
        ]
        review = " ".join(parts[draw.randint(0, 1) :])
        label = (
            ("good" if good else "bad")
            if with_target == "label"
            else f"{8 + draw.random() if good else 2 + draw.random():.2f}"
        )
        writer.writerow([review.upper() if draw.random() < 0.2 else review, draw.randint(1, 14), label])
    return text.getvalue()


def write_remarks(count: int) -> str:
    """Return a CSV: two columns of remarks in many scripts, some of them missing, and a label."""
    draw = random.Random(1)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["remark", "answer", "label"])
    for number in range(count):
        remark, answer = draw.choice(MULTILINGUAL), draw.choice(MULTILINGUAL)
        writer.writerow(
            [f"{remark} {draw.choice(MULTILINGUAL)}", "" if number % 5 == 0 else answer, "ab"[remark < answer]]
        )
    return text.getvalue()
