// Parallel coordinates: rows are lines on two canvases, all of them and those that are kept. Axes, brushes and words
// are elements above, in the page's own colours. The script is told of a brush once, on release.
//
// A place is a share of an axis, from 0 at its lower end to 1; BEYOND stands for ∞. A row's places are whole numbers.
// Lines between two axes that share their pixels are one, in the colour of the lowest shade: shades rise.

const UPPER = 65533; // stands for the upper end of an axis
const ABOVE = 65534; // for ∞
const BELOW = 65535; // for no value
const BEYOND = 2;
const EXTRA = 0.11; // of the axis, from its ends to the places beyond
const GAP = 92; // pixels between two axes at the least
const STROKES = 1500; // lines between two axes at the most that are drawn smoothly
const MANY = 20000; // lines between two axes from which on the screen's finest pixels are left out
const STEP = 0.02; // of the axis, for a key
const NEAR = 7; // pixels
const TURN = 30; // milliseconds of drawing before the page has its turn
const NOTHING = 255;

export default function ({ data, parentElement, setTriggerValue }) {
  const view = (parentElement.view ??= begin(parentElement));
  view.tell = setTriggerValue;
  const rows = held(data);
  if (!rows) return setTriggerValue("lacks", { version: data.rows.version });
  const isNew = view.rows !== rows;
  view.rows = rows;
  view.texts = data.texts;
  view.best = data.tenth;
  view.all.setAttribute("aria-label", data.alt);
  const look = JSON.stringify([data.axes, data.texts]);
  if (view.look !== look) {
    view.look = look;
    build(view, data.axes);
  }
  // What the script shows is older than what the reader has done since.
  view.number = Math.max(view.number, data.heard);
  if (!view.isHeld && data.heard === view.number) {
    view.brushes = data.brushes;
    take(view, data.kept ? bits(data.kept, rows.count) : null);
  } else if (isNew) take(view, inside(view));
  if (isNew) view.wants.add("all");
  show(view);
  work(view);
  view.resized.observe(view.plot);
  return () => {
    view.resized.disconnect();
    clearTimeout(view.turn);
    view.turn = 0;
  };
}

// ---------------------------------------------------------------- what is sent

// The rows are sent once; the page keeps the last ones of each picture.
function held({ key, rows }) {
  const kept = (window.parallelRows ??= new Map());
  const known = kept.get(key);
  if (known?.version === rows.version) return known;
  if (rows.places === undefined) return null;
  const places = new Uint16Array(bytes(rows.places).buffer);
  const shades = bytes(rows.shades);
  const palette = new Uint32Array(256);
  rows.colours.forEach((text, shade) => (palette[shade] = pixel(text)));
  const made = { version: rows.version, count: rows.count, places, shades, colours: rows.colours, palette };
  kept.set(key, made);
  return made;
}

function bytes(text) {
  const marks = atob(text);
  const made = new Uint8Array(marks.length);
  for (let at = 0; at < made.length; at++) made[at] = marks.charCodeAt(at);
  return made;
}

function bits(text, count) {
  const packed = bytes(text);
  return Uint8Array.from({ length: count }, (_, row) => (packed[row >> 3] >> (7 - (row & 7))) & 1);
}

// A colour, #rrggbb or rgba(), as an image has it.
function pixel(text) {
  const parts = text.startsWith("#")
    ? [1, 3, 5].map((start) => parseInt(text.slice(start, start + 2), 16))
    : text.match(/[\d.]+/g).map(Number);
  const [red, green, blue, opacity = 1] = parts;
  const one = new Uint8ClampedArray([red, green, blue, opacity * 255]);
  return new Uint32Array(one.buffer)[0];
}

// ---------------------------------------------------------------- the axes

function element(name, parent, tag = "div") {
  const made = document.createElement(tag);
  made.className = name;
  parent.append(made);
  return made;
}

