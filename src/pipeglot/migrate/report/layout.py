"""Where the boxes and arrows of a pipeline's drawing go: layers from top to bottom, regions as boxes around them.

Every block (the whole pipeline, an Each's body, an If's arm) is laid out by itself and is one box in the block around
it. All lengths are CSS pixels; the same graph always gives the same picture.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import isqrt
from typing import TypeAlias

from pipeglot.compare.drawing import CallGraph, GraphNode
from pipeglot.core.dataclass import dataclass, field

Point: TypeAlias = tuple[float, float]
Owner: TypeAlias = tuple[str, int | None]
"""A block: the region it belongs to and the arm in it; `ROOT` for the whole pipeline."""

ROOT: Owner = ("", None)
ACROSS, DOWN, PAD, TITLE, ARM = 18.0, 34.0, 12.0, 26.0, 18.0
LOOP_NARROWEST = 136.0
CALL_HEIGHT, LOOP_HEIGHT, NARROWEST, WIDEST, LETTER = 30.0, 42.0, 88.0, 216.0, 7.0
SWEEPS = 6
MOST_BENDS = 4000
"""Long arrows are led around the boxes only as long as that stays cheap."""


@dataclass
class PlacedNode:
    """A box with its place: the top left corner and its size; `lanes` are an If's arms, with their labels."""

    box: GraphNode
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0
    lanes: list[tuple[str, float, float, float]] = field(default_factory=list)


@dataclass
class Layout:
    """A finished drawing: boxes in the pipeline's order, and arrows as the points they pass."""

    width: float
    height: float
    places: dict[str, PlacedNode]
    arrows: dict[tuple[str, str], list[Point]]


@dataclass
class _ItemLayout:
    """Something in a layer: a box, or (without an id) the bend of a long arrow."""

    id: str
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0


@dataclass
class _BlockLayout:
    width: float = 0.0
    height: float = 0.0
    items: dict[str, _ItemLayout] = field(default_factory=dict)
    bends: dict[tuple[str, str], list[_ItemLayout]] = field(default_factory=dict)


def layout(graph: CallGraph) -> Layout:
    """Place every box of the graph.

    >>> two = CallGraph(boxes=(GraphNode(id="a", kind="call"), GraphNode(id="b", kind="call")), edges=(("a", "b"),))
    >>> places = layout(two).places
    >>> places["a"].y < places["b"].y
    True
    """
    return _Placer(graph).run()


