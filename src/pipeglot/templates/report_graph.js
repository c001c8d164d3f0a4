// Both drawings: one layout, coloured by what each side did.
const WORST = ['failed', 'cancelled', 'blocked', 'succeeded', 'skipped'];

function summary(number, which) {
  const states = {};
  for (const one of byBox[number]) {
    const state = one.state(which) ?? 'none';
    states[state] = (states[state] ?? 0) + 1;
  }
  const worst = WORST.find((state) => states[state]) ?? 'none';
  return { states, worst };
}

function shorten(text, width, letter) {
  const most = Math.max(4, Math.floor(width / letter));
  if (text.length <= most) return text;
  const tail = Math.floor(most / 3);
  return `${text.slice(0, most - tail - 1)}…${text.slice(text.length - tail)}`;
}

function path(points) {
  let line = `M${points[0]} ${points[1]}`;
  for (let i = 2; i < points.length; i += 2) {
    const [x0, y0, x, y] = points.slice(i - 2, i + 2);
    const half = (y - y0) / 2;
    line += x === x0 ? `V${y}` : `C${x0} ${y0 + half} ${x} ${y - half} ${x} ${y}`;
  }
  return line;
}

function drawNode(number, which) {
  const box = data.boxes[number];
  const [x, y, width, height] = box.at;
  const region = box.kind === 'if' || box.kind === 'each';
  const count = byBox[number].length;
  const many = box.loops > 0 || count > 1;
  const { states, worst } = summary(number, which);
  const tall = region ? 24 : height;
  const found = differ[number];
  const said = Object.entries(states).map(([state, n]) => (many ? `${n} ${state}` : state)).join(', ');
  const kind = region ? (box.kind === 'if' ? 'if' : 'each') : 'call';
  const label = `${box.id}, ${kind} on the ${SIDES[which]} side: ${said || 'no record'}${found ? `, ${plural(found, 'difference')}` : ''}`;
  const group = draw('g', {
    class: `node ${region ? 'title' : ''} ${worst} ${many ? 'loop' : ''} ${found ? 'differ' : ''}`,
    transform: `translate(${x} ${y})`, role: 'button', tabindex: -1, 'aria-label': label, 'data-box': number,
  });
  if (region) {
    const words = box.kind === 'each' && box.words[0] ? ` of ${box.words[0]}` : '';
    group.append(
      draw('rect', { class: 'body', x: 3, y: 3, width: width - 6, height: tall - 2, rx: 5 }),
      draw('text', { x: 12, y: 18 }, shorten(box.id + words, width - (count ? 42 : 22), 6.6)),
    );
    if (count) group.append(mark(worst, { x: width - 24, y: 6, width: 14, height: 14 }));
  } else {
    if (many) group.append(draw('rect', { class: 'under', x: 4, y: 4, width, height, rx: 7 }));
    const final = box.kind === 'final';
    group.append(
      draw('rect', { class: 'body', width, height, rx: final ? height / 2 : 7 }),
      mark(worst, { x: 10, y: 8, width: 14, height: 14 }),
      draw('text', { x: 31, y: 19.5 }, shorten(box.id, width - 40, 6.7)),
    );
    if (many) {
      group.append(draw('text', { class: 'sub', x: 31, y: 33 }, `×${count.toLocaleString('en')}${states.failed ? `, ${states.failed} failed` : ''}`));
      let left = 10;
      for (const state of [...WORST, 'none']) {
        if (!states[state]) continue;
        const share = ((width - 20) * states[state]) / Math.max(1, count);
        group.append(draw('rect', { class: `slice ${state}`, x: left, y: height - 5, width: Math.max(1.5, share), height: 2.5 }));
        left += share;
      }
    }
  }
  if (found) {
    const wide = 18 + 6.4 * String(found).length;
    const right = region ? width - 34 : width;
    group.append(
      draw('rect', { class: 'differs-mark', x: right - wide + 7, y: -8, width: wide, height: 16, rx: 8 }),
      draw('text', { class: 'differs-text', x: right - wide / 2 + 7, y: 4 }, `≠${found}`),
    );
  }
  for (const part of group.children) part.setAttribute('aria-hidden', 'true'); // the label says it all
  group.append(draw('title', {}, label));
  return group;
}