function begin(parent) {
  const root = element("parallel", parent);
  const picture = element("picture", element("frame", root));
  const plot = element("plot", picture);
  const view = { parent, root, picture, plot, brushes: {}, number: 0, wants: new Set(), mask: null, turn: 0, drawn: 0 };
  view.all = element("all", plot, "canvas");
  view.all.setAttribute("role", "img");
  view.part = element("part", plot, "canvas");
  view.part.setAttribute("aria-hidden", "true");
  view.axesBox = element("axes", plot);
  const below = element("below", root);
  view.told = element("", below, "output");
  view.hint = element("hint", below);
  const buttons = element("buttons", below);
  view.tenth = element("tenth", buttons, "button");
  view.clear = element("clear", buttons, "button");
  view.tenth.type = view.clear.type = "button";
  view.tenth.onclick = () => {
    const before = view.brushes;
    set(view, view.axes.at(-1), view.best);
    if (!same(before, view.brushes)) report(view);
  };
  view.clear.onclick = () => {
    view.axes[0]?.ends[0].focus({ preventScroll: true }); // the button goes
    change(view, {});
    report(view);
  };
  view.resized = new ResizeObserver(() => {
    if (!view.rows || view.size === size(view)) return;
    view.wants.add("all").add("part");
    work(view);
  });
  return view;
}

const size = ({ plot }) => [plot.clientWidth, plot.clientHeight, window.devicePixelRatio].join();

function build(view, axes) {
  const focused = view.parent.activeElement?.dataset.end;
  const last = Math.max(1, axes.length - 1);
  view.top = axes.some(({ above }) => above) ? 1 + EXTRA : 1;
  view.bottom = axes.some(({ below }) => below) ? -EXTRA : 0;
  view.picture.style.minWidth = `${GAP * axes.length}px`;
  view.tenth.textContent = view.texts.tenth;
  view.clear.textContent = view.texts.clear;
  view.hint.textContent = `${view.texts.hint} ${view.texts.keys}`;
  view.axesBox.replaceChildren();
  view.axes = axes.map((axis, at) => {
    const box = element("axis", view.axesBox);
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", axis.title);
    box.style.left = `${(100 * at) / last}%`;
    const title = element("title", box);
    title.textContent = title.title = axis.title;
    const made = { axis, at, box, title };
    write(view, made);
    made.brush = element("brush", box);
    made.ends = ["from", "to"].map((name) => end(view, made, name));
    made.tolds = [element("told", box), element("told", box)];
    for (const told of made.tolds) told.setAttribute("aria-hidden", "true");
    listen(view, made);
    return made;
  });
  fit(view);
  view.axes.flatMap(({ ends }) => ends).find((one) => one.dataset.end === focused)?.focus({ preventScroll: true });
}

// Titles and words end before the next axis.
function fit(view) {
  const gap = view.plot.clientWidth / Math.max(1, view.axes.length - 1);
  view.axes.forEach(({ box, title, at }) => {
    const isLast = at === view.axes.length - 1;
    title.style.width = `${at === 0 || isLast ? gap / 2 + 22 : gap - 8}px`;
    for (const tick of box.querySelectorAll(".tick")) tick.style.maxWidth = `${isLast ? 58 : gap - 18}px`;
  });
}

function write(view, { axis, box }) {
  const line = element("line", box);
  line.style.top = share(view, 1);
  line.style.bottom = `calc(100% - ${share(view, 0)})`;
  const ticks = axis.ticks.map(([place, text]) => [place, text, "tick"]);
  if (axis.above) ticks.push([1 + EXTRA, "∞", "tick extreme"]);
  if (axis.below) ticks.push([-EXTRA, "–", "tick extreme"]);
  for (const [from, to, isThere] of [[1 + EXTRA, 1, axis.above], [0, -EXTRA, axis.below]]) {
    if (!isThere) continue;
    const extra = element("extra", box);
    extra.style.top = share(view, from);
    extra.style.bottom = `calc(100% - ${share(view, to)})`;
  }
  for (const [place, text, name] of ticks) {
    const tick = element(name, box);
    tick.setAttribute("aria-hidden", "true");
    tick.textContent = text;
    tick.style.top = share(view, place);
  }
}

const down = (view, place) => (view.top - Math.min(place, view.top)) / (view.top - view.bottom);
const share = (view, place) => `${100 * down(view, place)}%`;