class _Placer:
    def __init__(self, graph: CallGraph) -> None:
        self.places = {box.id: PlacedNode(box) for box in graph.boxes}
        self.edges = [edge for edge in graph.edges if edge[0] in self.places and edge[1] in self.places]
        self.chains: dict[str, list[Owner]] = {}
        self.members: dict[Owner, list[str]] = defaultdict(list)
        kinds = {box.id: box.kind for box in graph.boxes}
        for box in graph.boxes:
            arms = box.arms or (None,) * len(box.inside)
            chain = [
                (id, arm or 0) if kinds.get(id) == "if" else (id, None)
                for id, arm in zip(box.inside, arms, strict=True)
            ]
            self.chains[box.id] = [ROOT, *(owner for owner in chain if owner[0] in kinds)]
            self.members[self.chains[box.id][-1]].append(box.id)
        self.inner: dict[Owner, list[tuple[str, str]]] = defaultdict(list)
        for start, end in self.edges:
            self._link(start, end)
        waited = {start for start, _ in self.inner[ROOT]}
        last = next((box.id for box in graph.boxes if box.kind == "final"), None)
        for id in self.members[ROOT] if last else ():
            if last and id != last and id not in waited:  # it runs last, though no edge says so
                self.edges.append((id, last))
                self._link(id, last)
        self.blocks: dict[Owner, _BlockLayout] = {}

    def _link(self, start: str, end: str) -> None:
        owner, a, b = self._lifted(start, end)
        if a != b:
            self.inner[owner].append((a, b))

    def _lifted(self, start: str, end: str) -> tuple[Owner, str, str]:
        """The innermost block that holds both ends, and the boxes of it that they are (in)."""
        one, other = self.chains[start], self.chains[end]
        depth = 0
        while depth < min(len(one), len(other)) and one[depth] == other[depth]:
            depth += 1
        a = one[depth][0] if depth < len(one) else start
        b = other[depth][0] if depth < len(other) else end
        return one[depth - 1], a, b

    def run(self) -> Layout:
        block = self._block(ROOT)
        self._settle(ROOT, PAD, PAD)
        arrows = {edge: self._arrow(*edge) for edge in self.edges if not self._around(*edge)}
        return Layout(block.width + 2 * PAD, block.height + 2 * PAD, self.places, arrows)

    def _around(self, start: str, end: str) -> bool:
        """An arrow from a region to its own inside: the box around it says so already."""
        return any(owner[0] == start for owner in self.chains[end]) or any(
            owner[0] == end for owner in self.chains[start]
        )

    def _size(self, id: str) -> tuple[float, float]:
        place = self.places[id]
        box = place.box
        title = 44.0 + LETTER * len(box.id)
        if box.kind == "each":
            block = self._block((id, None))
            asked = LETTER * (len(box.words[0]) + 4) if box.words else 0.0
            place.width = max(block.width + 2 * PAD, min(title + asked, WIDEST))
            place.height = block.height + TITLE + 2 * PAD
        elif box.kind == "if":
            x, tallest = PAD, 0.0
            for number in sorted(
                {owner[1] or 0 for owner in self.members if owner[0] == id} | set(range(len(box.words)))
            ):
                block = self._block((id, number))
                label = (box.words[number] or "otherwise") if number < len(box.words) else ""
                width = max(block.width, min(LETTER * len(label) + 8, WIDEST), 60.0)
                place.lanes.append((label, x, width, block.height))
                x, tallest = x + width + PAD, max(tallest, block.height)
            place.width, place.height = max(x, min(title, WIDEST)), tallest + TITLE + ARM + 2 * PAD
        else:
            place.width = min(max(title + 10, LOOP_NARROWEST if box.loops else NARROWEST), WIDEST)
            place.height = LOOP_HEIGHT if box.loops else CALL_HEIGHT
        return place.width, place.height

    def _block(self, owner: Owner) -> _BlockLayout:
        if owner in self.blocks:
            return self.blocks[owner]
        block = self.blocks[owner] = _BlockLayout()
        members = self.members.get(owner, [])
        for id in members:
            block.items[id] = _ItemLayout(id, *self._size(id))
        edges = [edge for edge in dict.fromkeys(self.inner[owner]) if edge[0] in block.items and edge[1] in block.items]
        layers, links = _layered(block, members, edges)
        _order(layers, links)
        _place(block, layers, links)
        return block

    def _settle(self, owner: Owner, x: float, y: float) -> None:
        """Turn places within blocks into places on the page."""
        block = self.blocks[owner]
        for bends in block.bends.values():
            for bend in bends:
                bend.x, bend.y = bend.x + x, bend.y + y
        for id, item in block.items.items():
            place = self.places[id]
            place.x, place.y = round(x + item.x, 1), round(y + item.y, 1)
            if place.box.kind == "each":
                left = (place.width - self.blocks[id, None].width) / 2
                self._settle((id, None), place.x + left, place.y + TITLE + PAD)
            elif place.box.kind == "if":
                for number, (_, lane, width, _) in enumerate(place.lanes):
                    left = lane + (width - self.blocks[id, number].width) / 2
                    self._settle((id, number), place.x + left, place.y + TITLE + ARM + PAD)

    def _arrow(self, start: str, end: str) -> list[Point]:
        a, b = self.places[start], self.places[end]
        owner, one, other = self._lifted(start, end)
        bends = self.blocks[owner].bends.get((one, other), [])
        points = [(a.x + a.width / 2, a.y + a.height)]
        points += [(bend.x, bend.y + side) for bend in bends for side in (0.0, bend.height)]
        return [(round(x, 1), round(y, 1)) for x, y in [*points, (b.x + b.width / 2, b.y)]]


