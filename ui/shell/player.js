// The clock: moving heads, tails, markers and fitted lines on canvases over the charts that
// Streamlit drew. The script is told a step once: on pause, step or release.
//
// It depends on plotly's own layout: gd._fullLayout, its axes' d2p and p2d, a scene's matrices.

const TAIL = 14; // steps behind the head that are drawn stronger
const DIMMED = 0.28; // of the whole path while the clock stands before its end
const SPEEDS = [1, 2, 5, 10, 20, 50, 100];
// What a fitted line or curve is of w x + b, by the name of its activation.
const SHAPES = {
  identity: (z) => z,
  sigmoid: (z) => 1 / (1 + Math.exp(-z)),
  tanh: Math.tanh,
  relu: (z) => Math.max(0, z),
  leaky_relu: (z) => (z > 0 ? z : 0.01 * z),
};
const LOOK = 200; // milliseconds from one look at the charts to the next

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  parentElement.stopPlayer?.();
  // Streamlit may mount the next clock before it takes the last one away: the newest draws.
  const token = {};
  window.newestClock = token;
  const before = parentElement.clock;
  const clock = { step: data.step, playing: false, speed: before?.speed ?? data.speed };
  if (before && before.began === data.began) Object.assign(clock, before);
  clock.began = data.began;
  parentElement.clock = clock;
  const scenes = unpack(data);
  const scene = scenes[0];
  clock.step = Math.min(clock.step, scene.last);
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const panels = fitPanels(parentElement, data.panels);
  const bar = controls(parentElement, data.texts, clock, scene);
  const charts = data.layers.map((layer) => ({ layer, gd: null, canvas: null, off: [] }));
  hearClicks(data, setTriggerValue);
  let frame = 0;
  let seen = 0;

  const draw = () => {
    for (const chart of charts) if (chart.canvas?.isConnected) paint(chart, scenes[chart.layer.scene], clock, calm.matches);
    if (panels) paintPanels(panels, Math.round(clock.step));
    show(bar, data.texts, clock, scene);
    bar.root.dataset.drawn = String(Number(bar.root.dataset.drawn ?? 0) + 1);
  };
  const report = () => {
    clock.step = Math.round(clock.step);
    draw();
    setStateValue("step", { step: clock.step, version: data.version });
  };
  const stop = () => {
    clock.playing = false;
    cancelAnimationFrame(frame);
    report();
  };
  const tick = (now) => {
    const passed = seen ? Math.min(now - seen, 250) : 0;
    seen = now;
    clock.step = Math.min(scene.last, clock.step + (passed / 1000) * clock.speed);
    if (clock.step >= scene.last) return stop();
    draw();
    frame = requestAnimationFrame(tick);
  };
  const play = () => {
    if (clock.playing) return stop();
    if (clock.step >= scene.last) clock.step = 0;
    clock.playing = true;
    // Pictures of fits are large: they are asked for when somebody wants to see them move.
    if (panels && !panels.moving) setTriggerValue("fits", { version: data.version });
    seen = 0;
    frame = requestAnimationFrame(tick);
  };
  const move = (to) => {
    clock.playing = false;
    cancelAnimationFrame(frame);
    clock.step = Math.max(0, Math.min(scene.last, to));
    report();
  };

  bar.play.onclick = play;
  bar.first.onclick = () => move(0);
  bar.back.onclick = () => move(Math.ceil(clock.step) - 1);
  bar.forward.onclick = () => move(Math.floor(clock.step) + 1);
  bar.last.onclick = () => move(scene.last);
  bar.slider.oninput = () => {
    clock.playing = false;
    cancelAnimationFrame(frame);
    clock.step = Number(bar.slider.value);
    draw();
  };
  bar.slider.onchange = report;
  bar.speed.onchange = () => {
    clock.speed = Number(bar.speed.value);
  };

  // Zoom and camera are read off the charts, and told once they rest: of a move that is quick, that ends
  // beside the chart or while the page is busy, plotly may send no event. The chart itself remembers
  // what was told, since the end of a script run starts this function again.
  const compare = ({ gd, layer }) => {
    const now = gd && shownPart(gd, layer);
    if (!now) return;
    if (gd.told?.version !== data.version) gd.told = { version: data.version, numbers: now.numbers };
    const rests = gd.seen && !differs(gd.seen, now.numbers);
    gd.seen = now.numbers;
    if (!rests || !differs(gd.told.numbers, now.numbers)) return;
    gd.told.numbers = now.numbers;
    setStateValue(now.name, { [now.field]: now.numbers, version: data.version });
  };
  // Streamlit mounts a chart anew when its figure changes: look which one is there as soon as the
  // page has changed.
  const attach = () => {
    if (window.newestClock !== token) return charts.forEach(detach);
    let changed = false;
    for (const chart of charts) {
      const gd = drawnChart(chart.layer);
      const holder = gd?.querySelector(".svg-container");
      if (!holder || (gd === chart.gd && chart.canvas?.isConnected)) continue;
      detach(chart);
      chart.gd = gd;
      chart.canvas = document.createElement("canvas");
      chart.canvas.className = "clock-layer";
      chart.canvas.setAttribute("aria-hidden", "true");
      Object.assign(chart.canvas.style, { position: "absolute", inset: "0", pointerEvents: "none", zIndex: "5" });
      holder.append(chart.canvas);
      for (const old of holder.querySelectorAll(".clock-layer")) if (old !== chart.canvas) old.remove();
      listen(chart, "plotly_afterplot", draw);
      listen(chart, "plotly_relayouting", draw);
      listen(chart, "plotly_relayout", draw);
      changed = true;
    }
    if (changed) draw();
  };
  const mounted = new MutationObserver(attach);
  mounted.observe(document.body, { childList: true, subtree: true });
  const look = () => {
    attach();
    charts.forEach(compare);
  };
  look();
  draw();
  const watch = setInterval(look, LOOK);
  const resized = new ResizeObserver(draw);
  resized.observe(bar.root);
  if (clock.playing) frame = requestAnimationFrame(tick);

  parentElement.stopPlayer = () => {
    cancelAnimationFrame(frame);
    clearInterval(watch);
    mounted.disconnect();
    resized.disconnect();
    charts.forEach(detach);
  };
  return parentElement.stopPlayer;
}

