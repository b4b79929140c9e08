// The one clock of the computation graph. Play, pause and slider of the picture are plotly's own: the
// script hears of the step once, when the picture has come to rest. And a step that the script names,
// because the reader typed it, moves the picture, which keeps its zoom.
//
// It depends on plotly's own layout: gd._fullLayout, and the rail of its slider.

const INSET = 10; // pixels of the rail before its first step and after its last
const HALO = 1; // which part of a frame is the ring around the operation at work
const BEHIND = "0.35"; // opacity of words that tell of another step than the picture

export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.stopClock?.();
  let chart = null;
  let held = false; // the slider, by the reader
  let shown = data.step;

  const show = (step) => {
    shown = step;
    const words = document.querySelector(`.st-key-${data.words}`);
    if (words) words.style.opacity = shown === data.step ? "" : BEHIND;
  };
  const rest = () => {
    if (held || parentElement.agreed.step === shown) return;
    parentElement.agreed.step = shown;
    setTriggerValue("step", { step: shown, version: data.version });
  };
  const heard = {
    plotly_animatingframe: ({ name, frame }) => {
      show(Number(name));
      follow(chart, frame.data[HALO].x[0]);
      if (shown === data.last) rest(); // plotly itself waits for as long as a frame lasts
    },
    plotly_animated: rest, // to its end, or paused
    plotly_sliderstart: () => {
      held = true;
    },
    plotly_sliderend: ({ step }) => {
      held = false;
      show(Number(step.label));
      rest();
    },
  };
  const leave = () => {
    for (const [name, tell] of Object.entries(heard)) chart?.removeListener?.(name, tell);
  };
  const find = () => {
    if (chart?.isConnected) return;
    const found = document.querySelector(`.st-key-chart-${data.chart} .js-plotly-plot`);
    // The picture of the formula before may still be there: it has another number of steps.
    const steps = found?._fullLayout?.sliders?.[0]?.steps.length;
    if (steps !== data.last + 1 || !rail(found)) return;
    leave();
    chart = found;
    for (const [name, tell] of Object.entries(heard)) chart.on(name, tell);
    // What the script has just heard from this picture, the picture has gone on from.
    if (parentElement.agreed?.chart === chart && parentElement.agreed.step === data.step) return;
    parentElement.agreed = { chart, step: data.step };
    move(chart, data.step, data.last);
  };
  const watch = new MutationObserver(find);
  watch.observe(document.body, { childList: true, subtree: true });
  show(data.step);
  find();

  parentElement.stopClock = () => {
    watch.disconnect();
    leave();
  };
  return parentElement.stopClock;
}

// Where the page is narrower than the picture, keep what happens in sight.
function follow(chart, column) {
  const frame = chart.closest('[class*="st-key-backpropagation-"]');
  if (column === null || frame.scrollWidth <= frame.clientWidth) return;
  const axis = chart._fullLayout.xaxis;
  const left = axis._offset + axis.d2p(column) - frame.clientWidth / 2;
  frame.scrollTo({ left, behavior: "smooth" });
}

function rail(chart) {
  return chart.querySelector(".slider-rail-touch-rect");
}

// Plotly's functions are out of reach, its slider is not: press it where the step is.
function move(chart, step, last) {
  if (chart._fullLayout.sliders[0].active === step) {
    chart._fullLayout._currentFrame ??= String(step); // so that play begins here
    return;
  }
  const box = rail(chart).getBoundingClientRect();
  const clientX = box.left + INSET + ((box.width - 2 * INSET) * step) / last;
  const place = { bubbles: true, clientX, clientY: box.top + box.height / 2 };
  rail(chart).dispatchEvent(new MouseEvent("mousedown", place));
  chart.dispatchEvent(new MouseEvent("mouseup", place));
}
