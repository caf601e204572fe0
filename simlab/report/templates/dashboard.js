"use strict";
// Draws the page's charts over its pictures: one time axis for all, zoomed, panned and read off
// with the mouse, with fingers, or with keys alone. Where this fails, the pictures stay.
(() => {
  const told = JSON.parse(document.getElementById("told").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const coarse = matchMedia("(pointer: coarse)").matches;
  const charts = [...told.panels, ...told.heats];
  if (!told.panels.length) return;

  const ink = (pair) => pair[dark.matches ? 1 : 0];
  const inked = (name) => ink(told.inks[name]);
  const make = (name, attributes) => new (Bokeh.Models.get(name))(attributes);
  const count = (chart) => chart.values ? chart.values[0].length : chart.lines[0].values.length;
  const first = Math.min(...told.panels.map((chart) => chart.start));
  const last = Math.max(...told.panels.map((chart) => chart.start + count(chart) * chart.step));
  const step = Math.min(...told.panels.map((chart) => chart.step));
  const least = Math.min(4 * step, last - first);
  const range = make("Range1d", { start: first, end: last, bounds: [first, last] });
  const cursors = new Map();
  let cursor = null;

  // ---- numbers and times in words

  const moment = (ms, fine) => {
    const text = new Date(ms).toISOString();
    return `${text.slice(0, 10)} ${text.slice(11, fine ? 19 : 16)}`;
  };
  const fine = step < 60000;
  const number = (value) => {
    if (value === null || value === undefined) return "–";
    const size = Math.abs(value);
    const digits = size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
    return value.toLocaleString("en", { maximumFractionDigits: digits });
  };
  const valued = (value, unit) =>
    value === null || value === undefined ? "–" : `${number(value)} ${unit}`.trim();
  const place = (chart, ms) => Math.floor((ms - chart.start) / chart.step);

  const during = (ms, width) => told.incidents
    .filter((incident) => incident.from < ms + width && incident.to >= ms)
    .map((incident) => `${incident.lookalike ? "look-alike" : "incident"}: ${incident.kind}`);

  const reading = (chart, at, row) => {
    const start = chart.start + at * chart.step;
    const head = moment(start, fine);
    if (chart.values) {
      const named = row === null ? [] : [`warehouse ${chart.rows[row]}: ${valued(chart.values[row][at], chart.unit)}`];
      return [head, ...named].join(" · ");
    }
    const values = chart.lines.map((line) => `${line.label} ${valued(line.values[at], chart.unit)}`);
    const fired = chart.marks.map((marks) => {
      const here = marks.at.map((ms, nth) => [ms, marks.count[nth]])
        .filter(([ms]) => ms >= start && ms < start + chart.step);
      const sum = here.reduce((total, [, fires]) => total + fires, 0);
      return sum ? [`${marks.rule} fired ${number(sum)} time${sum === 1 ? "" : "s"}`] : [];
    });
    return [head, ...values, ...fired.flat(), ...during(start, chart.step)].join(" · ");
  };

  // ---- the time axis that all share

  const show = (from, to) => {
    const width = Math.min(Math.max(to - from, least), last - first);
    const start = Math.min(Math.max((from + to - width) / 2, first), last - width);
    range.setv({ start, end: start + width });
  };
  const zoom = (factor) => {
    const inside = cursor !== null && cursor >= range.start && cursor <= range.end;
    const middle = inside ? cursor : (range.start + range.end) / 2;
    show(middle - (middle - range.start) * factor, middle + (range.end - middle) * factor);
  };
  const pan = (share) => {
    const shift = (range.end - range.start) * share;
    const kept = Math.min(Math.max(shift, first - range.start), last - range.end);
    show(range.start + kept, range.end + kept);
  };
  const whole = () => show(first, last);

  const shown = document.getElementById("shown");
  const tellRange = () => {
    shown.textContent = `${moment(range.start, fine)} to ${moment(range.end, fine)} UTC`;
  };

  const moveTo = (ms, from, row = null) => {
    cursor = Math.min(Math.max(ms, first), last - step);
    for (const [chart, { span, readout }] of cursors) {
      const at = place(chart, cursor);
      const inside = at >= 0 && at < count(chart);
      span.setv({ location: cursor, visible: true });
      readout.setAttribute("aria-live", chart === from ? "polite" : "off");
      readout.textContent = inside ? reading(chart, at, chart === from ? row : null) : "–";
    }
  };

  // ---- charts

  const base = (chart, height, y) => {
    const muted = { axis_label_text_color: inked("muted"), major_label_text_color: inked("muted"),
      axis_line_color: inked("grid"), major_tick_line_color: inked("grid"),
      minor_tick_line_color: null, axis_label_text_font_style: "normal",
      axis_label_text_font_size: "11px", major_label_text_font_size: "11px" };
    const plot = make("Plot", {
      x_range: range, ...y, height, sizing_mode: "stretch_width", min_border_left: 66,
      min_border_right: 14, min_border_top: 6, toolbar_location: null, outline_line_color: null,
      background_fill_color: null, border_fill_color: null,
    });
    plot.toolbar.logo = null;
    const below = make("DatetimeAxis", { ...muted,
      ticker: make("DatetimeTicker", { desired_num_ticks: innerWidth < 640 ? 3 : 7 }), formatter: make("DatetimeTickFormatter", {
      seconds: "%H:%M:%S", minsec: "%H:%M:%S", minutes: "%H:%M", hourmin: "%H:%M",
      hours: "%H:%M", days: "%d %b", months: "%b %Y", years: "%Y" }) });
    plot.add_layout(below, "below");
    const span = make("Span", { dimension: "height", visible: false, location: first,
      line_color: inked("ink"), line_width: 1, line_alpha: 0.7 });
    plot.add_layout(span, "center");
    if (!coarse) {
      const drag = make("BoxZoomTool", { dimensions: "width" });
      plot.add_tools(drag);
      plot.toolbar.active_drag = drag;
    }
    plot.on_event("mousemove", ({ x, y: height_ }) => moveTo(x, chart, rowAt(chart, height_)));
    plot.on_event("tap", ({ x, y: height_ }) => moveTo(x, chart, rowAt(chart, height_)));
    plot.on_event("doubletap", whole);
    return { plot, span, muted, below };
  };

  const rowAt = (chart, y) => {
    if (!chart.values) return null;
    const row = Math.floor(y);
    return row >= 0 && row < chart.rows.length ? row : null;
  };

  const grid = (plot, axis, dimension) => plot.add_layout(
    make("Grid", { axis, dimension, grid_line_color: inked("grid"), grid_line_width: 0.7 }), "center");

  const logarithmic = (panel) => {
    if (panel.y !== "log") return false;
    const known = panel.lines.flatMap((line) => line.values).filter((value) => value !== null);
    return known.length > 0 && Math.min(...known) > 0 && Math.max(...known) >= 15 * Math.min(...known);
  };

  const magnitudes = Array.from({ length: 14 }, (_, nth) => 10 ** (nth - 7))
    .flatMap((power) => [1, 2, 5].map((factor) => factor * power));

  const bounds = (panel, log) => {
    const known = panel.lines.flatMap((line) => line.values).filter((value) => value !== null);
    known.push(...panel.limits.map((limit) => limit.value));
    const high = known.length ? Math.max(...known) : 1;
    const low = known.length ? Math.min(...known) : 0;
    const strip = 1 + 0.14 * panel.marks.length;
    if (log) return { start: low / 1.15, end: high * (high / low) ** (0.04 + 0.13 * panel.marks.length) };
    const bottom = panel.y === "free" ? low - (high - low || 1) * 0.05 : 0;
    const head = panel.limits.some((limit) => limit.value > 0.85 * high) ? 1.15 : 1.04;
    return { start: bottom, end: bottom + ((high - bottom) * head || 1) * strip };
  };

  const overPanel = (plot, panel) => {
    for (const limit of panel.limits) {
      plot.add_layout(make("Span", { dimension: "width", location: limit.value,
        line_color: inked("threshold"), line_dash: [6, 3], line_width: 1.3 }), "center");
      plot.add_layout(make("Label", { x: 6, x_units: "screen", y: limit.value, y_offset: 2,
        text: limit.label, text_color: inked("threshold"), text_font_size: "11px" }), "center");
    }
    panel.marks.forEach((marks, nth) => {
      const y = 1 - (nth + 0.5) * 0.09;
      for (const caught of [true, false, null]) {
        const at = marks.at.filter((_, place_) => marks.caught[place_] === caught);
        if (!at.length) continue;
        const marker = caught === null ? "diamond" : caught ? "triangle" : "x";
        const color = caught === null ? inked("ink") : inked(caught ? "caught" : "false");
        const source = make("ColumnDataSource", { data: { x: at, y: at.map(() => y) } });
        const drawn = plot.add_glyph(make("Scatter", { x: { field: "x" }, y: { field: "y" },
          marker: { value: marker }, size: 6, line_color: color, fill_color: color }), source);
        drawn.y_range_name = "strip";
      }
    });
  };

  const incidents = (plot) => {
    for (const lookalike of [false, true]) {
      const these = told.incidents.filter((incident) => incident.lookalike === lookalike);
      if (!these.length) continue;
      const source = make("ColumnDataSource", { data: {
        from: these.map((incident) => incident.from), to: these.map((incident) => incident.to) } });
      const look = lookalike
        ? { fill_color: null, hatch_pattern: "/", hatch_color: inked("lookalike"), hatch_scale: 7,
          hatch_weight: 0.7, line_color: null }
        : { fill_color: inked("incident"), fill_alpha: 0.24, line_color: null };
      const drawn = plot.add_glyph(
        make("VStrip", { x0: { field: "from" }, x1: { field: "to" }, ...look }), source);
      drawn.level = "underlay";
    }
  };

  const panelPlot = (panel) => {
    const log = logarithmic(panel);
    const { plot, span, muted, below } = base(panel, panel.lines.length > 2 ? 270 : 200, {
      y_range: make("Range1d", bounds(panel, log)),
      ...(log ? { y_scale: make("LogScale") } : {}),
      extra_y_ranges: { strip: make("Range1d", { start: 0, end: 1 }) },
    });
    plot.extra_y_scales = { strip: make("LinearScale") };
    const left = make(log ? "LogAxis" : "LinearAxis", { ...muted, axis_label: panel.axis,
      ...(log ? { ticker: make("FixedTicker", { ticks: magnitudes }),
        formatter: make("NumeralTickFormatter", { format: "0.[000]" }) } : {
        formatter: make("NumeralTickFormatter", { format: "0,0.[00]" }) }) });
    plot.add_layout(left, "left");
    grid(plot, below, 0);
    grid(plot, left, 1);
    incidents(plot);
    for (const line of panel.lines) {
      const x = line.values.map((_, at) => panel.start + (at + 0.5) * panel.step);
      const y = line.values.map((value) => value ?? NaN);
      const source = make("ColumnDataSource", { data: { x, y } });
      plot.add_glyph(make("Line", { x: { field: "x" }, y: { field: "y" },
        line_color: ink(line.ink), line_width: 1.5 }), source);
      const alone = y.map((value, at) => !Number.isNaN(value)
        && Number.isNaN(y[at - 1] ?? NaN) && Number.isNaN(y[at + 1] ?? NaN));
      const dots = make("ColumnDataSource", { data: {
        x: x.filter((_, at) => alone[at]), y: y.filter((_, at) => alone[at]) } });
      plot.add_glyph(make("Scatter", { x: { field: "x" }, y: { field: "y" }, size: 3,
        line_color: null, fill_color: ink(line.ink) }), dots);
    }
    overPanel(plot, panel);
    return { plot, span };
  };

  const heatPlot = (heat) => {
    const rows = heat.rows.length;
    const { plot, span, muted } = base(heat, Math.max(150, 50 + 9 * rows), {
      y_range: make("Range1d", { start: rows, end: 0 }) });
    const every = Math.max(1, Math.ceil(rows / 20));
    const ticks = heat.ids.map((_, row) => row).filter((row) => row % every === 0);
    plot.add_layout(make("LinearAxis", { ...muted, axis_label: "warehouse, busiest first",
      ticker: make("FixedTicker", { ticks: ticks.map((row) => row + 0.5) }),
      major_label_overrides: new Map(ticks.map((row) => [row + 0.5, String(heat.ids[row])])) }), "left");
    const cells = { left: [], right: [], top: [], bottom: [], color: [] };
    heat.values.forEach((values, row) => values.forEach((value, at) => {
      if (value === null) return;
      const share = (value - heat.low) / (heat.high - heat.low);
      const shade = Math.floor(Math.min(Math.max(share, 0), 0.999) * heat.palette.length);
      cells.left.push(heat.start + at * heat.step);
      cells.right.push(heat.start + (at + 1) * heat.step);
      cells.top.push(row);
      cells.bottom.push(row + 1);
      cells.color.push(heat.palette[shade]);
    }));
    plot.add_glyph(make("Quad", { left: { field: "left" }, right: { field: "right" },
      top: { field: "top" }, bottom: { field: "bottom" }, fill_color: { field: "color" },
      line_color: { field: "color" }, line_width: 0.5 }), make("ColumnDataSource", { data: cells }));
    return { plot, span };
  };

  // ---- keys, buttons, links

  const keys = {
    "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), "0": whole, Escape: whole,
    PageUp: () => pan(-0.5), PageDown: () => pan(0.5),
  };
  const stepped = (chart, event) => {
    const start = cursor ?? (range.start + range.end) / 2;
    const size = event.shiftKey ? 10 * chart.step : chart.step;
    const moves = { ArrowLeft: start - size, ArrowRight: start + size,
      Home: range.start, End: range.end - chart.step };
    return moves[event.key];
  };
  const rows = new Map();
  const turned = (chart, event) => {
    if (!chart.values || !["ArrowUp", "ArrowDown"].includes(event.key)) return false;
    const row = (rows.get(chart) ?? 0) + (event.key === "ArrowUp" ? -1 : 1);
    rows.set(chart, Math.min(Math.max(row, 0), chart.rows.length - 1));
    return true;
  };
  const onKey = (chart, event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const to = stepped(chart, event);
    const row = () => chart.values ? rows.get(chart) ?? 0 : null;
    if (to !== undefined) {
      if (to < range.start) pan(-0.5);
      if (to > range.end) pan(0.5);
      moveTo(to, chart, row());
    } else if (turned(chart, event)) {
      moveTo(cursor ?? (range.start + range.end) / 2, chart, row());
    } else if (keys[event.key]) {
      keys[event.key]();
    } else return;
    event.preventDefault();
  };

  const buttons = { "zoom-in": () => zoom(0.5), "zoom-out": () => zoom(2),
    earlier: () => pan(-0.5), later: () => pan(0.5), whole };
  for (const [id, action] of Object.entries(buttons)) {
    document.getElementById(id).addEventListener("click", action);
  }
  for (const link of document.querySelectorAll("a[data-from]")) {
    link.addEventListener("click", () => {
      const from = Number(link.dataset.from), to = Number(link.dataset.to);
      const beside = Math.max(to - from, 10 * step);
      show(from - beside, to + beside);
      moveTo(from, null);
    });
  }

  // ---- drawn, and drawn again when the ground turns dark or light

  const named = (figure, chart) => {
    const names = figure.querySelector(".names");
    const lines = chart.lines ?? [
      { label: `${chart.low ? "≤ " : ""}${valued(chart.low, chart.unit)}`, ink: [chart.palette[0], chart.palette[0]] },
      { label: `≥ ${valued(chart.high, chart.unit)}`, ink: [chart.palette.at(-1), chart.palette.at(-1)] },
    ];
    names.replaceChildren(...lines.map((line) => {
      const name = document.createElement("span");
      name.textContent = line.label;
      name.style.setProperty("--ink", ink(line.ink));
      return name;
    }));
  };

  let document_ = null;
  const draw = async () => {
    if (document_) document_.clear();
    const { Document } = Bokeh.require("document");
    const { add_document_standalone: add } = Bokeh.require("embed/standalone");
    document_ = new Document();
    const places = [];
    cursors.clear();
    for (const chart of charts) {
      const figure = document.getElementById(chart.name);
      const { plot, span } = chart.values ? heatPlot(chart) : panelPlot(chart);
      const live = figure.querySelector(".live");
      live.replaceChildren();
      if (chart.lines?.length !== 1) named(figure, chart);
      document_.add_root(plot);
      places.push(live);
      cursors.set(chart, { span, readout: figure.querySelector(".readout") });
    }
    await add(document_, document.body, places);
    if (cursor !== null) moveTo(cursor, null);
  };

  const start = async () => {
    document.documentElement.classList.add("scripted");
    try {
      await draw();
    } catch (error) {
      document.documentElement.classList.remove("scripted");
      throw error;
    }
    for (const chart of charts) {
      const live = document.getElementById(chart.name).querySelector(".live");
      live.addEventListener("keydown", (event) => onKey(chart, event));
    }
    range.change.connect(tellRange);
    tellRange();
    dark.addEventListener("change", draw);
  };
  start();
})();
