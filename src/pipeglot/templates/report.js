// The page's data and the pieces all parts use. Texts of users reach the page as text nodes only.
const root = document.documentElement;
root.classList.add('js');
const bytes = Uint8Array.from(atob(document.getElementById('data').textContent), (letter) => letter.charCodeAt(0));
const data = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).json();
const SIDES = ['old', 'new'];
const $ = (id) => document.getElementById(id);
const SVG = 'http://www.w3.org/2000/svg';

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'on') for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat(2).filter((child) => child !== null && child !== undefined));
  return node;
}
const el = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);
const draw = (name, attributes = {}, ...children) => fill(document.createElementNS(SVG, name), attributes, children);
const mark = (state, attributes = {}) =>
  draw('svg', { 'aria-hidden': 'true', ...attributes }, draw('use', { href: `#m-${state}` }));
const stateOf = (state) => el('span', { class: `state ${state}` }, mark(state), state === 'none' ? 'no record' : state);

// One execution of a call: where it is, and per side its state, attempts, times, output, error and what it was given.
// The page has them in columns, and reads of a row what it shows.
const columns = data.instances;
const SIDE = columns.sides.map((parts, which) => Object.fromEntries(data.parts.map((part, n) => [part, parts[n] ?? columns.sides[1 - which][n]])));
const NONE = [];
class Instance {
  constructor(number) { this.number = number; this.found = NONE; this.masked = 0; }
  get box() { return columns.box[this.number]; }
  get id() { return data.boxes[this.box].id; }
  get index() { return columns.index[this.number]; }
  get name() { return nameOf(this.id, this.index) + (columns.nth[this.number] ? ` (execution ${columns.nth[this.number] + 1})` : ''); }
  state(which) { return data.states[SIDE[which].state[this.number]]; }
  side(which) {
    if (this.state(which) === undefined) return null;
    const row = Object.fromEntries(data.parts.map((part) => [part, SIDE[which][part][this.number]]));
    row.state = this.state(which);
    row.error = row.error === null ? null : columns.errors[row.error];
    return row;
  }
  bar(which) {
    const side = SIDE[which], start = side.start[this.number];
    const state = this.state(which);
    return state && { state, start, end: start === null ? null : start + (side.took[this.number] ?? 0), attempts: side.attempts[this.number] };
  }
  get sides() { return [this.side(0), this.side(1)]; }
}
const instances = columns.box.map((_, number) => new Instance(number));
const byBox = data.boxes.map(() => []);
for (const one of instances) byBox[one.box].push(one);
const boxOf = new Map(data.boxes.map((box, number) => [box.id, number]));

const places = new Map();
function instanceOf(call, index) {
  const box = boxOf.get(call);
  if (box === undefined) return undefined;
  if (!places.has(box)) {
    const all = new Map();
    for (const one of byBox[box]) if (!all.has(one.index.join())) all.set(one.index.join(), one);
    places.set(box, all);
  }
  return places.get(box).get(index.join());
}

const KINDS = data.kinds;
const AGAIN = 'between two runs of the new side';
const nameOf = (id, index) => (id === null ? 'the run' : id + index.map((number) => `[${number}]`).join(''));
const differences = data.differences.map(([kind, call, index, path, was, is, absent, between, table], number) => {
  const where = kind === 'order' ? `after ${path}` : path;
  const one = { number, kind, call, index, path, where, values: [was, is], absent, between, table, name: nameOf(call, index) };
  one.text = [KINDS[kind], one.name, where, was, is, table?.words ?? '', between === 'new and new' ? AGAIN : ''].join('\n').toLowerCase();
  return one;
});
const runWide = differences.filter((one) => one.call === null);
for (const one of differences) {
  const instance = instanceOf(one.call, one.index);
  if (instance) instance.found = [...instance.found, one];
}
for (const [call, index] of data.masked) {
  const instance = instanceOf(call, index);
  if (instance) instance.masked += 1;
}
const differ = byBox.map((all) => all.reduce((sum, one) => sum + one.found.length, 0));
const plural = (count, word) => `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;

function duration(ms) {
  if (ms === null || ms === undefined) return '';
  if (ms < 1000) return `${ms} ms`;
  if (ms < 60000) return `${(ms / 1000).toFixed(ms < 10000 ? 2 : 1)} s`;
  const minutes = Math.floor(Math.round(ms / 1000) / 60);
  const seconds = Math.round(ms / 1000) % 60;
  return minutes < 60 ? `${minutes} min${seconds ? ` ${seconds} s` : ''}` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
const took = (one) => (one && one.start !== null ? one.took : null);

// A long list of which only what is seen exists: rows of one height, one tab stop, arrow keys between them.
function windowed(holder, label, height, rows, drawRow, open) {
  const inner = el('div', { role: 'list', 'aria-label': label });
  holder.replaceChildren(inner);
  let items = rows, current = 0, all = false;
  function show() {
    const first = all ? 0 : Math.max(0, Math.floor(holder.scrollTop / height) - 8);
    const last = all ? items.length : Math.min(items.length, first + Math.ceil((holder.clientHeight || 520) / height) + 18);
    inner.style.height = `${items.length * height}px`;
    const held = inner.contains(document.activeElement);
    inner.replaceChildren();
    for (let number = first; number < last; number += 1) {
      const row = drawRow(items[number]);
      row.style.top = `${number * height}px`;
      fill(row, { role: 'listitem', 'aria-setsize': items.length, 'aria-posinset': number + 1 }, []);
      const button = row.querySelector('button');
      button.tabIndex = number === current ? 0 : -1;
      button.dataset.number = number;
      inner.append(row);
    }
    if (held) inner.querySelector('[tabindex="0"]')?.focus({ preventScroll: true });
  }
  function go(number) {
    current = Math.max(0, Math.min(items.length - 1, number));
    const top = current * height;
    if (top < holder.scrollTop) holder.scrollTop = top;
    else if (top + height > holder.scrollTop + holder.clientHeight) holder.scrollTop = top + height - holder.clientHeight;
    show();
    inner.querySelector(`[data-number="${current}"]`)?.focus({ preventScroll: true });
  }
  inner.addEventListener('click', (event) => {
    const row = event.target.closest('[role="listitem"]');
    if (!row) return;
    current = Number(row.getAttribute('aria-posinset')) - 1;
    open(items[current], row.querySelector('button'));
  });
  inner.addEventListener('keydown', (event) => {
    const page = Math.floor(holder.clientHeight / height);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -items.length, End: items.length };
    if (!(event.key in steps)) return;
    event.preventDefault();
    go(current + steps[event.key]);
  });
  let waiting = false;
  holder.addEventListener('scroll', () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; show(); });
  });
  addEventListener('beforeprint', () => { all = items.length <= 2000; if (holder.isConnected) show(); });
  addEventListener('afterprint', () => { all = false; if (holder.isConnected) show(); });
  show();
  return { set(rows) { items = rows; current = 0; holder.scrollTop = 0; show(); } };
}
