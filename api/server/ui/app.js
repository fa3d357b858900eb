// The landing page: districts and places of the release, and a lookup at a click.
// Text reaches the page as text nodes only, never as markup.
"use strict";

const map = document.getElementById("map");
const hint = document.getElementById("hint");
let view; // turns positions into units of the drawing and back

function svg(name, attributes) {
  const e = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
  return e;
}

function element(name, text) {
  const e = document.createElement(name);
  e.textContent = text;
  return e;
}

// fit makes a plane of equal scale in both directions at the middle latitude.
function fit(points) {
  let [west, east, south, north] = [180, -180, 90, -90];
  for (const [lng, lat] of points) {
    west = Math.min(west, lng); east = Math.max(east, lng);
    south = Math.min(south, lat); north = Math.max(north, lat);
  }
  if (west > east) [west, east, south, north] = [-180, 180, -85, 85];
  const shrink = Math.cos((south + north) / 2 * Math.PI / 180);
  const width = Math.max((east - west) * shrink, 0.01);
  const height = Math.max(north - south, 0.01);
  const scale = 1000 / Math.max(width, height);
  map.setAttribute("viewBox", `-10 -10 ${width * scale + 20} ${height * scale + 20}`);
  return {
    to: (lng, lat) => [(lng - west) * shrink * scale, (north - lat) * scale],
    back: (x, y) => [x / scale / shrink + west, north - y / scale],
  };
}

function path(rings) {
  return rings.map(ring =>
    "M" + ring.map(([lng, lat]) => view.to(lng, lat).map(n => n.toFixed(1)).join(" ")).join("L") + "Z").join("");
}

function draw(data) {
  const points = data.districts.flatMap(d => d.rings.flat());
  view = fit(points.length ? points : data.places.map(p => [p.lng, p.lat]));
  map.replaceChildren();
  for (const district of data.districts) {
    const shape = svg("path", { class: "district", d: path(district.rings) });
    shape.append(svg("title", {}));
    shape.firstChild.textContent = district.name;
    map.append(shape);
  }
  for (const place of data.places) dot("place", place, 2.2);
  map.append(svg("g", { id: "found" }));
  document.getElementById("release").textContent =
    `Release ${data.release}: ${data.total} places in ${data.districts.length} districts` +
    (data.places.length < data.total ? `, ${data.places.length} drawn` : "");
}

function dot(kind, place, radius, parent = map) {
  const [cx, cy] = view.to(place.lng, place.lat);
  const e = svg("circle", { class: kind, cx, cy, r: radius });
  e.append(svg("title", {}));
  e.firstChild.textContent = place.name || "";
  parent.append(e);
}

async function lookup(event) {
  if (!view) return;
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
  const [lng, lat] = view.back(at.x, at.y);
  const response = await fetch("/v1/lookup", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ lat, lng }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail || answer.title);
  show(answer, { lat, lng });
}

function show(answer, at) {
  const found = document.getElementById("found");
  found.replaceChildren();
  const [cx, cy] = view.to(at.lng, at.lat);
  found.append(svg("circle", { class: "probe", cx, cy, r: 8 }));
  const where = answer.district ? answer.district.name : "outside all districts";
  hint.className = "";
  hint.textContent = `${answer.drops.length} drops in ${where}, cell ${answer.cell}` + (answer.truncated ? ", and more" : "");
  const drops = document.getElementById("drops");
  drops.replaceChildren();
  for (const drop of answer.drops) {
    dot("found", drop, 4, found);
    const line = element("li", drop.name || drop.poi);
    line.append(" ", element("small", `${drop.distance_m} m · ${drop.tasks.join(", ")}`));
    drops.append(line);
  }
  const tasks = document.getElementById("tasks");
  tasks.replaceChildren();
  for (const task of answer.tasks) {
    const line = element("li", task.title);
    line.append(" ", element("small", `${task.merchant}, ${task.state}`));
    tasks.append(line);
  }
}

function fail(error) {
  hint.className = "error";
  hint.textContent = error.message;
}

map.addEventListener("click", event => { lookup(event).catch(fail); });

async function start() {
  const response = await fetch("/ui/map.json");
  const data = await response.json();
  if (response.ok) return draw(data);
  fail(new Error(data.detail || data.title));
  setTimeout(() => start().catch(fail), 2000);
}
start().catch(fail);