function end(view, made, name) {
  const one = element(`end ${name}`, made.box);
  one.dataset.end = `${made.axis.field} ${name}`;
  one.tabIndex = 0;
  one.setAttribute("role", "slider");
  one.setAttribute("aria-orientation", "vertical");
  one.setAttribute("aria-label", view.texts[name].replace("{axis}", made.axis.title));
  one.setAttribute("aria-description", view.texts.keys);
  one.setAttribute("aria-valuemin", "0");
  one.setAttribute("aria-valuemax", "100");
  return one;
}

// The places of both ends; an open one is at the end of the axis.
function ends({ axis }, brush) {
  const [low, high] = brush ?? [null, null];
  return [low ?? stops(axis)[0], high ?? stops(axis).at(-1)];
}

// Where a brush may end: at values that there are, or anywhere.
function stops(axis) {
  const places = axis.levels.length ? axis.levels.map(([place]) => place) : [0, 1];
  return axis.above ? [...places, BEYOND] : places;
}

function worded(view, { axis }, place, isHigh) {
  if (place === BEYOND) return "∞";
  const level = axis.levels.find(([at]) => at === place);
  if (level) return level[1];
  if (place === (isHigh ? 1 : 0)) return isHigh ? view.texts.highest : view.texts.lowest;
  const value = axis.low * (1 - place) + axis.high * place;
  return String(Number((axis.log ? 10 ** value : value).toPrecision(4)));
}

// Show the brushes, and what they leave.
function show(view) {
  for (const made of view.axes) {
    const brush = view.brushes[made.axis.field];
    const places = ends(made, brush);
    made.box.classList.toggle("brushed", Boolean(brush));
    made.brush.hidden = !brush;
    const air = made.axis.levels.length ? 5 : 0;
    made.brush.style.top = `calc(${share(view, places[1])} - ${air}px)`;
    made.brush.style.bottom = `calc(100% - ${share(view, places[0])} - ${air}px)`;
    made.ends.forEach((one, at) => {
      const [text, sign] = [worded(view, made, places[at], at === 1), at ? -1 : 1];
      one.style.top = `calc(${share(view, places[at])} + ${sign * air}px)`;
      one.setAttribute("aria-valuenow", String(Math.round(100 * Math.min(1, places[at]))));
      one.setAttribute("aria-valuetext", text);
      const told = made.tolds[at];
      const isOne = at === 1 && places[0] === places[1];
      told.textContent = brush && !isOne && brush[at] !== null ? text : "";
      told.style.top = one.style.top;
    });
  }
  const isBrushed = Object.keys(view.brushes).length > 0;
  view.tenth.hidden = !view.best;
  view.clear.hidden = !isBrushed;
  view.told.hidden = !isBrushed;
  view.told.textContent = isBrushed ? counted(view) : "";
}

function counted({ texts, mask, rows }) {
  const count = mask ? mask.reduce((sum, one) => sum + one, 0) : rows.count;
  const number = (value) => value.toLocaleString("en-US");
  return texts.told.replace("{kept}", number(count)).replace("{rows}", number(rows.count));
}

// ---------------------------------------------------------------- brushing

function listen(view, made) {
  const { box } = made;
  let drag = null;
  box.onpointerdown = (event) => {
    if (event.button) return;
    event.preventDefault(); // no text is selected
    box.setPointerCapture(event.pointerId);
    const place = pointed(view, made, event);
    const brush = view.brushes[made.axis.field];
    drag = { ...grip(view, made, event), begin: place, y: event.clientY, brush, isMoved: false };
    view.isHeld = true;
  };
  box.onpointermove = (event) => {
    if (!drag) return;
    drag.isMoved ||= Math.abs(event.clientY - drag.y) > 3;
    if (drag.isMoved) set(view, made, dragged(made, drag, pointed(view, made, event)));
  };
  const release = (isDone) => {
    if (!drag) return;
    const { isMoved, what, brush } = drag;
    drag = null;
    view.isHeld = false;
    if (isDone && !isMoved && what === "new") set(view, made, null);
    if (!isDone) set(view, made, brush);
    show(view);
    if (!same(brush, view.brushes[made.axis.field])) report(view);
  };
  box.onpointerup = () => release(true);
  box.onpointercancel = () => release(false);
  box.ondblclick = () => {
    if (!view.brushes[made.axis.field]) return;
    set(view, made, null);
    report(view);
  };
  made.ends.forEach((one, at) => {
    one.onkeydown = (event) => pressed(view, made, at, event);
    one.onkeyup = one.onblur = () => {
      if (!view.isHeld || drag) return;
      view.isHeld = false;
      show(view);
      if (!same(view.before, view.brushes)) report(view);
    };
  });
}

