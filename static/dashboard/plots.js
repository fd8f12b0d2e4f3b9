// Draws the plots of the numbers, each from what its element carries. The tables beside them say the same without scripts.

const HEIGHT_PX = 230;
const COUNT_STEPS = Array.from({ length: 12 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 5], [1, 5]];
const MARK_PX = 7;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// light-dark() is not resolved within a custom property, so an element is given the colour and asked for it.
const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);
function resolveColour(name) {
  probe.style.color = colour(name);
  return getComputedStyle(probe).color;
}

// A mark for each line: circle, square, triangle, diamond, triangle upside down, bar.
const MARKS = [
  (path, x, y, r) => path.arc(x, y, r, 0, 2 * Math.PI),
  (path, x, y, r) => path.rect(x - r, y - r, 2 * r, 2 * r),
  (path, x, y, r) => drawPolygon(path, [[x, y - r], [x + r, y + r], [x - r, y + r]]),
  (path, x, y, r) => drawPolygon(path, [[x, y - r], [x + r, y], [x, y + r], [x - r, y]]),
  (path, x, y, r) => drawPolygon(path, [[x - r, y - r], [x + r, y - r], [x, y + r]]),
  (path, x, y, r) => path.rect(x - r, y - r / 3, 2 * r, (2 * r) / 3),
];

// The same marks as signs, for the legend.
const SIGNS = ["●", "■", "▲", "◆", "▼", "▬"];

function drawPolygon(path, points) {
  points.forEach(([x, y], number) => (number ? path.lineTo(x, y) : path.moveTo(x, y)));
  path.closePath();
}

// uPlot asks for the points of a series; these are drawn by our own marks.
function drawMarks(number) {
  return (plot, series) => {
    const path = new Path2D();
    const radius = (MARK_PX / 2) * devicePixelRatio;
    plot.data[series].forEach((value, place) => {
      if (value === null || value === undefined) return;
      const shape = new Path2D();
      const x = plot.valToPos(plot.data[0][place], "x", true);
      MARKS[number % MARKS.length](shape, x, plot.valToPos(value, "y", true), radius);
      path.addPath(shape);
    });
    return { fill: path, stroke: path, clip: null, flags: 3 };
  };
}

function buildSeries([label, values], number) {
  const stroke = resolveColour(`--plot-${(number % 6) + 1}`);
  const points = { show: values.length <= 62, paths: drawMarks(number), fill: stroke };
  const sign = SIGNS[number % SIGNS.length];
  return { label: `${sign} ${label}`, stroke, width: 2, dash: DASHES[number % DASHES.length], points, value: showValue };
}

// What the others are parts of: a broad line below them, of which one sees what no part covers.
function buildTotalSeries([label, values]) {
  const stroke = resolveColour("--ink");
  return { label: `━ ${label}`, stroke, width: 5, points: { show: values.length === 1 }, value: showValue };
}

const format = new Intl.NumberFormat(document.documentElement.lang || undefined, { maximumFractionDigits: 2 });
const showValue = (_plot, value) => (value === null || value === undefined ? "" : format.format(value));
const fitValues = (_plot, values) => 24 + 7.5 * Math.max(0, ...(values ?? []).map((value) => value.length));

function buildOptions(element, data) {
  const axis = { stroke: resolveColour("--quiet"), grid: { stroke: resolveColour("--line"), width: 1 } };
  const total = data.hasTotal ? [buildTotalSeries(data.series[0])] : [];
  const parts = data.series.slice(total.length).map(buildSeries);
  // There are no halves of what is counted.
  const steps = data.isCount ? { incrs: COUNT_STEPS } : {};
  const showLabel = (place) => (Number.isInteger(place) ? (data.labels[place] ?? "") : "");
  return {
    width: Math.max(element.clientWidth, 200),
    height: HEIGHT_PX,
    padding: [8, 28, 0, 0], // on the right half of the last label
    legend: { markers: { show: false } }, // the label has the colour, and the sign of the mark
    cursor: { drag: { x: false, y: false } },
    scales: { x: { time: false }, y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.08 : 1] } },
    axes: [
      { ...axis, values: (_plot, places) => places.map(showLabel), space: 60, incrs: [1, 2, 3, 5, 7, 10, 14, 30] },
      { ...axis, ...steps, values: (_plot, values) => values.map((value) => format.format(value)), size: fitValues },
    ],
    series: [{ label: data.slice, value: (_plot, place) => showLabel(place) }, ...total, ...parts],
  };
}

function drawPlot(element) {
  const data = JSON.parse(element.dataset.plot);
  element.hidden = false;
  const place = element.querySelector(".canvas");
  place.replaceChildren();
  const columns = [data.labels.map((_label, number) => number), ...data.series.map(([, values]) => values)];
  return new window.uPlot(buildOptions(place, data), columns, place);
}

const drawn = new Map();
function drawAll() {
  for (const element of document.querySelectorAll("[data-plot]")) drawn.set(element, drawPlot(element));
}

function fitAll() {
  for (const [element, plot] of drawn) {
    const width = element.querySelector(".canvas").clientWidth;
    if (width && width !== plot.width) plot.setSize({ width, height: HEIGHT_PX });
  }
}

// Deferred scripts have run before a module does, so the library is there, unless it could not be fetched.
if (window.uPlot) {
  drawAll();
  addEventListener("resize", fitAll);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}
