// The panel: a call with all its instances, one instance with both outputs, or the run as a whole.
const panel = { node: $('panel'), from: null, back: null };
const LINES = 400;

function tokens(line) {
  const parts = [];
  const pattern = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*|true|false|null|NaN|-?Infinity)/g;
  let last = 0;
  for (const found of line.matchAll(pattern)) {
    parts.push(line.slice(last, found.index));
    if (found[1]) parts.push(el('span', { class: found[2] ? 'k' : 's' }, found[1]), found[2] ?? '');
    else parts.push(el('span', { class: 'n' }, found[3]));
    last = found.index + found[0].length;
  }
  parts.push(line.slice(last));
  return parts.filter((part) => part !== '');
}

function textOf(output, label) {
  if (output === null || output === undefined) return el('p', { class: 'hint' }, 'No output.');
  const [text, hits, dims] = Array.isArray(data.texts[output]) ? data.texts[output] : [data.texts[output], [], []];
  const lines = text.split('\n');
  const marks = new Map();
  for (const [runs, name] of [[dims, 'dim'], [hits, 'hit']]) {
    for (let i = 0; i < runs.length; i += 2) for (let n = 0; n < runs[i + 1]; n += 1) marks.set(runs[i] + n, name);
  }
  const first = hits.length ? Math.max(0, hits[0] - 6) : 0;
  const box = el('div', { class: 'text', tabindex: 0, role: 'region', 'aria-label': label });
  const add = (from, to) => lines.slice(from, to).map((line, n) => el('div', { class: marks.get(from + n) ?? false }, tokens(line)));
  const last = Math.max(LINES, first + LINES);
  box.append(...add(0, last));
  if (lines.length > last) {
    const more = el('button', { type: 'button', class: 'quiet', on: { click: () => { more.remove(); box.append(...add(last)); } } }, `Show ${(lines.length - last).toLocaleString('en')} more lines`);
    box.append(more);
  }
  requestAnimationFrame(() => { const hit = box.querySelector('.hit'); if (hit) box.scrollTop = Math.max(0, hit.offsetTop - box.offsetTop - 60); });
  return box;
}

const fact = (name, value, other) => el('div', { class: `fact ${other ? 'differ' : ''}` }, el('span', {}, name), el('span', {}, value));
const heading = (text) => el('h3', {}, text);
const both = (make) => el('div', { class: 'two' }, [0, 1].map(make));
const sideTitle = (which) => el('p', {}, el('span', { class: 'side' }, SIDES[which]), ` ${data.sides[which].engine}`);

const NAMELESS = 'The rows were taken in their order. A rule for --rules names them, if this is the key:';
function tableOf(table) {
  if (!table) return null;
  const grid = (head, rows, label) => rows.length ? el('div', { class: 'grid', tabindex: 0, role: 'region', 'aria-label': label },
    el('table', {}, el('thead', {}, el('tr', {}, head.map((name) => el('th', { scope: 'col' }, name)))),
      el('tbody', {}, rows.map((row) => el('tr', {}, row.map((value) => el('td', { class: 'code' }, value))))))) : null;
  return el('div', {}, el('p', { class: 'words' }, table.words),
    grid(['column', 'rows that agree'], table.columns, 'Columns that differ'),
    grid(['row', 'column', 'old', 'new'], table.cells, 'Some cells that differ'),
    grid(['row', 'old', 'new'], table.rows, 'Some rows that differ'),
    table.rule ? [el('p', { class: 'words' }, NAMELESS), el('pre', { class: 'rule code', tabindex: 0, role: 'region', 'aria-label': 'Rule' }, table.rule)] : null);
}

function changes(found) {
  if (!found.length) return null;
  const list = el('ul', { class: 'changes' }, found.slice(0, 200).map((one) => el('li', {},
    el('span', { class: 'kind' }, KINDS[one.kind]), one.where ? ' ' : null, one.where ? el('span', { class: 'code' }, one.where) : null,
    ': ', el('span', { class: 'code' }, one.values[0]), ' → ', el('span', { class: 'code' }, one.values[1]),
    one.between === 'new and new' ? el('span', { class: 'tag' }, AGAIN) : null, tableOf(one.table))));
  return el('div', {}, heading(plural(found.length, 'difference')), list, found.length > 200 ? el('p', { class: 'hint' }, `and ${found.length - 200} more`) : null);
}