const same = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

// What the pointer takes: an end, the whole brush, or nothing yet.
function grip(view, made, event) {
  const brush = view.brushes[made.axis.field];
  if (!brush) return { what: "new" };
  const box = view.plot.getBoundingClientRect();
  const [low, high] = ends(made, brush).map((place) => box.top + down(view, place) * box.height);
  const air = made.axis.levels.length ? 5 : 0;
  const y = event.clientY;
  if (y < high - air - NEAR || y > low + air + NEAR) return { what: "new" };
  const [toHigh, toLow] = [Math.abs(y - high + air), Math.abs(y - low - air)];
  if (Math.min(toHigh, toLow) > NEAR) return { what: "all" };
  return { what: toHigh < toLow ? "high" : "low" };
}

function pointed(view, { axis }, event) {
  const box = view.plot.getBoundingClientRect();
  const place = view.top - ((event.clientY - box.top) / box.height) * (view.top - view.bottom);
  if (axis.above && place > 1 + EXTRA / 2) return BEYOND;
  return Math.max(0, Math.min(1, place));
}

function dragged(made, { what, begin, brush }, now) {
  const [low, high] = ends(made, brush);
  if (what === "low") return snapped(made.axis, Math.min(now, high), high);
  if (what === "high") return snapped(made.axis, low, Math.max(now, low));
  if (what === "all") return moved(made.axis, [low, high], now - begin);
  return snapped(made.axis, Math.min(begin, now), Math.max(begin, now));
}

// The number of the nearest of some places; beyond the axis they are further apart than they look.
function nearest(places, place) {
  const distance = (one) => Math.abs(Math.min(one, 1 + EXTRA) - Math.min(place, 1 + EXTRA));
  return places.reduce((best, one, at) => (distance(one) < distance(places[best]) ? at : best), 0);
}

// A brush as wide as before, elsewhere on its axis.
function moved(axis, [low, high], by) {
  const places = stops(axis);
  if (axis.levels.length) {
    const [first, last] = [nearest(places, low), nearest(places, high)];
    const steps = Math.max(-first, Math.min(places.length - 1 - last, nearest(places, Math.min(low, 1 + EXTRA) + by) - first));
    return snapped(axis, places[first + steps], places[last + steps]);
  }
  const fits = Math.max(-low, Math.min(1 - Math.min(high, 1), by));
  return snapped(axis, low + fits, high === BEYOND ? high : high + fits);
}

// A brush between two places; where the axis has few values, it begins and ends at one of these.
function snapped(axis, low, high) {
  const places = stops(axis);
  if (axis.levels.length) {
    const within = places.filter((place) => place >= low && place <= high);
    const middle = places[nearest(places, (low + high) / 2)];
    [low, high] = within.length ? [within[0], within.at(-1)] : [middle, middle];
  }
  return [low <= places[0] ? null : low, high >= places.at(-1) ? null : high];
}

function pressed(view, made, at, event) {
  const key = event.key;
  if (key === "Escape" && view.brushes[made.axis.field]) {
    event.preventDefault();
    hold(view);
    return set(view, made, null);
  }
  const sign = { ArrowUp: 1, ArrowRight: 1, PageUp: 5, ArrowDown: -1, ArrowLeft: -1, PageDown: -5 }[key];
  if (!sign && key !== "Home" && key !== "End") return;
  event.preventDefault();
  hold(view);
  const places = ends(made, view.brushes[made.axis.field]);
  if (event.shiftKey && sign) {
    const [low, high] = places.map((place) => stepped(made.axis, place, sign));
    const isWhole = low !== places[0] && high !== places[1];
    if (isWhole) set(view, made, snapped(made.axis, low, high));
  } else {
    const edge = key === "Home" ? stops(made.axis)[0] : stops(made.axis).at(-1);
    places[at] = sign ? stepped(made.axis, places[at], sign) : edge;
    places[at] = at ? Math.max(...places) : Math.min(...places);
    set(view, made, snapped(made.axis, ...places));
  }
}

