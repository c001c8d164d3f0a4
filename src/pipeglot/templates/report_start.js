// The table of differences, the colours, and when each part is drawn.
function labelled(table, row) {
  [...row.cells].forEach((cell, n) => { cell.dataset.label = table.tHead.rows[0].cells[n]?.textContent.trim() ?? ''; });
  return row; // where it is too narrow for columns, each cell says which it is of
}

function startTable() {
  const table = $('table');
  if (!table) return;
  const body = table.tBodies[0];
  const columns = [(one) => KINDS[one.kind], null, (one) => one.where, (one) => one.values[0], (one) => one.values[1]];
  const STEP = 200;
  let shown = STEP, sort = null, down = false;
  const kinds = [...new Set(differences.map((one) => one.kind))];
  $('f-kind').append(...kinds.map((kind) => el('option', { value: kind }, `${KINDS[kind]} (${differences.filter((one) => one.kind === kind).length})`)));
  const names = [...new Set(differences.map((one) => one.call).filter((call) => call !== null))];
  $('f-calls').append(...names.slice(0, 1000).map((name) => el('option', { value: name })));

  function rowOf(one) {
    const instance = instanceOf(one.call, one.index);
    const open = (event) => (one.call === null ? panel.run(event.currentTarget) : instance && panel.show(instance, event.currentTarget));
    const name = one.call === null || instance ? el('button', { type: 'button', class: 'link code', on: { click: open } }, one.name) : one.name;
    return labelled(table, el('tr', {},
      el('td', {}, el('span', { class: 'kind' }, KINDS[one.kind]), one.between === 'new and new' ? [' ', el('span', { class: 'tag' }, AGAIN)] : null),
      el('td', { class: 'code' }, name), el('td', { class: 'code' }, one.where, one.table ? el('div', { class: 'words' }, one.table.words) : null),
      one.values.map((value, which) => el('td', { class: `code value${one.absent === SIDES[which] ? ' absent' : ''}` }, value))));
  }

  function show() {
    const kind = $('f-kind').value, call = $('f-call').value.trim().toLowerCase(), text = $('f-text').value.trim().toLowerCase();
    const rows = differences.filter((one) => (!kind || one.kind === kind) && (!call || one.name.toLowerCase().includes(call)) && (!text || one.text.includes(text)));
    if (sort !== null) {
      const of = columns[sort];
      const compare = of
        ? (a, b) => of(a).localeCompare(of(b), 'en', { numeric: true })
        : (a, b) => (boxOf.get(a.call) ?? -1) - (boxOf.get(b.call) ?? -1) || a.name.localeCompare(b.name, 'en', { numeric: true });
      rows.sort((a, b) => (down ? -1 : 1) * compare(a, b) || a.number - b.number);
    }
    body.replaceChildren(...rows.slice(0, shown).map(rowOf));
    if (!rows.length) body.append(el('tr', {}, el('td', { colspan: 5, class: 'soft' }, 'Nothing fits the filter.')));
    $('f-count').textContent = rows.length === differences.length ? plural(rows.length, 'difference') : `${rows.length.toLocaleString('en')} of ${plural(differences.length, 'difference')}`;
    $('more').hidden = rows.length <= shown;
    $('more').textContent = `Show ${Math.min(STEP, rows.length - shown)} more of ${(rows.length - shown).toLocaleString('en')}`;
  }

  [...table.tHead.rows[0].cells].forEach((cell, number) => {
    const button = el('button', { type: 'button', on: { click: () => {
      down = sort === number && !down;
      sort = number;
      for (const other of table.tHead.rows[0].cells) other.setAttribute('aria-sort', 'none');
      cell.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      show();
    } } }, cell.textContent.trim());
    cell.replaceChildren(button);
  });
  const again = () => { shown = STEP; show(); };
  const form = document.querySelector('.filters');
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', again);
  form.addEventListener('reset', () => setTimeout(again));
  $('more').addEventListener('click', () => { shown += STEP; show(); });
  addEventListener('beforeprint', () => { shown = 5000; show(); });
  addEventListener('afterprint', again);
  $('more-rows')?.remove();
  show();
}

// Calls that the page names by themselves open like those of the table.
function startPlaces() {
  for (const place of document.querySelectorAll('[data-difference]')) {
    const one = differences[Number(place.dataset.difference)];
    const instance = instanceOf(one.call, one.index);
    if (one.call !== null && !instance) continue;
    const open = (event) => (one.call === null ? panel.run(event.currentTarget) : panel.show(instance, event.currentTarget));
    place.replaceChildren(el('button', { type: 'button', class: 'link code', on: { click: open } }, place.textContent));
  }
}

function startTheme() {
  const names = { '': 'System', light: 'Light', dark: 'Dark' };
  const next = { '': 'dark', dark: 'light', light: '' };
  const button = $('theme');
  let stored = '';
  try { stored = localStorage.getItem('pipeglot-theme') ?? ''; } catch { /* a page opened as a file may have no storage */ }
  function set(theme) {
    if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
    button.querySelector('span').textContent = names[theme];
    button.setAttribute('aria-label', `Colours: ${theme || 'as the system'}`);
    try { localStorage.setItem('pipeglot-theme', theme); } catch { /* then only this page knows */ }
  }
  button.addEventListener('click', () => set(next[root.dataset.theme ?? '']));
  set(stored in names ? stored : '');
}

function startFind() {
  $('find-calls').append(...data.boxes.slice(0, 2000).map((box) => el('option', { value: box.id })));
  const go = (event) => {
    const wanted = $('find').value.trim().toLowerCase();
    const exact = data.boxes.findIndex((box) => box.id.toLowerCase() === wanted);
    const number = exact >= 0 ? exact : data.boxes.findIndex((box) => wanted && box.id.toLowerCase().includes(wanted));
    if (number < 0 || (event.type === 'input' && exact < 0)) return;
    startGraph();
    if (graph.scale < 0.5) graph.zoom(0.7);
    const active = document.activeElement;
    graph.reach(number, 0);
    graph.select(number);
    if (event.type === 'input') active.focus();
  };
  $('find').addEventListener('input', go);
  $('find').addEventListener('keydown', (event) => { if (event.key === 'Enter') { event.preventDefault(); go(event); } });
}

function soon(id, start) {
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    start();
  }, { rootMargin: '600px' });
  seen.observe($(id));
  addEventListener('beforeprint', start, { once: true });
}

startTheme();
for (const list of document.querySelectorAll('.list')) for (const row of list.tBodies[0].rows) labelled(list, row);
startTable();
startPlaces();
soon('graph', startGraph);
let timed = false;
soon('timeline', () => { if (!timed) { timed = true; startTimeline(); } });
startFind();
$('in').addEventListener('click', () => graph.zoom(graph.scale * 1.25));
$('out').addEventListener('click', () => graph.zoom(graph.scale / 1.25));
$('fit').addEventListener('click', () => graph.fit());
root.dataset.ready = 'yes';
