// Panels of fits above the clock, one for every run: title, predictions and rows, on canvases of their own. A plotly
// chart would draw hundreds of rows anew at every change. This file and player.js are one module.

const NARROWEST = 125;
const GAP = 12; // pixels between two

function fitPanels(parent, data) {
  parent.querySelector(".panels")?.remove();
  if (!data) return null;
  const root = document.createElement("div");
  root.className = "panels";
  root.setAttribute("role", "img");
  root.setAttribute("aria-label", data.alt);
  root.style.gridAutoRows = data.row;
  root.style.fontSize = data.font;
  // Where the page is narrow, fewer are in a row.
  const share = `(100% - ${data.across - 1} * ${GAP}px) / ${data.across}`;
  root.style.gridTemplateColumns = `repeat(auto-fill, minmax(max(${NARROWEST}px, ${share}), 1fr))`;
  root.style.columnGap = `${GAP}px`;
  root.style.maxWidth = `calc(${data.across} * ${data.widest})`;
  if (!data.runs.length) root.textContent = data.none;
  const panels = data.runs.map((run) => {
    const [name, score] = [document.createElement("span"), document.createElement("span")];
    const panel = { run, name, score, canvas: document.createElement("canvas") };
    score.className = "score";
    const heading = document.createElement("div");
    heading.className = run.selected ? "selected" : "";
    heading.append(sample(run), name, score);
    const box = document.createElement("div");
    box.append(heading, panel.canvas);
    root.append(box);
    return panel;
  });
  parent.append(root);
  const frame = {
    rows: data.rows.map((text) => thirds(numbers(text))),
    window: data.window,
    palette: data.palette,
    colours: data.scale && colours(data.scale),
    line: data.line && numbers(data.line),
  };
  return { panels, frame, still: unpackPictures(data.still), moving: data.moving && unpackPictures(data.moving) };
}

// A short piece of a run's line.
function sample({ colour, width, dash }) {
  const svg = drawing("M0 12H24");
  svg.setAttribute("viewBox", "0 6 24 12");
  svg.setAttribute("stroke", colour);
  svg.setAttribute("stroke-width", width);
  svg.setAttribute("stroke-dasharray", dash);
  return svg;
}

function thirds(all) {
  const count = all.length / 3;
  return { x: all.subarray(0, count), y: all.subarray(count, 2 * count), kind: all.subarray(2 * count) };
}

// Pictures of all panels, one after the other: bytes that are places on a scale of colours, or heights of curves.
function unpackPictures({ titles, known, regions, curves }) {
  const all = curves === undefined ? bytes(regions) : numbers(curves);
  const size = all.length / Math.max(1, known.reduce((sum, count) => sum + count, 0));
  let begin = 0;
  const pictures = known.map((count) => {
    const own = Array.from({ length: count }, (_, at) => all.subarray(begin + at * size, begin + (at + 1) * size));
    begin += count * size;
    return own;
  });
  return { titles, pictures, isPlane: curves === undefined };
}

// 256 colours, four bytes each, of a scale as plotly has it: places from 0 to 1, each with an rgba().
function colours(scale) {
  const stops = scale.map(([place, text]) => [place, text.match(/[\d.]+/g).map(Number)]);
  const made = new Uint8ClampedArray(4 * 256);
  for (let shade = 0; shade < 256; shade++) {
    const at = shade / 255;
    const after = Math.max(1, stops.findIndex(([place]) => place > at));
    const [[low, from], [high, to]] = [stops[after - 1], stops[after]];
    const share = Math.min(1, (at - low) / (high - low));
    from.forEach((value, part) => {
      made[4 * shade + part] = (value + share * (to[part] - value)) * (part === 3 ? 255 : 1);
    });
  }
  return made;
}

// The script has sent the picture of the step at which it set the clock, and all others once they are played.
function paintPanels({ panels, frame, still, moving }, step) {
  const { titles, pictures, isPlane } = moving ?? still;
  panels.forEach((panel, number) => {
    const { run, name, score, canvas } = panel;
    const tick = moving ? step : 0;
    const look = [tick, canvas.clientWidth, canvas.clientHeight, window.devicePixelRatio].join();
    if (panel.look === look) return; // a clock that plays asks for every frame
    panel.look = look;
    const title = titles[number][tick];
    const end = title.lastIndexOf("  "); // between name and score: only a name may be cut
    write(name, end < 0 ? title : title.slice(0, end));
    write(score, end < 0 ? "" : title.slice(end));
    const place = cleared(canvas, frame.window);
    if (!place) return;
    const picture = pictures[number][tick]; // none once a run has diverged
    if (picture && isPlane) region(place, frame, picture);
    frame.rows.forEach((rows, kind) => dots(place, frame, rows, kind ? diamond : disc));
    if (picture && !isPlane) fittedCurve(place, frame, picture, run.colour);
  });
}

// Titles hold entities, not tags: the browser reads them as it reads any text.
function write(place, text) {
  const reader = document.createElement("textarea");
  reader.innerHTML = text;
  if (place.textContent !== reader.value) place.textContent = reader.value;
}

function cleared(canvas, [left, right, bottom, top]) {
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!width || !height) return null;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const ink = canvas.getContext("2d");
  ink.setTransform(ratio, 0, 0, ratio, 0, 0);
  ink.lineJoin = ink.lineCap = "round";
  const x = (value) => ((value - left) / (right - left)) * width;
  const y = (value) => ((top - value) / (top - bottom)) * height;
  return { ink, width, height, x, y };
}

function region({ ink, width, height }, { colours }, picture) {
  const side = Math.sqrt(picture.length);
  const tile = new ImageData(side, side);
  picture.forEach((shade, point) => {
    const row = side - 1 - Math.floor(point / side); // pictures begin at the top
    tile.data.set(colours.subarray(4 * shade, 4 * shade + 4), 4 * (row * side + (point % side)));
  });
  const small = new OffscreenCanvas(side, side);
  small.getContext("2d").putImageData(tile, 0, 0);
  ink.drawImage(small, 0, 0, width, height);
}

function dots(place, { palette }, { x, y, kind }, mark) {
  x.forEach((value, row) => mark(place.ink, place.x(value), place.y(y[row]), palette[kind[row]]));
}

function disc(ink, x, y, colour) {
  ink.beginPath();
  ink.arc(x, y, 2.2, 0, 2 * Math.PI);
  ink.fillStyle = colour;
  ink.fill();
  ink.lineWidth = 0.6;
  ink.strokeStyle = "white";
  ink.stroke();
}

function diamond(ink, x, y, colour) {
  ink.beginPath();
  ink.moveTo(x, y - 3.6);
  for (const [right, down] of [[3.6, 0], [0, 3.6], [-3.6, 0]]) ink.lineTo(x + right, y + down);
  ink.closePath();
  ink.lineWidth = 1.4;
  ink.strokeStyle = colour;
  ink.stroke();
}

function fittedCurve({ ink, x, y }, { line }, picture, colour) {
  ink.strokeStyle = colour;
  ink.lineWidth = 3;
  ink.beginPath();
  picture.forEach((value, point) => ink.lineTo(...near([x(line[point]), y(value)])));
  ink.stroke();
}