// The chart of a layer, once plotly has drawn it.
function drawnChart({ key }) {
  const gd = document.querySelector(`.st-key-chart-${key} .js-plotly-plot`);
  return gd?._fullLayout ? gd : null;
}

// A new chart may be there before its clock is: what hears clicks belongs to the page and stays.
// A click is told once no second one follows: two of them show the whole surface, and move nothing.
function hearClicks({ layers, clickable }, tell) {
  const isFirst = !window.clicks;
  window.clicks = { layers: layers.filter(({ kind }) => kind === "paths"), clickable, tell };
  const listen = () => {
    for (const gd of window.clicks.layers.map(drawnChart)) {
      if (!gd || gd.hearsClicks) continue;
      gd.hearsClicks = true;
      let waiting = null;
      let doubled = -Infinity; // when the last double-click was; its second click is heard after it
      gd.on("plotly_click", (event) => {
        clearTimeout(waiting);
        if (!window.clicks.clickable || performance.now() - doubled < gd._context.doubleClickDelay) return;
        const point = place(gd, event);
        waiting = setTimeout(() => window.clicks.tell("clicked", point), gd._context.doubleClickDelay);
      });
      gd.on("plotly_doubleclick", () => {
        clearTimeout(waiting);
        doubled = performance.now();
        window.clicks.tell("whole", { doubled });
      });
    }
  };
  if (isFirst) new MutationObserver(listen).observe(document.body, { childList: true, subtree: true });
  listen();
}

function listen(chart, name, tell) {
  chart.gd.on(name, tell);
  chart.off.push([name, tell]);
}

function detach(chart) {
  for (const [name, tell] of chart.off) chart.gd.removeListener?.(name, tell);
  chart.off = [];
  chart.canvas?.remove();
  for (const plot of chart.gd?.querySelectorAll(".scatterlayer") ?? []) plot.style.opacity = 1;
  chart.gd = chart.canvas = null;
}

const bytes = (text) => Uint8Array.from(atob(text), (mark) => mark.charCodeAt(0));
const numbers = (text) => new Float32Array(bytes(text).buffer);

