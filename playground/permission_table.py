"""The permission table, who × way × object: built from the sockets, the addresses, the admin and the roles.

`manage.py permissions` prints it, `playground/docs/permissions.md` keeps it, and
`tests/attacks/test_permission_table.py` tries every cell on a running server. A new event or address without an entry
here fails that test.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.contrib import admin
from django.contrib.auth import get_permission_codename
from django.urls import URLPattern, URLResolver, get_resolver

from playground.contract import SOCKETS
from progress.permissions import VIEW_MODULES
from progress.roles import ASSISTANTS, TEACHERS
from training.permissions import VIEW_DATASETS, VIEW_RUNS


class Role(StrEnum):
    """Who asks. Every role is also the owner of what it made."""

    GUEST = "guest"
    LEARNER = "learner"
    ASSISTANT = "assistant"
    TEACHER = "teacher"
    RUN_VIEWER = "run viewer"
    TABLE_VIEWER = "table viewer"
    SUPERUSER = "superuser"


class Object(StrEnum):
    """The kind of object that a way leads to."""

    NOTHING = "nothing of an owner"
    OWN = "the visitor's own things"
    RUN = "a run"
    DATASET = "a table"
    PROGRESS = "a learner's progress"
    DRAFT = "a draft module"


@dataclass(frozen=True)
class Way:
    """One way to an object.

    Parameters
    ----------
    name
        An event, the name of an address, or a page of the admin.
    object
        The kind of object that it names.
    staff
        Django permissions which staff need, all of them, to reach others' objects. Empty where only the owner may.
    link
        Whether the holder of the run's link gets in.
    """

    name: str
    object: Object
    staff: frozenset[str] = frozenset()
    link: bool = False

    def is_open_to(self, role: Role) -> bool:
        """Return whether a role reaches another's object by this way."""
        return bool(self.staff) and (role is Role.SUPERUSER or self.staff <= PERMISSIONS[role])


PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.GUEST: frozenset(),
    Role.LEARNER: frozenset(),
    Role.ASSISTANT: frozenset(f"progress.{codename}" for codename in ASSISTANTS),
    Role.TEACHER: frozenset(f"progress.{codename}" for codename in TEACHERS),
    Role.RUN_VIEWER: frozenset({VIEW_RUNS}),
    Role.TABLE_VIEWER: frozenset({VIEW_DATASETS}),
}
"""What the two groups have when they are made, and two staff members with a single permission each.

An administrator may change the groups. A superuser has every permission.
"""

STAFF = (Role.ASSISTANT, Role.TEACHER, Role.RUN_VIEWER, Role.TABLE_VIEWER, Role.SUPERUSER)

EVENT_OBJECTS = {
    "runTraining": Object.DATASET,
    "checkTraining": Object.DATASET,
    "describeDataset": Object.DATASET,
    "runSweep": Object.DATASET,
    "checkSweep": Object.DATASET,
    "watchTraining": Object.RUN,
    "describeTraining": Object.RUN,
    "cancelTraining": Object.RUN,
    "renameTraining": Object.RUN,
    "deleteTraining": Object.RUN,
    "shareTraining": Object.RUN,
    "unshareTraining": Object.RUN,
    "predict": Object.RUN,
    "listTestRows": Object.RUN,
    "compareTraining": Object.RUN,
    "sendEmail": Object.RUN,
    "listTrainings": Object.OWN,
    "listDatasets": Object.OWN,
    "getUserProgressData": Object.PROGRESS,
    "updateUserProgressData": Object.PROGRESS,
    "listModules": Object.DRAFT,
    "getModule": Object.DRAFT,
    "submitAnswer": Object.OWN,
    "getUserSettings": Object.OWN,
    "updateUserSettings": Object.OWN,
    "frontendLog": Object.NOTHING,
}
LINK_EVENTS = {"watchTraining", "describeTraining"}

ADDRESSES = (
    Way("index", Object.NOTHING),
    Way("runs", Object.OWN),
    Way("run", Object.RUN, frozenset({VIEW_RUNS})),
    Way("compare", Object.RUN, frozenset({VIEW_RUNS})),
    Way("artifact", Object.RUN, frozenset({VIEW_RUNS})),
    Way("shared", Object.RUN, link=True),
    Way("shared_artifact", Object.RUN, link=True),
    Way("datasets", Object.OWN),
    Way("settings", Object.OWN),
    Way("confirm_email", Object.NOTHING),
    Way("unsubscribe", Object.NOTHING),
    Way("learn", Object.DRAFT, frozenset({VIEW_MODULES})),
    Way("module", Object.DRAFT, frozenset({VIEW_MODULES})),
    Way("theme", Object.OWN),
    Way("account", Object.OWN),
    Way("sign_in", Object.NOTHING),
    Way("sign_up", Object.NOTHING),
    Way("sign_out", Object.OWN),
    Way("change_password", Object.OWN),
    Way("reset_password", Object.NOTHING),
    Way("reset_sent", Object.NOTHING),
    Way("new_password", Object.NOTHING),
    Way("delete_account", Object.OWN),
    Way("asyncapi", Object.NOTHING),
    Way("developers", Object.NOTHING),
    Way("docs", Object.NOTHING),
    Way("docs_search", Object.NOTHING),
    Way("docs_page", Object.NOTHING),
    Way("healthz", Object.NOTHING),
    Way("readyz", Object.NOTHING),
    Way("metrics", Object.NOTHING),
)
"""The pages and downloads. `shared` and `shared_artifact` need no identity: the token in the address is the key."""