// A key that is held down is one change.
function hold(view) {
  if (view.isHeld) return;
  view.isHeld = true;
  view.before = view.brushes;
}

function stepped(axis, place, steps) {
  const places = stops(axis);
  if (axis.levels.length) {
    return places[Math.max(0, Math.min(places.length - 1, nearest(places, place) + steps))];
  }
  if (place === BEYOND) return steps < 0 ? 1 : place;
  if (place >= 1 && steps > 0) return places.at(-1);
  return Math.max(0, Math.min(1, Math.round((place + steps * STEP) / STEP) * STEP));
}

// A part that is the whole axis is none, but that it leaves out rows without a value.
function set(view, { axis }, brush) {
  const brushes = { ...view.brushes };
  if (!brush || (brush[0] === null && brush[1] === null && !axis.below)) delete brushes[axis.field];
  else brushes[axis.field] = brush;
  change(view, brushes);
}

function change(view, brushes) {
  if (same(brushes, view.brushes)) return;
  view.brushes = brushes;
  take(view, inside(view));
  show(view);
  work(view);
}

function report(view) {
  view.number += 1;
  view.tell("brushed", { brushes: view.brushes, version: view.rows.version, number: view.number });
}

// The rows inside all brushes; none where nothing is brushed.
function inside({ rows, brushes, axes }) {
  if (!Object.keys(brushes).length) return null;
  const mask = new Uint8Array(rows.count).fill(1);
  axes.forEach(({ axis }, at) => {
    const brush = brushes[axis.field];
    if (!brush) return;
    const [low, high] = brush;
    const from = low === null ? 0 : low === BEYOND ? ABOVE : low * UPPER - 0.5;
    const to = high === null || high === BEYOND ? ABOVE : high * UPPER + 0.5;
    const own = rows.places.subarray(at * rows.count, (at + 1) * rows.count);
    for (let row = 0; row < own.length; row++) if (own[row] < from || own[row] > to) mask[row] = 0;
  });
  return mask;
}

function take(view, mask) {
  const before = view.mask;
  if (before?.length === mask?.length && (!mask || mask.every((one, row) => one === before[row]))) return;
  view.mask = mask;
  view.wants.add("part");
}

// ---------------------------------------------------------------- drawing

// One canvas after the other, a little in each turn. What changes meanwhile is drawn next.
function work(view) {
  if (view.turn || !(view.job || view.wants.size)) return;
  const pass = () => {
    const until = performance.now() + TURN;
    view.turn = 0;
    while (performance.now() < until) {
      if (!view.job) {
        const name = ["all", "part"].find((one) => view.wants.has(one));
        if (!name) return finish(view);
        view.wants.delete(name);
        view.job = paint(view, name);
      }
      if (view.job.next().done) view.job = null;
    }
    view.turn = setTimeout(pass);
  };
  view.root.setAttribute("aria-busy", "true");
  view.turn = setTimeout(pass);
}

function finish(view) {
  view.root.setAttribute("aria-busy", "false");
  view.root.dataset.drawn = String((view.drawn += 1));
}

function* paint(view, name) {
  const { plot, rows } = view;
  const mask = name === "all" ? null : view.mask;
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [Math.round(plot.clientWidth * ratio), Math.round(plot.clientHeight * ratio)];
  if (!width || !height) return;
  if (name === "all") {
    view.size = size(view);
    fit(view);
  }
  const picture = new OffscreenCanvas(width, height);
  if (name === "all" || mask) {
    const gaps = yield* lines(view, mask, width, height);
    const ink = picture.getContext("2d");
    for (const gap of gaps) yield* (gap.lines.length <= STROKES ? strokes : raster)(ink, gap, rows, height, ratio);
  }
  const canvas = view[name];
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").drawImage(picture, 0, 0);
  if (name === "part") view.all.classList.toggle("faded", Boolean(mask));
}

