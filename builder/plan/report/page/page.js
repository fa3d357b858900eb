"use strict";
// The map of a plan: a canvas of its own, so that the page needs nothing else.
// Positions are on the Web Mercator plane, 0…1 from the west and from the north.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const box = document.getElementById("map");
  const canvas = box.querySelector("canvas");
  const tip = box.querySelector(".tip");
  const pen = canvas.getContext("2d");
  const TINTS = { more: "added", fewer: "removed", even: "changed" }; // districts, by what colours them
  const KINDS = ["kept", "changed", "moved", "added", "removed", "retasked"]; // as the data numbers them
  const middle = data.middle; // longitude that the map is unrolled around
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let view = "difference", held = "", pointed = null, colour = {}, queued = false;
  let scale = 1, left = 0, top = 0, width = 1, height = 1; // of the plane, in pixels

  const x = (lng) => ((lng - middle + 540) % 360 + 360) % 360 / 360;
  const y = (lat) => {
    const s = Math.sin(Math.max(-85, Math.min(85, lat)) * Math.PI / 180);
    return 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI);
  };

  const districts = data.districts.map((d) => {
    const rings = d.rings.map((ring) => {
      let before = null;
      return ring.map(([lng, lat]) => {
        let at = x(lng);
        if (before !== null) at -= Math.round(at - before); // the short way round
        before = at;
        return [at, y(lat)];
      });
    });
    return { ...d, rings, box: extent(rings.flat()) };
  });
  const points = data.points.map(([kind, lat0, lng0, lat1, lng1, name, id, tasks0, tasks1, zone]) => ({
    kind: KINDS[kind], name, id, zone, tasks: [tasks0, tasks1],
    before: kind === 3 ? null : [x(lng0), y(lat0)],
    after: kind === 4 ? null : kind === 2 ? [x(lng1), y(lat1)] : [x(lng0), y(lat0)],
  }));

  function extent(list) {
    if (list.length === 0) return null;
    const e = [Infinity, Infinity, -Infinity, -Infinity];
    for (const [px, py] of list) {
      e[0] = Math.min(e[0], px); e[1] = Math.min(e[1], py);
      e[2] = Math.max(e[2], px); e[3] = Math.max(e[3], py);
    }
    return e;
  }

  function fit(e) {
    if (!e) e = [0, 0.2, 1, 0.8];
    const pad = 46, least = 1e-6;
    const w = Math.max(e[2] - e[0], least), h = Math.max(e[3] - e[1], least);
    scale = Math.max(Math.min((width - 2 * pad) / w, (height - 2 * pad) / h), Math.min(width, height) / 2);
    left = (e[0] + e[2]) / 2 * scale - width / 2;
    top = (e[1] + e[3]) / 2 * scale - height / 2;
    draw();
  }

  const unrolled = (lat, lng) => [(lng + 180) / 360, y(lat)]; // longitude from the middle
  const whole = () => extent([unrolled(data.view[0], data.view[1]), unrolled(data.view[2], data.view[3])]);

  function zoom(by, px = width / 2, py = height / 2) {
    const next = Math.max(200, Math.min(scale * by, 4e8));
    left = (left + px) * next / scale - px;
    top = (top + py) * next / scale - py;
    scale = next;
    draw();
  }

  function draw() {
    if (queued) return;
    queued = true;
    requestAnimationFrame(() => { queued = false; paint(); });
  }

  const sx = (p) => p[0] * scale - left;
  const sy = (p) => p[1] * scale - top;

  function paint() {
    pen.clearRect(0, 0, width, height);
    for (const d of districts) outline(d);
    const r = Math.max(2.6, Math.min(6, 1.2 + Math.log2(scale / 20000)));
    if (view === "difference") {
      for (const p of points) if (p.kind === "kept") mark(pen, "kept", sx(p.after), sy(p.after), r * 0.6);
      for (const p of points) if (p.kind === "moved") trail(p, r);
      for (const p of points) if (p.kind !== "kept") mark(pen, p.kind, sx(p.after ?? p.before), sy(p.after ?? p.before), r);
    } else {
      const side = view === "before" ? 0 : 1;
      for (const p of points) {
        const at = p[view];
        if (at) mark(pen, p.tasks[side].length ? "place" : "kept", sx(at), sy(at), p.tasks[side].length ? r * 0.85 : r * 0.6);
      }
    }
    for (const d of districts) label(d);
    if (pointed) ring(pointed);
    canvas.dataset.drawn = view;
    canvas.dataset.held = held;
    canvas.dataset.pointed = pointed?.name ?? "";
  }

  function path(d) {
    pen.beginPath();
    for (const ring of d.rings) {
      ring.forEach((p, i) => (i ? pen.lineTo(sx(p), sy(p)) : pen.moveTo(sx(p), sy(p))));
      pen.closePath();
    }
  }

  const tint = (d) => (d.added > d.removed ? "more" : d.added < d.removed ? "fewer" : "even");

  // offers reports whether any of a box can be seen. What cannot is not drawn: a
  // path far beyond the canvas takes seconds.
  const offers = (e) => e && e[2] * scale >= left && e[0] * scale <= left + width && e[3] * scale >= top && e[1] * scale <= top + height;

  function outline(d) {
    if (!offers(d.box)) return;
    path(d);
    pen.fillStyle = colour.land;
    pen.fill("evenodd");
    if (view === "difference" && d.differs) {
      pen.globalAlpha = 0.1 + 0.25 * Math.min(1, d.strength);
      pen.fillStyle = colour[TINTS[tint(d)]];
      pen.fill("evenodd");
      pen.globalAlpha = 1;
    }
    pen.strokeStyle = d.id === held ? colour.held : colour.border;
    pen.lineWidth = d.id === held ? 2 : 0.8;
    pen.stroke();
  }

  function label(d) {
    if (!d.box) return;
    const w = (d.box[2] - d.box[0]) * scale;
    pen.font = `${d.id === held ? "650" : "500"} 12px system-ui, sans-serif`;
    const wide = pen.measureText(d.name).width;
    if (wide > w * 0.9 && d.id !== held) return;
    const px = (d.box[0] + d.box[2]) / 2 * scale - left, py = (d.box[1] + d.box[3]) / 2 * scale - top;
    if (px < -wide || px > width + wide || py < 0 || py > height) return;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    pen.lineWidth = 3;
    pen.strokeStyle = colour.halo;
    pen.strokeText(d.name, px, py);
    pen.fillStyle = colour.label;
    pen.fillText(d.name, px, py);
  }

  // mark draws a place. Forms differ as well as colours.
  function mark(pen, kind, px, py, r) {
    if (px < -9 || py < -9 || px > width + 9 || py > height + 9) return;
    pen.fillStyle = pen.strokeStyle = colour[kind];
    pen.beginPath();
    switch (kind) {
      case "more": case "fewer": case "even":
        pen.rect(px - r, py - r, 2 * r, 2 * r);
        pen.globalAlpha = 0.35;
        pen.fillStyle = colour[TINTS[kind]];
        pen.fill();
        pen.globalAlpha = 1;
        pen.lineWidth = 0.8;
        pen.strokeStyle = colour.border;
        pen.stroke();
        return;
      case "removed":
        pen.lineWidth = 2;
        pen.moveTo(px - r, py - r); pen.lineTo(px + r, py + r);
        pen.moveTo(px + r, py - r); pen.lineTo(px - r, py + r);
        pen.stroke();
        return;
      case "added":
        pen.lineWidth = 2.2;
        pen.moveTo(px - r, py); pen.lineTo(px + r, py);
        pen.moveTo(px, py - r); pen.lineTo(px, py + r);
        pen.stroke();
        return;
      case "changed":
        pen.rect(px - r * 0.8, py - r * 0.8, r * 1.6, r * 1.6);
        break;
      case "retasked":
        pen.moveTo(px, py - r); pen.lineTo(px + r, py); pen.lineTo(px, py + r); pen.lineTo(px - r, py);
        pen.closePath();
        break;
      default:
        pen.arc(px, py, r, 0, 2 * Math.PI);
    }
    if (kind === "kept") pen.globalAlpha = 0.55;
    pen.fill();
    pen.globalAlpha = 1;
    if (kind === "kept") return;
    pen.lineWidth = 1;
    pen.strokeStyle = colour.halo;
    pen.stroke();
  }

  function trail(p, r) {
    if (!offers(extent([p.before, p.after]))) return;
    pen.strokeStyle = colour.moved;
    pen.lineWidth = 1.4;
    pen.beginPath();
    pen.moveTo(sx(p.before), sy(p.before));
    pen.lineTo(sx(p.after), sy(p.after));
    pen.stroke();
    pen.beginPath();
    pen.arc(sx(p.before), sy(p.before), r * 0.7, 0, 2 * Math.PI);
    pen.fillStyle = colour.land;
    pen.fill();
    pen.stroke();
  }

  function ring(p) {
    const at = shownAt(p);
    if (!at) return;
    pen.strokeStyle = colour.held;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(sx(at), sy(at), 9, 0, 2 * Math.PI);
    pen.stroke();
  }

  const shownAt = (p) => (view === "difference" ? p.after ?? p.before : p[view]);

  function nearest(px, py) {
    let best = null, least = 11 * 11;
    for (const p of points) {
      const at = shownAt(p);
      if (!at) continue;
      const d = (sx(at) - px) ** 2 + (sy(at) - py) ** 2;
      if (d <= least && !(best && best.kind !== "kept" && p.kind === "kept" && view === "difference")) { best = p; least = d; }
    }
    return best;
  }

  const words = { kept: "as it was", changed: "changed", moved: "moved", added: "added", removed: "removed", retasked: "other tasks" };

  function point(px, py) {
    const p = nearest(px, py);
    if (p !== pointed) { pointed = p; draw(); }
    tip.hidden = !p;
    if (!p) return;
    tip.replaceChildren();
    const line = (text, tag = "span") => {
      const e = document.createElement(tag);
      e.textContent = text;
      e.style.display = "block";
      tip.append(e);
    };
    line(p.name || p.id, "b");
    line(`${p.id}, ${words[p.kind]}${p.zone ? `, zone ${p.zone}` : ""}`);
    const [a, b] = p.tasks.map((t) => t.join(", ") || "no task");
    line(p.kind === "added" ? b : p.kind === "removed" || a === b ? a : `${a} → ${b}`);
    tip.style.transform = `translate(${Math.max(4, Math.min(px + 14, width - tip.offsetWidth - 4))}px, ${Math.max(4, Math.min(py + 14, height - tip.offsetHeight - 4))}px)`;
  }

  function go(id) {
    pointed = null;
    const d = districts.find((d) => d.id === id);
    held = d ? id : "";
    for (const b of document.querySelectorAll("nav [data-district]")) b.setAttribute("aria-pressed", String(b.dataset.district === held && held !== ""));
    if (d && d.box) fit(d.box);
    else if (data.gone[id]) { const g = data.gone[id]; fit(extent([[x(g[1]), y(g[0])], [x(g[3]), y(g[2])]])); }
    else fit(whole());
  }

  // jump shows a place that the picture leaves out.
  function jump({ far, lat, lng }) {
    go("");
    const [px, py] = unrolled(+lat, +lng), around = 1e-4;
    pointed = points[+far];
    fit([px - around, py - around, px + around, py + around]);
  }

  function theme() {
    const css = getComputedStyle(document.documentElement);
    for (const name of [...KINDS, "sea", "land", "border", "held", "label", "halo", "place"]) colour[name] = css.getPropertyValue("--" + name).trim();
    for (const li of box.querySelectorAll(".legend li")) {
      li.querySelector("canvas")?.remove();
      const c = document.createElement("canvas");
      c.width = c.height = 28;
      const p = c.getContext("2d");
      p.scale(2, 2);
      mark(p, li.dataset.kind, 7, 7, li.dataset.kind === "kept" ? 3 : 5);
      li.prepend(c);
    }
    draw();
  }

  function resize() {
    const r = box.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
    const [cx, cy] = [(left + width / 2) / scale, (top + height / 2) / scale];
    width = r.width; height = r.height;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    left = cx * scale - width / 2; top = cy * scale - height / 2;
    queued = false;
    paint();
  }

  // Figures are coloured by what they begin with, columns of words are set left.
  function dress() {
    for (const table of document.querySelectorAll("table")) {
      const rows = [...table.tBodies[0].rows];
      [...table.tHead.rows[0].cells].forEach((th, i) => {
        if (i > 0 && rows.some((r) => /^[^\d+\u2212\u2013]/.test(r.cells[i].textContent) && !/^un(known|bounded)$/.test(r.cells[i].textContent))) {
          [th, ...rows.map((r) => r.cells[i])].forEach((c) => c.classList.add("words"));
        }
      });
      for (const td of table.querySelectorAll("td:not(.words)")) {
        if (/^\+[\d,]+$/.test(td.textContent)) td.classList.add("up");
        if (/^\u2212[\d,]+$/.test(td.textContent)) td.classList.add("down");
        if (td.textContent === "0") td.classList.add("zero");
      }
    }
    for (const e of document.querySelectorAll("[data-share]")) e.style.width = `${100 * e.dataset.share}%`;
  }

  // legend explains what the view has.
  function legend() {
    const difference = view === "difference";
    for (const li of box.querySelectorAll(".legend li")) {
      const { kind } = li.dataset;
      if (kind in TINTS) {
        li.hidden = !difference || !districts.some((d) => d.differs && tint(d) === kind);
        continue;
      }
      li.hidden = difference ? !points.some((p) => p.kind === kind) : kind !== "place" && kind !== "kept";
      if (kind === "kept") li.lastChild.textContent = difference ? "as it was" : "nothing drops";
    }
  }

  const fingers = new Map();
  canvas.addEventListener("pointerdown", (e) => {
    canvas.setPointerCapture(e.pointerId);
    fingers.set(e.pointerId, [e.offsetX, e.offsetY]);
    canvas.classList.add("held");
  });
  canvas.addEventListener("pointermove", (e) => {
    const was = fingers.get(e.pointerId);
    if (!was) return point(e.offsetX, e.offsetY);
    const others = [...fingers].filter(([id]) => id !== e.pointerId).map(([, at]) => at);
    if (others.length === 1) {
      const o = others[0], d = (a) => Math.hypot(a[0] - o[0], a[1] - o[1]);
      zoom(d([e.offsetX, e.offsetY]) / Math.max(d(was), 1), o[0], o[1]);
    } else if (others.length === 0) {
      left -= e.offsetX - was[0]; top -= e.offsetY - was[1];
      draw();
    }
    fingers.set(e.pointerId, [e.offsetX, e.offsetY]);
  });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (e) => {
    fingers.delete(e.pointerId);
    canvas.classList.remove("held");
    if (name === "pointerup") point(e.offsetX, e.offsetY);
  });
  canvas.addEventListener("pointerleave", () => { tip.hidden = true; pointed = null; draw(); });
  canvas.addEventListener("dblclick", (e) => zoom(2, e.offsetX, e.offsetY));
  canvas.addEventListener("wheel", (e) => { e.preventDefault(); zoom(2 ** (-e.deltaY / 240), e.offsetX, e.offsetY); }, { passive: false });
  canvas.addEventListener("keydown", (e) => {
    const by = { ArrowLeft: [-80, 0], ArrowRight: [80, 0], ArrowUp: [0, -80], ArrowDown: [0, 80] }[e.key];
    if (by) { left += by[0]; top += by[1]; draw(); }
    else if (e.key === "+" || e.key === "=") zoom(2);
    else if (e.key === "-") zoom(0.5);
    else return;
    e.preventDefault();
  });
  for (const b of box.querySelectorAll("[data-zoom]")) b.addEventListener("click", () => (+b.dataset.zoom ? zoom(+b.dataset.zoom) : go("")));
  for (const i of box.querySelectorAll(".switch input")) i.addEventListener("change", () => { view = i.value; pointed = null; tip.hidden = true; legend(); draw(); });
  for (const e of document.querySelectorAll("[data-district]")) e.addEventListener("click", () => {
    go(e.dataset.district);
    if (e.tagName === "TR") box.scrollIntoView({ block: "nearest" });
  });
  for (const b of document.querySelectorAll("[data-far]")) b.addEventListener("click", () => jump(b.dataset));
  dark.addEventListener("change", theme);
  dress();
  legend();
  new ResizeObserver(resize).observe(box);
  resize();
  theme();
  fit(whole());
})();