// What Python sends: float32 numbers of all runs one after the other, for every scene.
function unpack(data) {
  const ticks = numbers(data.ticks);
  const last = ticks.length - 1;
  return data.scenes.map((scene) => {
    const cut = (text) => {
      const all = numbers(text);
      return scene.runs.map((_, run) => all.subarray(run * ticks.length, (run + 1) * ticks.length));
    };
    const { runs, x, y, loss, height } = scene;
    return { ticks, last, runs, x: cut(x), y: cut(y), loss: cut(loss), height: cut(height) };
  });
}

// ---------------------------------------------------------------- the bar

function controls(parent, texts, clock, scene) {
  parent.querySelector(".clock")?.remove();
  const root = document.createElement("div");
  root.className = "clock";
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", texts.player);
  const button = (name, icon) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = name;
    made.setAttribute("aria-label", texts[name]);
    made.title = texts[name];
    made.append(drawing(icon));
    root.append(made);
    return made;
  };
  const bar = { root };
  bar.first = button("first", "M5 5v14M19 5l-10 7 10 7z");
  bar.back = button("back", "M16 5l-10 7 10 7z");
  bar.play = button("play", "M7 4l13 8-13 8z");
  bar.forward = button("forward", "M8 5l10 7-10 7z");
  bar.last = button("last", "M19 5v14M5 5l10 7-10 7z");
  bar.slider = document.createElement("input");
  Object.assign(bar.slider, { type: "range", min: "0", max: String(scene.last), step: "1" });
  bar.slider.setAttribute("aria-label", texts.step);
  bar.told = document.createElement("output");
  bar.speed = document.createElement("select");
  bar.speed.setAttribute("aria-label", texts.speed);
  bar.speed.title = texts.speed;
  for (const speed of SPEEDS) {
    const option = document.createElement("option");
    option.value = String(speed);
    option.textContent = texts.each.replace("{speed}", String(speed));
    option.selected = speed === clock.speed;
    bar.speed.append(option);
  }
  root.append(bar.slider, bar.told, bar.speed);
  parent.append(root);
  return bar;
}

function drawing(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

function show(bar, texts, clock, scene) {
  const step = Math.round(clock.step);
  const number = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 2 });
  const told = texts.told
    .replace("{step}", number(scene.ticks[step]))
    .replace("{last}", number(scene.ticks[scene.last]));
  if (bar.told.textContent !== told) {
    bar.told.textContent = told;
    bar.slider.value = String(step);
    bar.slider.setAttribute("aria-valuetext", told);
    bar.slider.style.setProperty("--done", `${(100 * step) / Math.max(1, scene.last)}%`);
  }
  const name = clock.playing ? "pause" : "play";
  if (bar.play.dataset.now !== name) {
    bar.play.dataset.now = name;
    document.documentElement.dataset.clock = clock.playing ? "plays" : "stands"; // for style.css
    bar.play.setAttribute("aria-label", texts[name]);
    bar.play.title = texts[name];
    const icon = clock.playing ? "M7 4h4v16H7zM14 4h4v16h-4z" : "M7 4l13 8-13 8z";
    bar.play.querySelector("path").setAttribute("d", icon);
  }
}

// ---------------------------------------------------------------- the pictures

function paint(chart, scene, clock, calm) {
  const { gd, canvas, layer } = chart;
  const ratio = window.devicePixelRatio || 1;
  const { width, height } = gd._fullLayout;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const ink = canvas.getContext("2d");
  ink.setTransform(ratio, 0, 0, ratio, 0, 0);
  ink.clearRect(0, 0, width, height);
  ink.lineJoin = ink.lineCap = "round";
  const at = calm ? Math.round(clock.step) : clock.step;
  const page = getComputedStyle(document.querySelector('[data-testid="stApp"]')).backgroundColor;
  const brush = { ink, page, at, scene, gd };
  ({ paths, markers, curves, relief, heads })[layer.kind](brush, layer);
}

function axes(gd, suffix) {
  const layout = gd._fullLayout;
  return [layout[`xaxis${suffix}`], layout[`yaxis${suffix}`]];
}