// The different lines between each two axes: from which pixel to which, and the lowest shade.
function* lines(view, mask, width, height) {
  const { rows, axes } = view;
  const at = heights(view, height);
  const gaps = [];
  const table = new Uint8Array(height * height);
  for (let gap = 0; gap + 1 < axes.length; gap++) {
    const left = rows.places.subarray(gap * rows.count, (gap + 1) * rows.count);
    const right = rows.places.subarray((gap + 1) * rows.count, (gap + 2) * rows.count);
    table.fill(NOTHING);
    const found = new Uint32Array(rows.count);
    let count = 0;
    for (let row = 0; row < rows.count; row++) {
      if (mask && !mask[row]) continue;
      const line = at[left[row]] * height + at[right[row]];
      if (table[line] === NOTHING) found[count++] = line;
      if (rows.shades[row] < table[line]) table[line] = rows.shades[row];
      if (row % 8192 === 0) yield;
    }
    const ends = [gap, gap + 1].map((one) => Math.round((one * (width - 1)) / (axes.length - 1)));
    const own = found.slice(0, count);
    gaps.push({ ends, lines: own, shades: Uint8Array.from(own, (line) => table[line]) });
    yield;
  }
  return gaps;
}

// The pixel of every whole number that stands for a place.
function heights(view, height) {
  const made = new Uint16Array(65536);
  for (let code = 0; code < 65536; code++) {
    const place = code === ABOVE ? 1 + EXTRA : code === BELOW ? -EXTRA : code / UPPER;
    made[code] = Math.round(down(view, place) * (height - 1));
  }
  return made;
}

// Few lines are drawn smoothly, the lowest shade last; the best tenth are wider.
function* strokes(ink, { ends: [left, right], lines, shades }, { colours }, height, ratio) {
  const order = Uint32Array.from(lines.keys()).sort((one, other) => shades[other] - shades[one]);
  const best = (colours.length - 2) / 10; // the last two are those of no value and of ∞
  for (let at = 0; at < order.length; at++) {
    const line = lines[order[at]];
    ink.lineWidth = (shades[order[at]] < best ? 2 : 1.2) * ratio;
    ink.strokeStyle = colours[shades[order[at]]];
    ink.beginPath();
    ink.moveTo(left, Math.floor(line / height) + 0.5);
    ink.lineTo(right, (line % height) + 0.5);
    ink.stroke();
    if (at % 64 === 0) yield;
  }
}

// Many lines are written pixel by pixel: each has the colour of the lowest shade that passes it. Where there are very
// many, it is a pixel of the page, which may be several of the screen.
function* raster(ink, { ends: [left, right], lines, shades }, { palette }, height, ratio) {
  const scale = lines.length > MANY ? 1 / ratio : 1;
  const [wide, high] = [Math.ceil((right - left + 1) * scale), Math.ceil(height * scale)];
  const pixels = new Uint8Array(wide * high).fill(NOTHING);
  for (let at = 0; at < lines.length; at++) {
    const begin = Math.floor(Math.floor(lines[at] / height) * scale);
    const end = Math.floor((lines[at] % height) * scale);
    trace(pixels, wide, begin, end - begin, shades[at]);
    if (at % 256 === 0) yield;
  }
  const image = new ImageData(wide, high);
  const colours = new Uint32Array(image.data.buffer);
  for (let at = 0; at < pixels.length; at++) colours[at] = palette[pixels[at]];
  const tile = new OffscreenCanvas(wide, high); // what is put replaces: the axis in between belongs to both
  tile.getContext("2d").putImageData(image, 0, 0);
  ink.drawImage(tile, left, 0, wide / scale, high / scale);
  yield;
}

// Every column of pixels is filled from the height at its left edge to that at its right; heights are in 65,536ths.
function trace(pixels, width, begin, rise, shade) {
  const slope = Math.round((rise * 65536) / Math.max(1, width - 1));
  let height = begin * 65536 + 32768 + (slope >> 1);
  let from = begin;
  for (let x = 0; x < width; x++) {
    const to = x === width - 1 ? begin + rise : height >> 16;
    const last = Math.max(from, to) * width + x;
    for (let place = Math.min(from, to) * width + x; place <= last; place += width) {
      if (pixels[place] > shade) pixels[place] = shade;
    }
    from = to;
    height += slope;
  }
}