function drawRegion(box) {
  const [x, y, w, h] = box.at;
  const lanes = box.lanes.map(([words, left, wide, tall]) => [
    box.lanes.length > 1 ? draw('rect', { class: 'lane', x: x + left - 5, y: y + 28, width: wide + 10, height: h - 34, rx: 6 }) : null,
    words ? draw('text', { class: 'lane-label', x: x + left, y: y + 40 }, shorten(words, wide + 4, 6.4), draw('title', {}, words)) : null,
  ]);
  return [draw('rect', { class: 'region', x, y, width: w, height: h, rx: 9 }), ...lanes.flat().filter(Boolean)];
}

// What of the graph is near the window, and what the keyboard holds: of thousands of boxes the rest waits.
function drawPart(which, seen) {
  const arrows = data.arrows.map((arrow, number) => number).filter((number) => seen.everything || meets(spans[number], seen)).map((number) => {
    const [from, to, points, broken] = data.arrows[number];
    const lit = from === graph.open || to === graph.open ? ' lit' : '';
    return draw('path', { class: (broken ? 'arrow broken' : 'arrow') + lit, d: path(points), 'marker-end': `url(#head-${which})`, 'data-ends': `${from} ${to}` });
  });
  const boxes = data.boxes.map((_, number) => number).filter((number) => number === graph.held || seen.everything || meets(around(data.boxes[number]), seen));
  const regions = boxes.map((number) => data.boxes[number]).filter((box) => box.kind === 'if' || box.kind === 'each').flatMap(drawRegion);
  return [...regions, ...arrows, ...boxes.map((number) => {
    const node = drawNode(number, which);
    if (number === graph.open) node.classList.add('open');
    node.setAttribute('tabindex', number === graph.held ? 0 : -1);
    return node;
  })];
}
const around = (box) => [box.at[0], box.at[1], box.at[0] + box.at[2], box.at[1] + box.at[3]];
const meets = ([left, top, right, bottom], seen) => left < seen.right && right > seen.left && top < seen.bottom && bottom > seen.top;
const spans = data.arrows.map(([, , points]) => points.reduce(([left, top, right, bottom], value, n) => (n % 2
  ? [left, Math.min(top, value), right, Math.max(bottom, value)] : [Math.min(left, value), top, Math.max(right, value), bottom]), [Infinity, Infinity, -Infinity, -Infinity]));

const canvases = [...document.querySelectorAll('.canvas')];
const WHOLE = 400; // boxes of a graph that is drawn as a whole
const graph = { scale: 1, drawn: false, open: null, held: 0, printed: false };
graph.show = () => {
  if (!graph.drawn) return;
  canvases.forEach((canvas, which) => {
    const everything = data.boxes.length <= WHOLE || graph.printed;
    const more = 200 / graph.scale;
    const left = canvas.scrollLeft / graph.scale - more, top = canvas.scrollTop / graph.scale - more;
    const seen = { everything, left, top, right: left + canvas.clientWidth / graph.scale + 2 * more, bottom: top + canvas.clientHeight / graph.scale + 2 * more };
    const part = canvas.querySelector('.part');
    if (everything && part.childNodes.length) return;
    const focused = part.contains(document.activeElement) ? document.activeElement.dataset.box : undefined;
    part.replaceChildren(...drawPart(which, seen));
    if (focused !== undefined) part.querySelector(`[data-box="${focused}"]`)?.focus({ preventScroll: true });
  });
};
graph.zoom = (scale) => {
  const [first] = canvases;
  const middle = [(first.scrollLeft + first.clientWidth / 2) / graph.scale, (first.scrollTop + first.clientHeight / 2) / graph.scale];
  graph.scale = Math.max(0.08, Math.min(2.5, scale));
  for (const canvas of canvases) {
    const picture = canvas.querySelector('svg');
    picture?.setAttribute('width', data.size[0] * graph.scale);
    picture?.setAttribute('height', data.size[1] * graph.scale);
    canvas.scrollLeft = middle[0] * graph.scale - canvas.clientWidth / 2;
    canvas.scrollTop = middle[1] * graph.scale - canvas.clientHeight / 2;
  }
  graph.show();
};
graph.fit = (least = 0) => {
  const [canvas] = canvases;
  const wide = (canvas.clientWidth - 20) / data.size[0], high = (canvas.clientHeight - 20) / data.size[1];
  graph.zoom(Math.max(least, Math.min(1.15, wide, high)));
};
graph.nodes = (box) => canvases.map((canvas) => canvas.querySelector(`[data-box="${box}"]`));
graph.select = (box) => {
  graph.open = box;
  for (const one of document.querySelectorAll('.node.open, .arrow.lit')) one.classList.remove('open', 'lit');
  if (box === null) return;
  for (const node of graph.nodes(box)) node?.classList.add('open');
  for (const arrow of document.querySelectorAll('.arrow')) {
    if (arrow.dataset.ends.split(' ').includes(String(box))) arrow.classList.add('lit');
  }
};
graph.reach = (box, which) => {
  const canvas = canvases[which];
  const [x, y, width, height] = data.boxes[box].at.map((v) => v * graph.scale);
  if (x < canvas.scrollLeft || x + width > canvas.scrollLeft + canvas.clientWidth) canvas.scrollLeft = x + width / 2 - canvas.clientWidth / 2;
  if (y < canvas.scrollTop || y + height > canvas.scrollTop + canvas.clientHeight) canvas.scrollTop = y + height / 2 - canvas.clientHeight / 2;
  const before = graph.held;
  graph.held = box;
  if (!graph.nodes(box)[which]) graph.show();
  graph.nodes(before)[which]?.setAttribute('tabindex', -1);
  const node = graph.nodes(box)[which];
  node.setAttribute('tabindex', 0);
  node.focus({ preventScroll: true });
};

