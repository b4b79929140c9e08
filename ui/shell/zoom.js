// A zoom is read off a chart and told: at once where plotly tells of it, and else, as of a quick move it may
// not, when it rests.
const LOOK = 200; // milliseconds from one look at the charts to the next

export default function ({ data, setTriggerValue }) {
  window.zooms ??= { timer: setInterval(look, LOOK) };
  Object.assign(window.zooms, { charts: data.charts, tell: (zoom) => setTriggerValue("zoom", zoom) });
}

function look() {
  for (const key of Object.keys(window.zooms.charts)) {
    const gd = document.querySelector(`.st-key-chart-${key} .js-plotly-plot`);
    if (!gd?._fullLayout?._size) continue; // it is still being drawn
    if (!gd.first) begin(gd, key);
    const now = ranges(gd);
    if (same(gd.last, now)) compare(gd, key, now);
    gd.last = now;
  }
}

// The chart itself remembers what it showed at first: a change of its figure mounts another one.
function begin(gd, key) {
  gd.first = gd.last = ranges(gd);
  gd.on("plotly_relayout", () => compare(gd, key, ranges(gd)));
}

function compare(gd, key, now) {
  const chart = window.zooms.charts[key];
  if (gd._dragging || same(gd.told ?? gd.first, now)) return;
  const part = seen(gd, chart.part, now);
  if (!gd.told && !Object.keys(part).length && !Object.keys(chart.part).length) return;
  gd.told = now;
  window.zooms.tell({ name: chart.name, part });
}

// What is cut of each axis: what the reader has moved, and what the page had cut before. After a
// double-click plotly has chosen the ranges: that is no zoom.
function seen(gd, before, now) {
  const part = {};
  for (const axis of Object.keys(now)) {
    const isMoved = !same({ axis: gd.first[axis] }, { axis: now[axis] });
    if (!isMoved && before[axis]) part[axis] = before[axis];
    if (isMoved && !gd._fullLayout[axis].autorange) part[axis] = now[axis];
  }
  return part;
}

function ranges(gd) {
  const axes = Object.entries(gd._fullLayout).filter(([name, axis]) => /^[xy]axis\d*$/.test(name) && !axis.fixedrange);
  return Object.fromEntries(axes.map(([name, { range }]) => [name, [...range]]));
}

function same(before, now) {
  return Object.keys(now).every((axis) => {
    const size = Math.abs(now[axis][1] - now[axis][0]);
    return now[axis].every((value, end) => Math.abs(value - before[axis][end]) <= 1e-7 * size);
  });
}
