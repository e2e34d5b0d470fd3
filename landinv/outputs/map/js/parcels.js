// The parcels on the map: exact polygons near by, signs from afar, and the one that is chosen.
globalThis.landinv = globalThis.landinv || {};
(function (app) {
  "use strict";

  const SIGN_BELOW_PX = 14; // smaller than this a polygon is a speck, and a sign stands in its place
  const NAMED_FROM_PX = 78; // side of a square as large as the parcel: a tag then lies well inside it

  function panes(map) {
    [["li-areas", 250], ["li-casing", 395], ["li-parcels", 410], ["li-chosen", 405], ["li-names", 620]].forEach(function (p) {
      const pane = map.createPane(p[0]);
      pane.style.zIndex = p[1];
      if (p[0] !== "li-parcels") pane.style.pointerEvents = "none";
    });
  }

  function latLngs(view, shape) {
    return shape.polygons.map((polygon) => polygon.map((ring) => ring.map(function (xy) {
      const d = view.zone.toDegrees(xy[0], xy[1]);
      return [d.lat, d.lng];
    })));
  }

  function item(view, row, shape, renderers) {
    const kind = view.kinds.get(row.kind) || { name: row.kind, colour: "#444444", pattern: "blank" };
    const at = latLngs(view, shape);
    const polygon = L.polygon(at, {
      pane: "li-parcels", renderer: renderers.parcels, bubblingMouseEvents: false, className: "li-parcel",
      color: kind.colour, weight: row.idle_level === 2 ? 2.6 : 1.8, opacity: 1,
      fillColor: "url(#" + app.patternId(kind.name, row.idle_level) + ")", fillOpacity: 1,
    });
    const casing = L.polygon(at, { pane: "li-casing", renderer: renderers.casing, interactive: false, color: "#fff", weight: 5, opacity: 0.85, fill: false });
    const point = view.zone.toDegrees(shape.point[0], shape.point[1]);
    const sign = L.circleMarker([point.lat, point.lng], {
      pane: "li-parcels", renderer: renderers.parcels, bubblingMouseEvents: false, className: "li-sign",
      radius: row.idle_level === 2 ? 7 : 6, color: "#fff", weight: 1.8, fillColor: kind.colour, fillOpacity: 0.95,
    });
    [polygon, sign].forEach((layer) => layer.on("click", () => view.choose(row.index, { fly: false })));
    return { row, polygon, casing, sign, name: null, bounds: polygon.getBounds(), drawn: "" };
  }

  function addParcels(view) {
    panes(view.map);
    const renderers = { parcels: L.svg({ pane: "li-parcels", padding: 0.3 }), casing: L.svg({ pane: "li-casing", padding: 0.3 }) };
    view.chosenRenderer = L.svg({ pane: "li-chosen", padding: 0.3 });
    view.items = view.reg.rows.map(function (row) {
      const shape = view.shapes[row.index];
      return shape && shape.polygons.length ? item(view, row, shape, renderers) : null;
    });
    view.map.on("zoomend", () => drawParcels(view));
    view.map.on("moveend", () => drawNames(view));
  }

  function sizePx(view, bounds) {
    const a = view.map.latLngToLayerPoint(bounds.getSouthWest()), b = view.map.latLngToLayerPoint(bounds.getNorthEast());
    return Math.max(Math.abs(b.x - a.x), Math.abs(b.y - a.y));
  }

  // Side of a square of the parcel's area, in pixels of the ground's scale at the parcel.
  function sidePx(view, entry) {
    const perPixel = (40075016.7 * Math.cos((entry.sign.getLatLng().lat * Math.PI) / 180)) / (256 * Math.pow(2, view.map.getZoom()));
    return Math.sqrt(entry.row.area_m2 || 0) / perPixel;
  }

  function drawAs(view, entry, how) {
    if (entry.drawn === how) return;
    const map = view.map;
    [entry.polygon, entry.casing, entry.sign].forEach((layer) => layer.remove());
    if (how === "polygon") [entry.casing, entry.polygon].forEach((layer) => layer.addTo(map));
    if (how === "sign") entry.sign.addTo(map);
    entry.drawn = how;
  }

  function drawParcels(view) {
    const shown = new Set(view.selection.shown.map((row) => row.index));
    view.items.forEach(function (entry) {
      if (!entry) return;
      const how = !shown.has(entry.row.index) ? "" : sizePx(view, entry.bounds) < SIGN_BELOW_PX ? "sign" : "polygon";
      drawAs(view, entry, how);
    });
    drawNames(view);
  }

  function nameTag(view, entry) {
    const mu = entry.row.area_mu;
    const text = app.el("div", { class: "li-name" }, app.el("b", {}, entry.row.parcel_id),
      mu === null || mu === undefined ? null : app.el("span", {}, app.number(mu, 2) + " " + app.word("mu")));
    return L.marker(entry.sign.getLatLng(), { pane: "li-names", interactive: false, keyboard: false, icon: L.divIcon({ className: "li-tag", html: text, iconSize: [0, 0] }) });
  }

  // Numbers and areas on parcels that are large enough in the window to carry them.
  function drawNames(view) {
    const window_ = view.map.getBounds();
    view.items.forEach(function (entry) {
      if (!entry) return;
      const wanted = entry.drawn === "polygon" && window_.intersects(entry.bounds) && sidePx(view, entry) >= NAMED_FROM_PX;
      if (wanted && !entry.name) entry.name = nameTag(view, entry).addTo(view.map);
      if (!wanted && entry.name) {
        entry.name.remove();
        entry.name = null;
      }
    });
  }

  function markChosen(view, index) {
    if (view.mark) view.mark.remove();
    view.mark = null;
    const entry = index === null ? null : view.items[index];
    if (!entry) return;
    const line = (colour, weight) => L.polygon(entry.polygon.getLatLngs(), {
      pane: "li-chosen", renderer: view.chosenRenderer, interactive: false, fill: false, color: colour, weight, opacity: 1, lineJoin: "round",
    });
    const ring = L.circleMarker(entry.sign.getLatLng(), { pane: "li-chosen", renderer: view.chosenRenderer, interactive: false, radius: 13, color: "#FFCC1F", weight: 4, fill: false });
    view.mark = L.layerGroup([line("#1B2733", 9), line("#FFCC1F", 6)]).addTo(view.map);
    if (entry.drawn === "sign") view.mark.addLayer(ring);
  }

  // Parcels under a point of the county's plane, by their exact coordinates.
  function parcelsAt(view, e, n) {
    return view.reg.rows.filter((row) => app.shapeHolds(view.shapes[row.index], e, n));
  }

  Object.assign(app, { addParcels, drawParcels, markChosen, parcelsAt });
})(globalThis.landinv);