// The nearest box in a direction: distance along it, and twice as much aside.
graph.next = (from, keyName) => {
  const centre = (box) => [box.at[0] + box.at[2] / 2, box.at[1] + (box.kind === 'if' || box.kind === 'each' ? 12 : box.at[3] / 2)];
  const [x, y] = centre(data.boxes[from]);
  const [dx, dy] = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[keyName];
  let best = null, least = Infinity;
  data.boxes.forEach((box, number) => {
    const [bx, by] = centre(box);
    const along = (bx - x) * dx + (by - y) * dy;
    const aside = Math.abs((bx - x) * dy) + Math.abs((by - y) * dx);
    if (number !== from && along > 4 && along + 2 * aside < least) [best, least] = [number, along + 2 * aside];
  });
  return best;
};

function startGraph() {
  if (graph.drawn) return;
  graph.drawn = true;
  let waiting = false;
  canvases.forEach((canvas, which) => {
    const head = draw('marker', { id: `head-${which}`, viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto' },
      draw('path', { class: 'head', d: 'M0 .8L8 4 0 7.2z' }));
    const [width, height] = data.size;
    const picture = draw('svg', { viewBox: `0 0 ${width} ${height}`, role: 'group', 'aria-label': `Graph of the ${SIDES[which]} side` },
      draw('defs', {}, head), draw('g', { class: 'part' }));
    canvas.replaceChildren(picture);
    picture.addEventListener('click', (event) => {
      const node = event.target.closest('.node');
      if (node) panel.open(Number(node.dataset.box), node);
    });
    picture.addEventListener('keydown', (event) => {
      const node = event.target.closest('.node');
      if (!node) return;
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault();
        panel.open(Number(node.dataset.box), node);
      } else if (event.key.startsWith('Arrow')) {
        event.preventDefault();
        const next = graph.next(Number(node.dataset.box), event.key);
        if (next !== null) graph.reach(next, which);
      }
    });
    let hold = null;
    canvas.addEventListener('pointerdown', (event) => {
      if (event.pointerType === 'mouse' && event.button === 0) hold = [event.clientX, event.clientY, canvas.scrollLeft, canvas.scrollTop];
    });
    addEventListener('pointermove', (event) => {
      if (!hold) return;
      canvas.classList.add('held');
      canvas.scrollTo(hold[2] + hold[0] - event.clientX, hold[3] + hold[1] - event.clientY);
    });
    addEventListener('pointerup', () => { hold = null; canvas.classList.remove('held'); });
    canvas.addEventListener('scroll', () => {
      const other = canvases[1 - which];
      if (other.scrollLeft !== canvas.scrollLeft) other.scrollLeft = canvas.scrollLeft;
      if (other.scrollTop !== canvas.scrollTop) other.scrollTop = canvas.scrollTop;
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; graph.show(); });
    });
  });
  graph.fit(0.55);
  const most = data.size[1] * graph.scale + 34; // a small graph needs no large window
  for (const canvas of canvases) if (most < canvas.clientHeight) canvas.style.height = `${Math.max(most, 120)}px`;
  for (const canvas of canvases) canvas.scrollTop = 0;
  graph.show();
  addEventListener('beforeprint', () => { graph.printed = data.boxes.length <= 5000; graph.show(); });
  addEventListener('afterprint', () => { graph.printed = false; graph.show(); });
}
