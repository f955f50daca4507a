"""A directed graph without cycles as SVG: each node stands above the nodes that it points to.

The layout follows Sugiyama, Tagawa and Toda (1981). Nodes stand in layers. Within a layer they are sorted by the mean
place of their neighbours. An edge over several layers has a place of its own in each layer between.
"""

from __future__ import annotations

from graphlib import TopologicalSorter
from itertools import pairwise

from django.utils.html import escape

Graph = dict[str, set[str]]
LAYER_HEIGHT, BOX_HEIGHT, GAP, MARGIN = 70, 32, 14, 10
LETTER_WIDTH, PADDING, BEND_WIDTH = 7.2, 18, 8
SWEEPS = 8
INK, LINE, PAPER = "#1c2733", "#566373", "#ffffff"


def draw(graph: Graph, colours: dict[str, str], title: str) -> str:
    """Return an SVG document.

    Parameters
    ----------
    graph
        The targets of each node. Every target is a node, too.
    colours
        The fill of a box by the part of the node's name before the first dot or colon.
    title
        What the drawing shows, for screen readers.
    """
    layers, edges = _place_in_layers(graph)
    _order(layers, edges)
    centres = _find_centres(layers)
    width = max(_get_width(layer) for layer in layers) + 2 * MARGIN
    height = (len(layers) - 1) * LAYER_HEIGHT + BOX_HEIGHT + 2 * MARGIN
    lines = [_draw_edge(way, centres) for way in edges]
    boxes = [_draw_box(name, centres[name], colours) for name in sorted(graph)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
            f'width="{width:.0f}" height="{height:.0f}" role="img">',
            f"<title>{escape(title)}</title>",
            f'<rect width="100%" height="100%" fill="{PAPER}"/>',
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
            f'<path d="M0 0L8 4L0 8z" fill="{LINE}"/></marker></defs>',
            *lines,
            *boxes,
            "</svg>\n",
        ]
    )


def _place_in_layers(graph: Graph) -> tuple[list[list[str]], list[list[str]]]:
    """Return the names of each layer from the top, and each edge as the names that it passes.

    A node stands as low as possible. An edge over several layers gets a name in each of those between.
    """
    level: dict[str, int] = {}
    for node in TopologicalSorter(graph).static_order():
        level[node] = 1 + max((level[target] for target in graph[node]), default=-1)
    top = max(level.values())
    layers: list[list[str]] = [[] for _ in range(top + 1)]
    for node in sorted(graph):
        layers[top - level[node]].append(node)
    edges = []
    for node in sorted(graph):
        for target in sorted(graph[node]):
            bends = [f"{node} → {target} {step}" for step in range(level[node] - 1, level[target], -1)]
            for step, bend in zip(range(level[node] - 1, level[target], -1), bends, strict=True):
                layers[top - step].append(bend)
            edges.append([node, *bends, target])
    return layers, edges


def _order(layers: list[list[str]], edges: list[list[str]]) -> None:
    """Sort each layer by the mean place of the neighbours in the layer above, then below, several times."""
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for way in edges:
        for upper, lower in pairwise(way):
            below.setdefault(upper, []).append(lower)
            above.setdefault(lower, []).append(upper)
    for sweep in range(SWEEPS):
        neighbours, ordered = (above, layers) if sweep % 2 == 0 else (below, layers[::-1])
        for fixed, layer in pairwise(ordered):
            places = _find_places(fixed)
            own = _find_places(layer)
            layer.sort(key=lambda name: (_mean([places[each] for each in neighbours.get(name, [])], own[name]), name))


def _find_places(layer: list[str]) -> dict[str, float]:
    """Return the horizontal centre of each name of a layer, from the middle of the layer."""
    place, found = -_get_width(layer) / 2, {}
    for name in layer:
        found[name] = place + _get_box_width(name) / 2
        place += _get_box_width(name) + GAP
    return found


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _find_centres(layers: list[list[str]]) -> dict[str, tuple[float, float]]:
    middle = max(_get_width(layer) for layer in layers) / 2 + MARGIN
    return {
        name: (middle + place, MARGIN + row * LAYER_HEIGHT + BOX_HEIGHT / 2)
        for row, layer in enumerate(layers)
        for name, place in _find_places(layer).items()
    }


def _get_width(layer: list[str]) -> float:
    return sum(map(_get_box_width, layer)) + GAP * (len(layer) - 1)


def _get_box_width(name: str) -> float:
    return BEND_WIDTH if " → " in name else len(name) * LETTER_WIDTH + PADDING


def _draw_edge(way: list[str], centres: dict[str, tuple[float, float]]) -> str:
    half = BOX_HEIGHT / 2
    x, y = centres[way[0]]
    path = [f"M{x:.0f} {y + half:.0f}"]
    y += half
    for index, name in enumerate(way[1:], start=2):
        next_x, next_y = centres[name]
        next_y -= half
        bend = (next_y - y) / 2
        path.append(f"C{x:.0f} {y + bend:.0f} {next_x:.0f} {next_y - bend:.0f} {next_x:.0f} {next_y:.0f}")
        x, y = next_x, next_y
        if index < len(way):
            y += BOX_HEIGHT
            path.append(f"V{y:.0f}")
    return f'<path d="{"".join(path)}" fill="none" stroke="{LINE}" stroke-width="1.3" marker-end="url(#tip)"/>'


def _draw_box(name: str, centre: tuple[float, float], colours: dict[str, str]) -> str:
    x, y = centre
    width = _get_box_width(name)
    fill = colours[name.split(".")[0].split(":")[0]]
    return (
        f'<rect x="{x - width / 2:.0f}" y="{y - BOX_HEIGHT / 2:.0f}" width="{width:.0f}" height="{BOX_HEIGHT}" rx="7" '
        f'fill="{fill}" stroke="{LINE}"/>'
        f'<text x="{x:.0f}" y="{y + 4.5:.0f}" text-anchor="middle" font-family="system-ui, DejaVu Sans, sans-serif" '
        f'font-size="13" fill="{INK}">{escape(name)}</text>'
    )
