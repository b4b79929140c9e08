// The one clock of the computation graph. The slider of the picture is plotly's own, and play presses it
// beat by beat: plotly's own play is out of the keyboard's reach, and a pause of it is an error on the
// console. The script hears of the step once, when the picture has come to rest. And a step that the
// script names, because the reader typed it, moves the picture, which keeps its zoom.
//
// It depends on plotly's own layout: gd._fullLayout, the rail of its slider, its two buttons.

const BEAT = 900; // milliseconds of a step
const INSET = 10; // pixels of the rail before its first step and after its last
const HALO = 1; // which part of a frame is the ring around the operation at work
const BEHIND = "0.35"; // opacity of words that tell of another step than the picture
const BUTTON = ".updatemenu-button"; // of plotly: play, and pause

export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.stopClock?.();
  let chart = null;
  let held = false; // the slider, by the reader
  let pressed = false; // the slider, by this clock
  let beat = null;
  let shown = data.step;

  const show = (step) => {
    shown = step;
    const words = document.querySelector(`.st-key-${data.words}`);
    if (words) words.style.opacity = shown === data.step ? "" : BEHIND;
  };
  const rest = () => {
    if (held || beat || parentElement.agreed.step === shown) return;
    parentElement.agreed.step = shown;
    setTriggerValue("step", { step: shown, version: data.version });
  };
  const stop = () => {
    clearInterval(beat);
    beat = null;
  };
  const press = (step) => {
    pressed = true;
    move(chart, step, data.last);
    pressed = false;
  };
  const turn = (button) => {
    const isPlay = button === chart.querySelector(BUTTON);
    if (!isPlay || beat) {
      stop();
      rest();
      return;
    }
    beat = setInterval(() => press(shown + 1), BEAT);
    if (shown === data.last) press(0);
  };
  const heard = {
    plotly_animatingframe: ({ name, frame }) => {
      show(Number(name));
      follow(chart, frame.data[HALO].x[0]);
      if (shown === data.last) stop();
      rest();
    },
    plotly_afterplot: () => called(chart, data.names),
    plotly_sliderstart: () => {
      if (pressed) return;
      stop();
      held = true;
    },
    plotly_sliderend: ({ step }) => {
      if (pressed) return;
      held = false;
      show(Number(step.label));
      rest();
    },
  };
  // Plotly's own play never hears of a click.
  const clicked = (event) => {
    const button = event.target.closest(BUTTON);
    if (!button) return;
    event.stopPropagation();
    turn(button);
  };
  const typed = (event) => {
    const button = event.target.closest(BUTTON);
    if (!button || !["Enter", " "].includes(event.key)) return;
    event.preventDefault();
    turn(button);
  };
  const leave = () => {
    stop();
    for (const [name, tell] of Object.entries(heard)) chart?.removeListener?.(name, tell);
    chart?.removeEventListener("click", clicked, true);
    chart?.removeEventListener("keydown", typed);
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
    chart.addEventListener("click", clicked, true);
    chart.addEventListener("keydown", typed);
    called(chart, data.names);
    // What the script has just heard from this picture, the picture has gone on from.
    if (parentElement.agreed?.chart === chart && parentElement.agreed.step === data.step) return;
    parentElement.agreed = { chart, step: data.step };
    press(data.step);
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

// To the keyboard and to a screen reader plotly's buttons are pictures: say what they are.
function called(chart, names) {
  chart.querySelectorAll(BUTTON).forEach((button, position) => {
    const says = { role: "button", tabindex: "0", "aria-label": names[position] };
    for (const [attribute, value] of Object.entries(says)) button.setAttribute(attribute, value);
  });
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
  if (chart._fullLayout.sliders[0].active === step) return;
  const box = rail(chart).getBoundingClientRect();
  const clientX = box.left + INSET + ((box.width - 2 * INSET) * step) / last;
  const place = { bubbles: true, clientX, clientY: box.top + box.height / 2 };
  rail(chart).dispatchEvent(new MouseEvent("mousedown", place));
  chart.dispatchEvent(new MouseEvent("mouseup", place));
}