def _layered(
    block: _BlockLayout, members: Sequence[str], edges: list[tuple[str, str]]
) -> tuple[list[list[_ItemLayout]], list[tuple[_ItemLayout, _ItemLayout]]]:
    """Every box below all that it waits for; a layer too wide to see is broken into several."""
    order = {id: number for number, id in enumerate(members)}
    edges = [edge for edge in edges if order[edge[0]] < order[edge[1]]]  # what leads back would have no layers
    before: dict[str, list[str]] = defaultdict(list)
    for start, end in edges:
        before[end].append(start)
    level: dict[str, int] = {}
    for id in members:
        level[id] = max((level[one] + 1 for one in before[id]), default=0)
    rows: dict[int, list[str]] = defaultdict(list)
    for id in members:
        rows[level[id]].append(id)
    layers: list[list[_ItemLayout]] = []
    depth: dict[str, int] = {}
    for number in sorted(rows):
        wide = max(6, isqrt(2 * len(rows[number])))
        for first in range(0, len(rows[number]), wide):
            for id in rows[number][first : first + wide]:
                depth[id] = len(layers)
            layers.append([block.items[id] for id in rows[number][first : first + wide]])
    spans = sum(max(0, depth[end] - depth[start] - 1) for start, end in edges)
    links: list[tuple[_ItemLayout, _ItemLayout]] = []
    for start, end in edges:
        last = block.items[start]
        if spans <= MOST_BENDS:
            for number in range(depth[start] + 1, depth[end]):
                bend = _ItemLayout("", 6.0, max(item.height for item in layers[number]))
                layers[number].append(bend)
                block.bends.setdefault((start, end), []).append(bend)
                links.append((last, bend))
                last = bend
        links.append((last, block.items[end]))
    return layers, links


def _neighbours(
    links: Iterable[tuple[_ItemLayout, _ItemLayout]],
) -> tuple[dict[int, list[_ItemLayout]], dict[int, list[_ItemLayout]]]:
    above: dict[int, list[_ItemLayout]] = defaultdict(list)
    below: dict[int, list[_ItemLayout]] = defaultdict(list)
    for start, end in links:
        above[id(end)].append(start)
        below[id(start)].append(end)
    return above, below


def _order(layers: list[list[_ItemLayout]], links: list[tuple[_ItemLayout, _ItemLayout]]) -> None:
    """Each layer by the mean place of its neighbours, downwards and upwards in turn: few crossings."""
    above, below = _neighbours(links)
    rank = {id(item): float(number) for layer in layers for number, item in enumerate(layer)}
    for sweep in range(SWEEPS):
        near, through = (above, layers) if sweep % 2 == 0 else (below, layers[::-1])
        for layer in through:
            mean = {
                id(item): sum(rank[id(one)] for one in near[id(item)]) / len(near[id(item)])
                if near[id(item)]
                else rank[id(item)]
                for item in layer
            }
            layer.sort(key=lambda item: mean[id(item)])
            for number, item in enumerate(layer):
                rank[id(item)] = number + (len(layers[0]) - len(layer)) / 2


def _place(block: _BlockLayout, layers: list[list[_ItemLayout]], links: list[tuple[_ItemLayout, _ItemLayout]]) -> None:
    above, below = _neighbours(links)
    y = 0.0
    for layer in layers:
        tallest = max(item.height for item in layer)
        for item in layer:
            item.y = y + (0.0 if not item.id else (tallest - item.height) / 2)
        y += tallest + DOWN
        _spread(layer, [0.0] * len(layer))
    for sweep in range(SWEEPS):
        near, through = (above, layers) if sweep % 2 == 0 else (below, layers[::-1])
        for layer in through:
            wanted = [
                sum(one.x for one in near[id(item)]) / len(near[id(item)]) if near[id(item)] else item.x
                for item in layer
            ]
            _spread(layer, wanted)
    everything = [item for layer in layers for item in layer]
    left = min((item.x - item.width / 2 for item in everything), default=0.0)
    for item in everything:
        item.x -= left + (item.width / 2 if item.id else 0.0)  # from centres to corners; a bend stays a centre
    block.width = max((item.x + item.width for item in everything), default=0.0)
    block.height = max(y - DOWN, 0.0)


def _spread(layer: Sequence[_ItemLayout], wanted: Sequence[float]) -> None:
    """The centres nearest to the wanted ones (least squares) that keep the order and the gaps: adjacent pools."""
    offset, offsets = 0.0, []
    for number, item in enumerate(layer):
        if number:
            gap = ACROSS if item.id and layer[number - 1].id else ACROSS / 2
            offset += (layer[number - 1].width + item.width) / 2 + gap
        offsets.append(offset)
    pools: list[tuple[float, int]] = []
    for target, shift in zip(wanted, offsets, strict=True):
        total, count = target - shift, 1
        while pools and pools[-1][0] / pools[-1][1] >= total / count:
            total, count = total + pools[-1][0], count + pools[-1][1]
            pools.pop()
        pools.append((total, count))
    centres = [total / count for total, count in pools for _ in range(count)]
    for item, centre, shift in zip(layer, centres, offsets, strict=True):
        item.x = centre + shift
