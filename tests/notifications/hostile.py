"""More than two hundred addresses, subjects and names of files by which somebody might make mail do what it must not:
carry headers of their own, other recipients, other files, texts that read differently from what they are.
"""

from __future__ import annotations

BREAKS = ("\r\n", "\n", "\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\n\n", "\r\n\r\n", "\n ")
HEADERS = ("Bcc: eve@example.org", "Content-Type: text/html")
CONTROLS = ("\x00", "\x01", "\x07", "\x08", "\x1b[31m", "\x7f", "\x80", "\x9f", "\ud800", "\udfff")
DIRECTIONS = ("\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069")

ADDRESSES = (
    *(f"ada@example.org{line_break}{header}" for line_break in BREAKS for header in HEADERS),
    *(f"ada{line_break}@example.org" for line_break in BREAKS),
    *(f"ada{control}@example.org" for control in CONTROLS),
    *(f"ada@exam{control}ple.org" for control in CONTROLS),
    *(f"ada{mark}@example.org" for mark in DIRECTIONS),
    *(
        "", " ", "@", "ada", "ada@", "@example.org", "ada@@example.org", "ada@example", "ada@localhost", "ada@.org",
        "ada@example..org", "ada@-example.org", "ada@example-.org", "ada@example.org.", "ada@example.o",
        ".ada@example.org",
        "ada.@example.org", "a..da@example.org", "ada lovelace@example.org", "ada@exam ple.org", "ada@example.org ,",
        "ada@example.org,bob@example.org", "ada@example.org;bob@example.org", "ada@example.org bob@example.org",
        "ada@example.org, bob@example.org", "Ada <ada@example.org>", "<ada@example.org>",
        "<ada@example.org>,bob@example.org",
        '"ada"@example.org', '"ada\\"@example.org', '"ada bob"@example.org', '"a@b"@example.org', '"\r\n"@example.org',
        "ada(comment)@example.org", "ada@example.org(comment)", "ada@[127.0.0.1]", "ada@[IPv6:::1]", "ada@127.0.0.1",
        "ada@[10.0.0.1]", "ada\\@example.org", "ada@example.org>", "ada@example.org\t", "\tada@example.org",
        "ada@example.org%0aBcc:eve@example.org", "ada@example.org%0d%0aBcc:eve",
        "ada@example.org\\nBcc: eve@example.org",
        "mailto:ada@example.org", "ada@example.org?subject=x", "ada@example.org&body_text=x", "ada@exam/ple.org",
        "ada@exam_ple.org", "ada@exam%ple.org", "ada@exam#ple.org", "ada@exam\u2024ple\u3002", "ada@\u2024org",
        "ädä@example.org", "ada\u200b@example.org", "ada@\u200bexample.org\u202e", "ada\uff20example.org",
        "аda@example.org",
        "ada@" + "x" * 64 + ".org", "a" * 65 + "@example.org", "a" * 1_000, "ada@" + "x." * 400 + "org",
        "a" * 64 + "@" + ".".join(["x" * 60] * 4) + ".org", "ada@\ud83d.org", "ada@xn--\x00.org",
        "ada@" + "é" * 300 + ".org",
    ),
)  # fmt: skip

SUBJECTS = (
    *(f"Results{line_break}{header}" for line_break in BREAKS for header in HEADERS),
    *(f"{line_break}{HEADERS[0]}" for line_break in BREAKS),
    *(f"Results{control}" for control in CONTROLS),
    *(f"Results {mark}gpj.exe" for mark in DIRECTIONS),
    "x" * 201,
    "é" * 10_000,
    "Results\r\n\r\n<script>alert(1)</script>",
    "=?utf-8?q?Results?=\r\nBcc: eve@example.org",
    "=?utf-8?q?Bcc:_eve?=",
    "Results =?UTF-8?B?DQpCY2M6IGV2ZUBleGFtcGxlLm9yZw==?=",
)

NAMES = (
    "/etc/passwd", "../../etc/passwd", "..", ".", "./model.onnx", "/model.onnx", "model.onnx/", "model.onnx/..",
    "..\\..\\windows\\win.ini", "C:\\model.onnx", "C:model.onnx", "\\\\server\\share\\model.onnx", "~/.ssh/id_rsa",
    "~root",
    "file:///etc/passwd", "http://example.org/model.onnx", "%2e%2e%2fetc%2fpasswd", "..%2fmodel.onnx",
    "..%5cmodel.onnx",
    "....//....//etc/passwd", "model.onnx%00", "model.onnx\x00", "model.onnx\x00.png", "model.onnx\n", "\nmodel.onnx",
    "model.onnx\r\nBcc: eve@example.org", "model.onnx ", " model.onnx", "MODEL.ONNX", "Model.onnx", "model.onnx.",
    "model",
    "model.onnx;loss.png", "model.onnx,loss.png", "*", "*.png", "model.*", "?.png", "", " ", "\t", "-rf", "|id",
    "$(id)", "`id`",
    "${HOME}", "%s", "{0}", "{{ 7*7 }}", "__init__.py", "model.onnx\u202egnp.exe", "mod\u200bel.onnx", "mоdel.onnx",
    "model\uff0eonnx", "\uff0e\uff0e\uff0fetc", "\u2025/etc", "db.sqlite3", "playground.sqlite3", "secret_key",
    "settings.py",
    "preparation.skops", "residuals.png", "model.skops", "x" * 10_000, "../" * 1_000, "\ud800", "nul", "con",
    "aux.png",
    "artifacts/model.onnx", "var/secret_key", "/dev/zero", "/proc/self/environ", "0", "-1", "null", "None", "[]",
)  # fmt: skip

# Strange, and all right: they arrive as they were written.
FINE_SUBJECTS = (
    "Bcc: eve@example.org", "Ünïcödé", "実験の結果", "نتائج", "תוצאות", "👩‍🔬 results 🎉", "<b>not bold</b>",
    '"quoted"; x=1',
    "a = ? b ?=", "x" * 200, "é" * 200, "a: b: c", "%0d%0aBcc: eve@example.org", "\\r\\nBcc: eve@example.org",
    "{{ 7*7 }}", "{0}", "%s", "' OR 1=1 --", "${jndi:ldap://example.org}", ".", "-- ", "From here to there",
)  # fmt: skip
FINE_ADDRESSES = (
    "ada@example.org", "Ada.Lovelace+results@example.org", "a@b.io", "o'hara@example.org",
    "x_y-z@sub.domain.example.org",
    "a!#$%&'*/=?^_`{|}~-@example.org", "ada@bücher.example", "ada@例え.jp", "ada@xn--bcher-kva.example",
    "1@example.org",
)  # fmt: skip