def list_events() -> list[Way]:
    """Return every event of every socket, with the permissions that its handler declares.

    Raises LookupError for an event that EVENT_OBJECTS lacks.
    """
    ways = (
        Way(event, _find_object(event), handler.staff, event in LINK_EVENTS)  # type: ignore[attr-defined]
        for consumer in SOCKETS.values()
        for event, handler in sorted(consumer.events.items())
    )
    return list(dict.fromkeys(ways))  # every socket takes `frontendLog`


def list_addresses() -> list[Way]:
    """Return every address outside of the admin. Raises LookupError for one that ADDRESSES lacks."""
    entries = {way.name: way for way in ADDRESSES}
    names = list(_walk(get_resolver().url_patterns))
    if missing := set(names) - entries.keys():
        raise LookupError(f"ADDRESSES has no entry for {sorted(missing)}: say who may reach what there.")
    return [entries[name] for name in names]


def list_admin_pages() -> list[tuple[str, str, str]]:
    """Return (app label, model name, permission to view it) for every model in the admin."""
    found = []
    for model in admin.site._registry:
        codename = get_permission_codename("view", model._meta)
        found.append((model._meta.app_label, model._meta.model_name or "", f"{model._meta.app_label}.{codename}"))
    return sorted(found)


def may_view(role: Role, permission: str) -> bool:
    """Return whether a role opens the admin page of a model whose permission to view this is."""
    return role is Role.SUPERUSER or permission in PERMISSIONS[role]


def render() -> str:
    """Return the whole table as Markdown."""
    lines = [
        "# Who may reach what",
        "",
        "Which roles reach other people's runs, tables, progress and pages. `python manage.py permissions` prints this",
        "page; do not edit it.",
        "",
        "A guest is known by their session, a learner by their account. Both reach everything that they made",
        "themselves. The columns say who reaches **another person's** object.",
        "",
        "Staff need all permissions of the last column. A run viewer has only `training.view_trainingrun`, a table",
        "viewer only `training.view_dataset`. Without the latter, staff see no rows of other people's tables: no",
        "`predictions.csv`, no test rows, no inline data.",
        "",
        "Nobody reaches a deleted object. The answer is the same as for an object that never existed.",
        "",
        "## Events of the sockets",
        "",
        *_render_ways("event", list_events()),
        "",
        "## Pages and downloads",
        "",
        *_render_ways("page", list_addresses()),
        "",
        "## Pages of the admin",
        "",
        "Guests and learners are sent to the sign-in.",
        "",
        f"| model | {' | '.join(STAFF)} | permission |",
        f"|---|{'---|' * len(STAFF)}---|",
        *(
            f"| {app}.{model} | {' | '.join(_say(may_view(role, permission)) for role in STAFF)} | `{permission}` |"
            for app, model, permission in list_admin_pages()
        ),
    ]
    return "\n".join(lines) + "\n"


def _render_ways(kind: str, ways: Iterable[Way]) -> Iterator[str]:
    yield f"| {kind} | object | {' | '.join(Role)} | holder of the link | permission of staff |"
    yield f"|---|---|{'---|' * len(Role)}---|---|"
    for way in ways:
        concerns_others = way.object not in (Object.NOTHING, Object.OWN)
        cells = [_say(way.is_open_to(role)) if concerns_others else "–" for role in Role]
        link = _say(way.link) if way.object is Object.RUN else "–"
        permissions = ", ".join(f"`{each}`" for each in sorted(way.staff)) or "–"
        yield f"| {way.name} | {way.object} | {' | '.join(cells)} | {link} | {permissions} |"


def _find_object(event: str) -> Object:
    if event not in EVENT_OBJECTS:
        raise LookupError(f"EVENT_OBJECTS has no entry for {event!r}: say what it leads to.")
    return EVENT_OBJECTS[event]


def _walk(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.name or str(pattern.pattern)
        elif pattern.app_name != "admin":
            yield from _walk(pattern.url_patterns)


def _say(allowed: bool) -> str:
    return "yes" if allowed else "no"
