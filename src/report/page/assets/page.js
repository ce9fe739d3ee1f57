// The page without this script is whole: it adds picking, sorting, searching, saving, and charts that answer to the pointer.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const COLOURS = 8;
  const make = (tag, props = {}, ...kids) => {
    const node = Object.assign(document.createElement(tag), props);
    node.append(...kids);
    return node;
  };

  // ---- numbers, by the rules of the program
  const grouped = (x, digits) => {
    const [whole, rest] = Math.abs(x).toFixed(digits).split(".");
    return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (rest ? "." + rest : "");
  };
  const places = (x) => (x >= 100 ? 0 : x >= 10 ? 1 : 2);
  const SIZES = {
    money(x) {
      const [unit, word] = x >= 0.9995e9 ? [1e9, " bn"] : x >= 0.9995e6 ? [1e6, " mn"] : x >= 0.9995e3 ? [1e3, " k"] : [1, ""];
      return grouped(x / unit, word ? places(x / unit) : 0) + word;
    },
    count: (x) => grouped(x, x < 9.95 && x !== 0 ? 1 : 0),
    price: (x) => grouped(x, 0),
    percent: (x) => (100 * x).toFixed(1) + "%",
    number(x) {
      if (x === 0) return "0";
      if (x >= 1000) return grouped(x, 0);
      if (x < 1e-4) return x.toExponential(2).replace("e+", "e");
      const at = [1000, 100, 10, 1, 0.1, 0.01, 0.001].findIndex((step) => x >= step);
      return grouped(x, at < 0 ? 7 : at);
    },
  };
  const shown = (x, column) => {
    if (x === null || x === undefined) return "–";
    if (typeof x === "string") return x;
    const size = (SIZES[column.show] || SIZES.number)(Math.abs(x));
    if (!/[1-9]/.test(size)) return size;
    return (x < 0 ? "−" : column.signed ? "+" : "") + size;
  };

  // On an axis no digit is there for nothing.
  const tick = (x, column) => shown(x, column).replace(/(\.\d*?)0+(?=\D|$)/, "$1").replace(/\.(?=\D|$)/, "");

  // ---- frames
  const value = (frame, row, at) => {
    const column = frame.columns[at];
    const x = column.values[row];
    return column.words && x !== null ? column.words[x] : x;
  };
  const cell = (frame, row, at) => {
    const column = frame.columns[at];
    const text = shown(value(frame, row, at), column);
    if (!column.interval) return text;
    const ends = column.interval.map((end) => value(frame, row, end));
    const none = ends.includes(null) || (ends[0] === 0 && ends[1] === 0);
    return none ? text : `${text} [${shown(ends[0], column)} to ${shown(ends[1], column)}]`;
  };
  const fits = (frame, picks) => {
    const rows = [];
    for (let row = 0; row < frame.rows; row++)
      if (picks.every((pick) => value(frame, row, pick.column) === pick.now)) rows.push(row);
    return rows;
  };
  const csv = (frame, rows) => {
    const quote = (x) => {
      const text = x === null ? "" : String(x);
      return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    const lines = [frame.columns.map((column) => quote(column.name)).join(",")];
    for (const row of rows) lines.push(frame.columns.map((_, at) => quote(value(frame, row, at))).join(","));
    return lines.join("\n") + "\n";
  };
  const save = (name, text) => {
    const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    const link = make("a", { href: url, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  };
  const saving = (frame) => {
    const button = make("button", { type: "button" }, `Save as CSV (${frame.rows.toLocaleString("en")} rows)`);
    button.addEventListener("click", () => save(`${frame.name}.csv`, csv(frame, Array.from({ length: frame.rows }, (_, i) => i))));
    return button;
  };

  // ---- picking: picks of the same name move together
  const followers = [];
  const choose = (name, wanted, from) => {
    for (const one of followers) if (one !== from && one.name === name) one.follow(wanted);
  };
  const picking = (box, frame, picks, redraw) => {
    const selects = [];
    // What was last asked for comes back where there is such a thing again.
    picks.forEach((pick) => (pick.now = pick.wish = pick.start));
    // A pick offers what there is under the picks before it.
    const options = (at) => {
      const before = picks.slice(0, at);
      const seen = new Set();
      for (const row of fits(frame, before)) seen.add(value(frame, row, picks[at].column));
      return [...seen];
    };
    const refill = (from) => {
      for (let at = from; at < picks.length; at++) {
        const names = options(at);
        picks[at].now = names.includes(picks[at].wish) ? picks[at].wish : names.includes(picks[at].now) ? picks[at].now : names[0];
        selects[at].replaceChildren(...names.map((name) => make("option", { value: name, selected: name === picks[at].now }, name)));
        selects[at].value = picks[at].now;
        selects[at].said.textContent = picks[at].now;
      }
    };
    const set = (at, wanted) => {
      picks[at].wish = wanted;
      refill(at);
      redraw();
    };
    const labels = picks.map((pick, at) => {
      const select = make("select");
      const name = frame.columns[pick.column].label;
      select.said = make("span", { className: "said", hidden: true });
      selects.push(select);
      const follower = {
        name,
        follow(wanted) {
          picks[at].wish = wanted;
          if (picks[at].now !== wanted && options(at).includes(wanted)) set(at, wanted);
        },
      };
      followers.push(follower);
      select.addEventListener("change", () => {
        set(at, select.value);
        choose(name, select.value, follower);
      });
      return make("label", {}, name, select, select.said);
    });
    box.replaceChildren(...labels);
    refill(0);
  };

  // ---- tables
  const LIMIT = 200;
  const table = (box, frame, columns, { picks, searched }) => {
    const body = box.querySelector("tbody");
    const heads = [...box.querySelectorAll("thead th")];
    let order = null;
    let search = "";
    let all = false;
    let rows = () => fits(frame, picks);
    const more = box.querySelector(".more") || make("p", { className: "more" });
    const whole = make("button", { type: "button", hidden: true }, "Show all rows");
    whole.addEventListener("click", () => {
      all = true;
      draw();
    });
    const draw = () => {
      let list = rows();
      const found = search.trim().toLowerCase();
      if (found) list = list.filter((row) => columns.some((at) => cell(frame, row, at).toLowerCase().includes(found)));
      if (order) {
        const { at, sign } = order;
        const key = (row) => value(frame, row, at);
        list = list.slice().sort((a, b) => {
          const [x, y] = [key(a), key(b)];
          if (x === null || y === null) return (x === null) - (y === null) || a - b;
          return sign * (typeof x === "string" ? x.localeCompare(y, "en") : x - y) || a - b;
        });
      }
      const cut = all ? list : list.slice(0, LIMIT);
      body.replaceChildren(
        ...cut.map((row) =>
          make(
            "tr",
            {},
            ...columns.map((at, i) => {
              const [text, interval] = cell(frame, row, at).split(/ (?=\[[^[]*\]$)/);
              // An interval may be broken between its ends, and a number not from its unit.
              const whole = interval && interval.replace(/ (bn|mn|k)\b/g, "\u00a0$1");
              const apart = frame.columns[at].interval && interval ? [" ", make("small", {}, whole)] : [];
              const said = apart.length ? text : cell(frame, row, at);
              const node = make(i ? "td" : "th", { className: { text: "", date: "number date" }[frame.columns[at].show] ?? "number" }, said, ...apart);
              if (!i) node.scope = "row";
              return node;
            }),
          ),
        ),
      );
      more.textContent = cut.length < list.length ? `The first ${cut.length} of ${list.length} rows.` : searched ? `${list.length} rows.` : "";
      whole.hidden = cut.length === list.length;
    };
    heads.forEach((head, i) => {
        const button = make("button", { type: "button" }, head.textContent);
        head.replaceChildren(button);
        button.addEventListener("click", () => {
          const at = columns[i];
          const down = frame.columns[at].show !== "text";
          const sign = order && order.at === at ? -order.sign : down ? -1 : 1;
          order = { at, sign };
          heads.forEach((other) => other.removeAttribute("aria-sort"));
          head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
          draw();
        });
      });
    const actions = make("div", { className: "actions" });
    if (searched) {
      const input = make("input", { type: "search" });
      input.addEventListener("input", () => {
        search = input.value;
        draw();
      });
      actions.append(make("label", { className: "search" }, "Search ", input));
    }
    more.setAttribute("aria-live", "polite");
    box.querySelector(".scroll").after(actions);
    actions.append(saving(frame), whole, more);
    return { draw, of: (list) => (rows = list) };
  };

  // ---- charts
  const date = (text) => new Date(text + "T00:00:00Z");
  const day = (text) => date(text).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  // How wide text stands in a chart.
  const pen = document.createElement("canvas").getContext("2d");
  // Asked for once: each look at a style lays the page out anew.
  pen.font = `13px ${getComputedStyle(document.body).fontFamily}`;
  const wide = (text) => pen.measureText(text).width;
  // Names that are too long lose their middle: those of many regimes differ at their ends. Any that are the same after it are numbered.
  const shorten = (text, room) => {
    if (wide(text) <= room) return text;
    let kept = text.length - 1;
    const cut = () => text.slice(0, Math.ceil(kept * 0.45)).trimEnd() + "…" + text.slice(text.length - Math.floor(kept * 0.55)).trimStart();
    while (kept > 2 && wide(cut()) > room) kept -= 1;
    return cut();
  };
  const shortened = (names, room) => {
    const short = names.map((name) => shorten(name, room));
    const alike = (i) => short.some((other, j) => other === short[i] && names[j] !== names[i]);
    return short.map((name, i) => (alike(i) ? shorten(`${i + 1}. ${name}`, room) : name));
  };
  // Labels from left to right at places that are near each other are moved apart.
  const apart = (places, least, last) => {
    const moved = places.slice();
    for (let i = 1; i < moved.length; i++) moved[i] = Math.max(moved[i], moved[i - 1] + least);
    for (let i = moved.length - 1; i >= 0; i--) moved[i] = Math.min(moved[i], i === moved.length - 1 ? last : moved[i + 1] - least);
    return moved;
  };
  const largest = (frame, chart, rows) => {
    if (chart.most === null) return rows;
    const size = (row) => value(frame, row, chart.x);
    return rows
      .filter((row) => size(row) !== null)
      .sort((a, b) => Math.abs(size(b)) - Math.abs(size(a)) || a - b)
      .slice(0, chart.most)
      .sort((a, b) => size(b) - size(a) || a - b);
  };
  const ends = (frame, row, at) => {
    const between = frame.columns[at].interval;
    const pair = between && between.map((end) => value(frame, row, end));
    return pair && pair.every((end) => end !== null) ? pair : null;
  };
  const finish = (node, chart) => {
    const svg = node.tagName === "svg" ? node : node.querySelector("svg");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", `${chart.title}. The numbers stand in the table below.`);
    svg.querySelectorAll("[aria-label]").forEach((part) => part.removeAttribute("aria-label"));
    svg.querySelectorAll("[aria-description]").forEach((part) => part.removeAttribute("aria-description"));
    return node;
  };
  const key = (names) =>
    make(
      "ul",
      { className: "key" },
      ...names.map((name, i) => make("li", {}, make("span", { className: `swatch b${i % COLOURS}` }), name)),
    );
  const TIP = { fill: "var(--ground)", stroke: "var(--soft)", fontSize: 13, maxRadius: 60, preferredAnchor: "bottom" };
  // Text over a plot stands on the page's ground, so that no line runs through it.
  const HALO = { fill: "var(--ink)", stroke: "var(--ground)", strokeWidth: 6 };
  const LOOK = { background: "none", color: "var(--ink)", fontSize: "13px", fontFamily: "inherit" };

  const intervals = (frame, chart, rows, width) => {
    const column = frame.columns[chart.x];
    const names = [...new Set(rows.map((row) => (chart.series === null ? "" : value(frame, row, chart.series))))];
    // On a telephone names stand above their rows.
    const narrow = width < 480;
    const full = rows.map((row) => String(value(frame, row, chart.y)));
    const left = narrow ? 34 : Math.min(Math.round(width * 0.46), Math.ceil(Math.max(0, ...full.map(wide))) + 16);
    const short = shortened(full, (narrow ? width : left) - 14);
    const items = rows.map((row, i) => {
      const between = ends(frame, row, chart.x);
      const series = chart.series === null ? "" : value(frame, row, chart.series);
      return {
        i: String(i),
        name: short[i],
        x: value(frame, row, chart.x),
        low: between && between[0],
        high: between && between[1],
        colour: `var(--c${names.indexOf(series) % COLOURS})`,
        title: `${value(frame, row, chart.y)}\n${cell(frame, row, chart.x)}`,
      };
    });
    const known = items.filter((item) => item.x !== null);
    const bounded = items.filter((item) => item.low !== null);
    const node = Plot.plot({
      width,
      height: (narrow ? 42 : 26) * items.length + 46,
      marginLeft: left,
      marginRight: 36, // half of a number on the axis
      marginTop: 6,
      marginBottom: 30,
      style: LOOK,
      x: { label: null, grid: true, ticks: Math.max(2, Math.floor((width - left) / 125)), tickFormat: (x) => tick(x, column) },
      y: { type: "band", domain: items.map((item) => item.i), label: null, tickSize: 0, axis: narrow ? null : "left", tickFormat: (i) => items[i].name },
      marks: [
        Plot.ruleX([0], { stroke: "var(--soft)" }),
        ...(narrow ? [Plot.text(items, { y: "i", text: "name", frameAnchor: "left", textAnchor: "start", dx: -28, dy: -15, ...HALO })] : []),
        Plot.ruleY(bounded, { y: "i", x1: "low", x2: "high", stroke: "colour", strokeWidth: 5, strokeOpacity: 0.4, strokeLinecap: "round" }),
        Plot.dot(known, { y: "i", x: "x", r: 4.5, fill: "colour" }),
        Plot.tip(known, Plot.pointerY({ y: "i", x: "x", title: "title", ...TIP })),
      ],
    });
    return [...(chart.series !== null && names.length > 1 ? [key(names)] : []), finish(node, chart)];
  };

  const numbers = (frame, chart, rows, width) => {
    const [across, up] = [frame.columns[chart.x], frame.columns[chart.y]];
    const dated = across.show === "date";
    const names = [...new Set(rows.map((row) => (chart.series === null ? "" : value(frame, row, chart.series))))];
    const items = rows
      .map((row) => {
        const series = chart.series === null ? "" : value(frame, row, chart.series);
        const x = value(frame, row, chart.x);
        const between = ends(frame, row, chart.y);
        return {
          x: dated ? date(x) : x,
          y: value(frame, row, chart.y),
          low: between && between[0],
          high: between && between[1],
          series,
          at: names.indexOf(series) % COLOURS,
          title: `${series ? series + "\n" : ""}${dated ? day(x) : shown(x, across)}: ${cell(frame, row, chart.y)}`,
        };
      })
      .filter((item) => item.x !== null && item.y !== null);
    const named = chart.form === "points" && chart.series !== null && names.length === rows.length;
    const [LEFT, RIGHT] = [84, 30];
    const colour = (item) => `var(--c${named ? 0 : item.at})`;
    const marks = [Plot.ruleY([0], { stroke: "var(--soft)" })];
    const events = chart.events.filter((event) => !chart.picks.length || event[0] === chart.picks[0].now);
    if (items.length) {
      const [first, last] = [Math.min(...items.map((item) => +item.x)), Math.max(...items.map((item) => +item.x))];
      const inside = events
        .map((event, i) => ({ n: String(i + 1), x: date(event[1]) }))
        .filter((event) => +event.x >= first && +event.x <= last)
        .sort((a, b) => a.x - b.x);
      marks.push(Plot.ruleX(inside, { x: "x", stroke: "var(--soft)", strokeDasharray: "3 3" }));
      const at = (x) => LEFT + ((+x - first) / (last - first || 1)) * (width - LEFT - RIGHT);
      const moved = apart(inside.map((event) => at(event.x)), 17, width - 8);
      inside.forEach((event, i) => marks.push(Plot.text([event], { x: "x", text: "n", frameAnchor: "top", dx: moved[i] - at(event.x), dy: -12, fill: "var(--soft)" })));
    }
    names.forEach((name, i) => {
      const own = items.filter((item) => item.series === name);
      const paint = `var(--c${i % COLOURS})`;
      if (chart.form === "lines") {
        marks.push(Plot.areaY(own.filter((item) => item.low !== null), { x: "x", y1: "low", y2: "high", fill: paint, fillOpacity: 0.15 }));
        marks.push(Plot.lineY(own, { x: "x", y: "y", stroke: paint, strokeWidth: 2, strokeDasharray: i >= 4 ? "5 3" : null }));
      } else marks.push(Plot.dot(own, { x: "x", y: "y", r: 4.5, fill: named ? "var(--c0)" : paint }));
    });
    marks.push(Plot.dot(items, Plot.pointer({ x: "x", y: "y", r: 4, fill: colour })));
    marks.push(Plot.tip(items, Plot.pointer({ x: "x", y: "y", title: "title", ...TIP })));
    const height = Math.max(280, Math.min(380, width * 0.5));
    const plot = (labels) => Plot.plot({
      width,
      height,
      marginLeft: LEFT,
      marginRight: RIGHT,
      marginTop: 24,
      marginBottom: 38,
      style: LOOK,
      x: { type: dated ? "utc" : "linear", label: null, ticks: Math.max(2, Math.floor(width / 130)), tickFormat: dated ? undefined : (x) => tick(x, across) },
      y: { label: null, grid: true, zero: true, ticks: 6, tickFormat: (y) => tick(y, up) },
      marks: [...marks, ...labels],
    });
    const node = plot([]);
    if (!named) return [...(chart.series !== null && names.length > 1 ? [key(names)] : []), make("p", { className: "reading" }, up.label), finish(node, chart)];
    // Dots that each have a name of their own have it beside them where there is room, and a number that stands in a list where there is not.
    const [across_, up_] = [node.scale("x"), node.scale("y")];
    const order = items.map((item) => ({ item, x: across_.apply(item.x), y: up_.apply(item.y) })).sort((a, b) => b.x - a.x);
    const taken = order.map(({ x, y }) => [x - 6, y - 6, x + 6, y + 6]);
    const place = (dot, text) => {
      const w = wide(text);
      const sides = [[9, 0], [-w - 9, 0], [-w / 2, -14], [-w / 2, 14], [6, -13], [-w - 6, -13], [6, 13], [-w - 6, 13]];
      for (const [dx, dy] of sides) {
        const [left, top] = [dot.x + dx, dot.y + dy - 7];
        const box = [left, top, left + w, top + 14];
        if (left < LEFT + 2 || box[2] > width || top < 0 || box[3] > height - 36) continue;
        if (taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue;
        taken.push(box);
        return Plot.text([dot.item], { x: "x", y: "y", text: () => text, dx, dy, textAnchor: "start", ...HALO });
      }
      return null;
    };
    const [labels, listed] = [[], []];
    for (const dot of order) {
      const label = width >= 480 ? place(dot, dot.item.series) : null;
      if (label) labels.push(label);
      else listed.push(dot);
    }
    listed.forEach((dot, i) => labels.push(place(dot, String(i + 1))));
    const list = make("ol", { className: "names" }, ...listed.map((dot) => make("li", {}, dot.item.series)));
    return [make("p", { className: "reading" }, up.label), finish(plot(labels.filter((label) => label)), chart), ...(listed.length ? [list] : [])];
  };

  const redraws = [];
  const figure = (chart) => {
    const box = document.getElementById(`chart-${chart.name}`);
    const frame = data.frames[chart.frame];
    const drawing = box.querySelector(".drawing");
    const columns = chart.form === "intervals" ? [chart.y, chart.x] : [chart.series, chart.x, chart.y].filter((at) => at !== null);
    const list = table(box, frame, columns, { picks: chart.picks, searched: false });
    list.of(() => largest(frame, chart, fits(frame, chart.picks)));
    let width = 0;
    let near = false;
    const draw = (to) => {
      const room = to || Math.max(260, drawing.clientWidth);
      width = room;
      const rows = largest(frame, chart, fits(frame, chart.picks));
      drawing.replaceChildren(...(chart.form === "intervals" ? intervals : numbers)(frame, chart, rows, room));
      // What is drawn here fits: nothing has to be scrolled to. What stood there before may be wider than a telephone.
      ["tabindex", "role", "aria-label"].forEach((name) => drawing.removeAttribute(name));
      const events = box.querySelector(".events");
      if (events) {
        const own = chart.events.filter((event) => !chart.picks.length || event[0] === chart.picks[0].now);
        events.replaceChildren(...own.map(([, when, label]) => make("li", {}, `${day(when)}, ${label}`)));
      }
    };
    const redraw = () => {
      if (near) draw();
      list.draw();
    };
    picking(box.querySelector(".controls"), frame, chart.picks, redraw);
    list.draw();
    // Drawn when it comes near the window, so that a long page opens at once.
    const watch = new IntersectionObserver(
      (seen) => {
        if (!seen.some((one) => one.isIntersecting)) return;
        near = true;
        watch.disconnect();
        draw();
      },
      { rootMargin: "600px" },
    );
    watch.observe(drawing);
    redraws.push({
      wide: () => near && Math.abs(drawing.clientWidth - width) > 8 && draw(),
      print: () => draw(680),
      back: () => draw(),
    });
  };

  data.charts.forEach(figure);
  for (const one of data.tables) {
    const box = document.getElementById(`table-${one.name}`);
    const frame = data.frames[one.frame];
    const list = table(box, frame, one.columns, one);
    picking(box.querySelector(".controls"), frame, one.picks, () => list.draw());
    list.draw();
  }
  // ---- one of several: the first is open, the others are picked from a list
  for (const box of document.querySelectorAll(".choice")) {
    const options = [...box.children];
    if (options.length < 2) continue;
    const select = make("select", {}, ...options.map((option, i) => make("option", { value: String(i) }, option.dataset.name)));
    const show = (wanted) =>
      options.forEach((option, i) => {
        option.hidden = i !== wanted;
        if (option.tagName === "DETAILS") option.open = true;
      });
    select.addEventListener("change", () => show(Number(select.value)));
    box.classList.add("chosen");
    box.prepend(make("div", { className: "controls" }, make("label", {}, box.dataset.label, select)));
    show(0);
  }
  let waiting = 0;
  addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => redraws.forEach((one) => one.wide()), 150);
  });
  addEventListener("beforeprint", () => redraws.forEach((one) => one.print()));
  addEventListener("afterprint", () => redraws.forEach((one) => one.back()));
  document.documentElement.dataset.ready = "yes";
})();
