// Two Gantt charts on one scale: a row for a call, its instances in a loop laid over one another.
const span = SIDE.reduce((most, side) => side.start.reduce((end, start, n) => Math.max(end, (start ?? 0) + (side.took[n] ?? 0)), most),
  data.results.reduce((most, run) => Math.max(most, run?.[1] ?? 0), 1));

function ticks() {
  const steps = [1, 2, 5].flatMap((n) => [1, 10, 100, 1000, 10000].map((by) => n * by)).concat([15000, 30000, 60000, 120000, 300000, 600000, 1800000, 3600000, 7200000, 21600000, 86400000]);
  const step = steps.sort((a, b) => a - b).find((one) => span / one <= 4) ?? 86400000;
  const found = [];
  for (let at = 0; at <= span; at += step) {
    const tick = el('span', {}, at === 0 ? '0' : duration(at).replace(/\.0+ s/, ' s'));
    tick.style.left = `${(at / span) * SCALE}%`;
    found.push(tick);
  }
  return el('div', { class: 'ticks', 'aria-hidden': 'true' }, found);
}
const SCALE = 78; // per cent of the track; the rest is for what is said after the last bar

// What overlaps or touches, in one state, is one bar: a loop of a thousand is a handful of them.
function bars(rows) {
  const merged = [];
  for (const state of ['succeeded', 'skipped', 'cancelled', 'blocked', 'failed']) {
    const mine = rows.filter((row) => row.state === state).sort((a, b) => a.start - b.start);
    let last = null;
    for (const row of mine) {
      if (last && row.start <= last.end + span * 0.002) last.end = Math.max(last.end, row.end);
      else merged.push((last = { state, start: row.start, end: row.end }));
    }
  }
  return merged;
}

function track(rows, many) {
  const box = el('div', { class: 'track' });
  const timed = rows.filter((row) => row && row.start !== null);
  const present = rows.filter(Boolean);
  if (!timed.length) {
    const worst = WORST.find((state) => present.some((row) => row.state === state)) ?? 'none';
    box.append(stateOf(worst));
    return box;
  }
  for (const bar of bars(timed)) {
    const block = el('div', { class: `bar-of ${bar.state}` });
    block.style.left = `${(bar.start / span) * SCALE}%`;
    block.style.width = `${((bar.end - bar.start) / span) * SCALE}%`;
    box.append(block);
  }
  const first = timed.reduce((least, row) => Math.min(least, row.start), Infinity);
  const last = timed.reduce((most, row) => Math.max(most, row.end), 0);
  const failed = present.filter((row) => row.state === 'failed').length;
  const attempts = present.reduce((sum, row) => sum + row.attempts, 0);
  const said = el('span', { class: 'said-of' }, duration(last - first));
  if (attempts > present.length || (!many && attempts > 1)) said.append(' · ', el('b', {}, plural(attempts, 'attempt')));
  if (failed) said.append(' · ', el('b', {}, many ? `${failed} failed` : 'failed'));
  const after = (last / span) * SCALE;
  const before = after > 70 && first / span > 0.3;
  said.classList.toggle('before', before);
  said.style.left = `${before ? (first / span) * SCALE : after}%`;
  box.append(said);
  return box;
}

function timelineRow(number) {
  const box = data.boxes[number];
  const all = byBox[number];
  const many = all.length > 1;
  const found = differ[number];
  const words = [0, 1].map((which) => `${SIDES[which]} ${all.map((one) => one.state(which) ?? 'no record').filter((s, i, l) => l.indexOf(s) === i).join(', ')}`);
  return el('div', { class: 'row' },
    el('button', { type: 'button' },
      el('span', { class: 'code' }, box.id), many ? el('span', { class: 'times' }, `×${all.length.toLocaleString('en')}`) : null,
      found ? el('span', { class: 'badge' }, `≠${found}`) : null, el('span', { class: 'hidden' }, words.join('; '))),
    [0, 1].map((which) => track(all.map((one) => one.bar(which)), many)));
}

function startTimeline() {
  const holder = el('div', { class: 'window' });
  const rows = data.boxes.map((_, number) => number).filter((number) => byBox[number].length);
  $('gantt').replaceChildren(
    el('div', { class: 'axis' }, el('span', {}, 'Call'), [0, 1].map((which) =>
      el('div', {}, el('span', { class: 'side' }, SIDES[which]), ` ${data.sides[which].engine}`, ticks()))),
    holder,
  );
  const only = rows.filter((number) => differ[number]);
  if (rows.length > 200 && only.length) $('only').checked = true;
  const list = windowed(holder, 'Calls over time', 26, $('only').checked ? only : rows, timelineRow, (number, button) => panel.open(number, button));
  $('only').addEventListener('change', (event) => list.set(event.target.checked ? only : rows));
}