function within(brush, xa, ya, fill) {
  inside(brush, { left: xa._offset, top: ya._offset, width: xa._length, height: ya._length }, fill);
}

function inside({ ink }, { left, top, width, height }, fill) {
  ink.save();
  ink.beginPath();
  ink.rect(left, top, width, height);
  ink.clip();
  fill();
  ink.restore();
}

function paths(brush, layer) {
  const { gd, at, scene } = brush;
  for (const plot of gd.querySelectorAll(".scatterlayer")) plot.style.opacity = at < scene.last ? DIMMED : 1;
  layer.panels.forEach((runs, panel) => {
    const [xa, ya] = axes(gd, panel ? String(panel + 1) : "");
    if (!xa || !ya) return;
    within(brush, xa, ya, () => {
      for (const run of runs) {
        const point = (step) => [xa._offset + xa.d2p(scene.x[run][step]), ya._offset + ya.d2p(scene.y[run][step])];
        trail(brush, run, point);
      }
    });
  });
}

// The way so far, its last steps stronger, and the head.
function trail(brush, run, point, always = false) {
  const { ink, at, scene } = brush;
  const end = Math.min(at, scene.runs[run].last);
  const whole = Math.floor(end);
  const head = between(point, whole, end - whole);
  ink.strokeStyle = scene.runs[run].colour;
  if (always || at < scene.last) {
    stroke(ink, point, 0, whole, head, 2.2, 0.9);
    for (let part = 3; part >= 1; part--) {
      stroke(ink, point, Math.max(0, whole - Math.round((TAIL * part) / 3)), whole, head, 6.5 - 1.4 * part, 0.3);
    }
  }
  dot(brush, head, scene.runs[run].colour, at > scene.runs[run].last ? 4 : 6);
}

function between(point, step, share) {
  const here = point(step);
  if (!share) return here;
  const next = point(step + 1);
  return here.map((value, axis) => value + share * (next[axis] - value));
}

function stroke(ink, point, first, last, head, width, alpha) {
  ink.globalAlpha = alpha;
  ink.lineWidth = width;
  ink.beginPath();
  let broken = true;
  const on = ([x, y]) => {
    const known = Number.isFinite(x) && Number.isFinite(y); // in three dimensions, within the window
    if (known) broken ? ink.moveTo(x, y) : ink.lineTo(x, y);
    broken = !known;
  };
  for (let step = first; step <= last; step++) on(near(point(step)));
  on(near(head));
  ink.stroke();
  ink.globalAlpha = 1;
}

// A canvas draws no line to a point a million pixels away.
function near(point) {
  return point.map((value) => Math.max(-1e5, Math.min(1e5, value)));
}

function dot({ ink, page }, [x, y], colour, radius) {
  if (!Number.isFinite(x) || !Number.isFinite(y)) return;
  ink.beginPath();
  ink.arc(x, y, radius, 0, 2 * Math.PI);
  ink.fillStyle = colour;
  ink.fill();
  ink.lineWidth = 2;
  ink.strokeStyle = page;
  ink.stroke();
}

function markers(brush) {
  const { ink, gd, at, scene } = brush;
  const [xa, ya] = axes(gd, "");
  const across = (step) => xa._offset + xa.d2p(scene.ticks[step]);
  const [x] = between((step) => [across(step), 0], Math.floor(at), at - Math.floor(at));
  within(brush, xa, ya, () => {
    ink.strokeStyle = "rgba(128, 128, 128, 0.7)";
    ink.lineWidth = 1;
    ink.beginPath();
    ink.moveTo(x, ya._offset);
    ink.lineTo(x, ya._offset + ya._length);
    ink.stroke();
    // A logarithmic axis has no place for 0 and below: the chart says where it draws them.
    const drawn = (loss) => (ya.type === "log" && loss <= 0 ? gd._fullLayout.meta?.floor : loss);
    scene.runs.forEach((run, number) => {
      const point = (step) => [across(step), ya._offset + ya.d2p(drawn(scene.loss[number][step]))];
      const end = Math.min(at, run.last);
      const whole = Math.floor(end);
      dot(brush, between(point, whole, end - whole), run.colour, 4.5);
    });
  });
}