function sourceOf(id) {
  if (!data.sides.some((one) => one.sources[id])) return null;
  return el('div', {}, heading('In the code that ran'), both((which) => {
    const source = data.sides[which].sources[id];
    if (!source) return el('div', {}, sideTitle(which), el('p', { class: 'hint' }, 'Not known.'));
    return el('div', {}, el('p', { class: 'hint code' }, `${source[0]}:${source[1]}`), el('div', { class: 'text', tabindex: 0, role: 'region', 'aria-label': `Source on the ${SIDES[which]} side` }, el('div', {}, source[2])));
  }));
}

function inputsOf(box, one) {
  const number = boxOf.get(box.id);
  const given = Object.entries(box.args);
  const [old, fresh] = one ? one.sides.map((row) => row?.given ?? null) : [null, null];
  const before = data.arrows.filter(([, to]) => to === number).map(([from]) => from);
  if (!given.length && !before.length) return null;
  return el('div', {}, heading('Given'),
    given.length ? el('div', { class: 'text', tabindex: 0, role: 'region', 'aria-label': 'Arguments' }, given.map(([name, words]) => el('div', {}, el('span', { class: 'k' }, name), ` = ${words}`))) : null,
    old === fresh ? (old === null ? null : textOf(old, 'Values it was given'))
      : both((which) => [sideTitle(which), one.sides[which]?.given ?? null].map((part, n) => (n ? (part === null ? el('p', { class: 'hint' }, 'Not known.') : textOf(part, `Values it was given on the ${SIDES[which]} side`)) : part))),
    before.length ? el('p', { class: 'hint' }, 'After') : null,
    el('div', { class: 'chips' }, before.map((from) => el('button', { type: 'button', on: { click: () => {
      const index = one ? one.index.slice(0, data.boxes[from].loops) : [];
      const same = instanceOf(data.boxes[from].id, index);
      if (same) panel.show(same); else panel.open(from, null);
    } } }, data.boxes[from].id))));
}

function instanceView(one) {
  const [old, fresh] = one.sides;
  const box = data.boxes[one.box];
  const facts = both((which) => {
    const row = one.sides[which], other = one.sides[1 - which];
    if (!row) return el('div', { class: 'box' }, sideTitle(which), stateOf('none'));
    return el('div', { class: 'box' }, sideTitle(which),
      fact('state', stateOf(row.state), other && other.state !== row.state),
      fact('attempts', String(row.attempts), other && other.attempts !== row.attempts),
      row.tolerated || other?.tolerated ? fact('failure tolerated', row.tolerated ? 'yes' : 'no', other && other.tolerated !== row.tolerated) : null,
      fact('started after', duration(row.start) || 'never started'),
      fact('took', duration(took(row)) || '–'),
      row.observed ? null : fact('seen by the engine', 'no, derived from the calls around it'));
  });
  const errors = old?.error || fresh?.error ? el('div', {}, heading('Error'), both((which) => {
    const error = one.sides[which]?.error;
    return error ? el('div', { class: 'error', tabindex: 0, role: 'region', 'aria-label': `Error on the ${SIDES[which]} side` }, el('b', {}, error[0]), `: ${error[1]}`) : el('p', { class: 'hint' }, 'None.');
  })) : null;
  const outputs = [old, fresh].some((row) => (row?.output ?? null) !== null) ? el('div', {}, heading('Output'),
    one.masked ? el('p', { class: 'hint' }, 'Lines marked grey differ and do not count.') : null,
    both((which) => textOf(one.sides[which]?.output, `Output on the ${SIDES[which]} side`))) : null;
  return [facts, changes(one.found), outputs, errors, inputsOf(box, one), sourceOf(one.id)];
}

function instanceRow(one) {
  const cell = (row) => el('span', {}, stateOf(row?.state ?? 'none'), row ? el('span', { class: 'times' }, `${duration(took(row))}${row.attempts > 1 ? ` · ${row.attempts} attempts` : ''}`) : null);
  return el('div', { class: 'row' },
    el('button', { type: 'button' },
      el('span', { class: 'code' }, one.name.slice(one.id.length) || 'once'), one.found.length ? el('span', { class: 'badge' }, `≠${one.found.length}`) : null,
      el('span', { class: 'hidden' }, SIDES.map((name, n) => `${name} ${one.state(n) ?? 'no record'}`).join(', '))),
    one.sides.map(cell));
}

function callView(number) {
  const box = data.boxes[number];
  const all = byBox[number];
  const holder = el('div', { class: 'window' });
  const only = el('input', { type: 'checkbox' });
  const counts = both((which) => el('div', { class: 'box' }, sideTitle(which), Object.entries(summary(number, which).states).map(([state, n]) => fact(stateOf(state), n.toLocaleString('en')))));
  const list = el('div', {}, el('div', { class: 'tools' }, heading(plural(all.length, 'instance')), el('label', { class: 'check' }, only, 'only those that differ')), holder);
  requestAnimationFrame(() => {
    const rows = windowed(holder, `Instances of ${box.id}`, 28, all, instanceRow, (one) => panel.show(one));
    only.addEventListener('change', () => rows.set(only.checked ? all.filter((one) => one.found.length) : all));
    if (all.some((one) => one.found.length)) { only.checked = true; rows.set(all.filter((one) => one.found.length)); }
  });
  return [all.length ? counts : null, all.length ? list : el('p', { class: 'hint' }, 'It has no record of its own.'), inputsOf(box, null), sourceOf(box.id)];
}

function regionWords(box) {
  if (!box.words.length) return null;
  return el('div', {}, heading(box.kind === 'if' ? 'Asks' : 'Goes over'), el('div', { class: 'text', tabindex: 0, role: 'region', 'aria-label': 'Condition' },
    box.words.map((words, n) => el('div', {}, box.kind === 'if' ? `${words ? (n ? 'elif ' : 'if ') + words : 'else'}` : words))));
}

panel.render = (title, parts, one) => {
  const close = el('button', { type: 'button', id: 'close', 'aria-label': 'Close', on: { click: () => panel.close() } }, 'Close');
  const order = instances.filter((each) => each.found.length);
  const at = one ? order.indexOf(one) : -1;
  const step = (by, text, label) => {
    const to = one && at >= 0 ? order[at + by] : by > 0 && one ? order.find((each) => each.box > one.box) : undefined;
    return order.length ? el('button', { type: 'button', 'aria-label': label, disabled: !to, on: { click: () => panel.show(to) } }, text) : null;
  };
  const up = one && byBox[one.box].length > 1 ? el('button', { type: 'button', on: { click: () => panel.open(one.box, null) } }, 'All instances') : null;
  const heading = el('h2', { id: 'panel-title', tabindex: -1 }, title);
  panel.node.replaceChildren(
    el('div', { class: 'panel-head' }, heading, up, one ? step(-1, '‹', 'Previous call that differs') : null, one ? step(1, '›', 'Next call that differs') : null, close),
    el('div', { class: 'panel-body' }, parts),
  );
  panel.node.hidden = false;
  heading.focus();
};
panel.remember = (from) => {
  if (from) panel.back = { from, box: from.dataset?.box, which: from.closest?.('.canvas')?.dataset.side };
};
panel.show = (one, from) => {
  panel.remember(from);
  if (graph.drawn) graph.select(one.box);
  panel.render(one.name, instanceView(one), one);
};
panel.open = (number, from) => {
  panel.remember(from);
  const box = data.boxes[number];
  if (byBox[number].length === 1 && box.kind !== 'if' && box.kind !== 'each') return panel.show(byBox[number][0]);
  if (graph.drawn) graph.select(number);
  return panel.render(box.id, [regionWords(box), ...callView(number)].filter(Boolean), null);
};
panel.run = (from) => {
  panel.remember(from);
  const results = both((which) => {
    const run = data.results[which];
    return el('div', {}, el('div', { class: 'box' }, sideTitle(which), run ? [fact('state', stateOf(run[0])), fact('took', duration(run[1]) || '–')] : stateOf('none')));
  });
  panel.render('the run', [results, changes(runWide), el('div', {}, heading('Result'), both((which) => textOf(data.results[which]?.[2], `Result of the ${SIDES[which]} side`)))], null);
};
panel.close = () => {
  if (panel.node.hidden) return;
  panel.node.hidden = true;
  if (graph.drawn) graph.select(null);
  const { from } = panel.back ?? {};
  if (from?.isConnected) from.focus({ preventScroll: true });
  else document.querySelector('#gantt [tabindex="0"]')?.focus({ preventScroll: true });
};
addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !panel.node.hidden) { event.preventDefault(); panel.close(); }
});