// Where every run is on a chart whose axes may differ from run to run.
function heads(brush) {
  const { gd, at, scene } = brush;
  const [xa, ya] = axes(gd, "");
  if (at >= scene.last) return;
  within(brush, xa, ya, () => {
    const drawn = (loss) => (ya.type === "log" && loss <= 0 ? gd._fullLayout.meta?.floor : loss);
    scene.runs.forEach((run, number) => {
      const point = (step) => [xa._offset + xa.d2p(scene.x[number][step]), ya._offset + ya.d2p(drawn(scene.loss[number][step]))];
      const end = Math.min(at, run.last);
      const whole = Math.floor(end);
      dot(brush, between(point, whole, end - whole), run.colour, 6);
    });
  });
}

function curves(brush, layer) {
  const { ink, gd, at, scene } = brush;
  const [xa, ya] = axes(gd, "");
  const samples = layer.shape === "identity" ? 1 : 200;
  const shape = SHAPES[layer.shape];
  within(brush, xa, ya, () => {
    scene.runs.forEach((run, number) => {
      const end = Math.min(at, run.last);
      const whole = Math.floor(end);
      const [w, b] = between((step) => [scene.x[number][step], scene.y[number][step]], whole, end - whole);
      const [low, high] = xa.range;
      ink.strokeStyle = run.colour;
      ink.lineWidth = 2.6;
      ink.beginPath();
      for (let sample = 0; sample <= samples; sample++) {
        const x = low + ((high - low) * sample) / samples;
        ink.lineTo(...near([xa._offset + xa.d2p(x), ya._offset + ya.d2p(shape(w * x + b))]));
      }
      ink.stroke();
    });
  });
}

function relief(brush) {
  const { gd, scene } = brush;
  const space = gd._fullLayout.scene?._scene;
  const matrices = space?.glplot?.cameraParams;
  if (!matrices) return;
  const { width, height } = gd._fullLayout;
  const rectangle = space.container?.getBoundingClientRect?.();
  const outer = gd.getBoundingClientRect();
  const box = rectangle
    ? { left: rectangle.left - outer.left, top: rectangle.top - outer.top, width: rectangle.width, height: rectangle.height }
    : { left: 0, top: 0, width, height };
  const scale = space.dataScale;
  inside(brush, box, () => {
    scene.runs.forEach((_, run) => {
      const point = (step) =>
        projected(matrices, [scene.x[run][step] * scale[0], scene.y[run][step] * scale[1], scene.height[run][step] * scale[2]], box);
      trail(brush, run, point, true);
    });
  });
}

function projected({ model, view, projection }, [x, y, z], box) {
  let point = [x, y, z, 1];
  for (const matrix of [model, view, projection]) {
    point = [0, 1, 2, 3].map((row) => matrix[row] * point[0] + matrix[4 + row] * point[1] + matrix[8 + row] * point[2] + matrix[12 + row] * point[3]);
  }
  return [box.left + (box.width * (1 + point[0] / point[3])) / 2, box.top + (box.height * (1 - point[1] / point[3])) / 2];
}

// ---------------------------------------------------------------- what the charts say

// What a reader may have moved of a chart, and how the script hears of it.
function shownPart(gd, layer) {
  if (layer.kind === "paths") {
    const [xa, ya] = axes(gd, "");
    return { name: "zoom", field: "window", numbers: [...xa.range, ...ya.range] };
  }
  if (layer.kind !== "relief") return null;
  const space = gd._fullLayout.scene?._scene;
  if (!space?.camera) return null; // it is still being made
  const { eye, center, up } = space.getCamera();
  return { name: "camera", field: "camera", numbers: [eye, center, up].flatMap(({ x, y, z }) => [x, y, z]) };
}

function differs(before, now) {
  const size = Math.max(...now.map(Math.abs));
  return now.some((value, place) => Math.abs(value - before[place]) > 1e-7 * size);
}

function place(gd, event) {
  const { xaxis: xa, yaxis: ya } = event.points[0];
  const box = gd.getBoundingClientRect();
  const { clientX, clientY } = event.event;
  return { x: xa.p2d(clientX - box.left - xa._offset), y: ya.p2d(clientY - box.top - ya._offset) };
}
