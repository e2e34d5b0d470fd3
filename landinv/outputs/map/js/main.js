// Puts the page together; everything it shows comes from the islands.
globalThis.landinv = globalThis.landinv || {};
(function (app) {
  "use strict";

  const FLY_MAX_ZOOM = 17;

  function freshState() {
    return { hiddenKinds: new Set(), township: "", text: "" };
  }

  function makeView(map) {
    const settings = app.jsonIsland("settings");
    return {
      map,
      settings,
      kinds: new Map(settings.kinds.map((k) => [k.name, k])),
      zone: app.zone(settings.zone),
      reg: app.register(app.jsonIsland("parcels"), app.jsonIsland("shares"), app.jsonIsland("links")),
      state: freshState(),
      sort: { column: "parcel_id", descending: false },
      chosen: null,
      layers: [],
      items: [],
      mark: null,
    };
  }

  function refresh(view) {
    view.selection = app.select(view.reg, view.state);
    app.drawLegend(view);
    app.drawList(view);
    app.drawParcels(view);
    if (view.chosen !== null && !view.selection.shown.some((row) => row.index === view.chosen)) view.close();
  }

  function addressOf(view) {
    const id = view.chosen === null ? "" : view.reg.rows[view.chosen].parcel_id;
    return id ? "#parcel=" + encodeURIComponent(id) : "";
  }

  function writeAddress(view) {
    const wanted = addressOf(view);
    if (location.hash === wanted) return;
    history.replaceState(null, "", wanted || location.pathname + location.search);
  }

  function parcelInAddress(view) {
    const match = /^#parcel=(.+)$/.exec(location.hash);
    if (!match) return null;
    let id = match[1];
    try {
      id = decodeURIComponent(id);
    } catch (error) {
      if (!(error instanceof URIError)) throw error; // a bare % in a typed address is taken as it stands
    }
    return view.reg.indexOf.has(id) ? view.reg.indexOf.get(id) : null;
  }

  function addActions(view) {
    view.set = function (change) {
      Object.assign(view.state, change);
      refresh(view);
    };
    view.toggleKind = function (kind) {
      const hidden = view.state.hiddenKinds;
      if (!hidden.delete(kind)) hidden.add(kind);
      refresh(view);
    };
    view.reset = function () {
      view.state = freshState();
      document.getElementById("li-search").value = "";
      document.getElementById("li-township").value = "0";
      refresh(view);
    };
    view.choose = function (index, options) {
      if (view.state.hiddenKinds.has(view.reg.rows[index].kind) || !view.selection.shown.includes(view.reg.rows[index])) view.reset();
      view.chosen = index;
      document.getElementById("li").dataset.view = "map";
      app.parcelCard(view, view.reg.rows[index]);
      if (options && options.fly) view.fly(index);
      app.markRow(view, index);
      app.markChosen(view, index);
      writeAddress(view);
    };
    view.fly = function (index) {
      const entry = view.items[index];
      if (!entry) return;
      view.map.invalidateSize({ animate: false });
      const card = document.getElementById("li-card");
      const size = view.map.getSize();
      const beside = card.hidden || card.offsetWidth > size.x * 0.7 ? 0 : card.offsetWidth + 20;
      const under = card.hidden || beside ? 30 : card.offsetHeight + 20;
      view.map.fitBounds(entry.bounds, { maxZoom: FLY_MAX_ZOOM, paddingTopLeft: [40, 40], paddingBottomRight: [40 + beside, 20 + under], animate: false });
    };
    view.close = function () {
      document.getElementById("li-card").hidden = true;
      view.chosen = null;
      app.markChosen(view, null);
      app.markRow(view, null);
      writeAddress(view);
    };
  }

  function pad(value) {
    return value.toFixed(2).replace(/\B(?=(\d{3})+\.)/g, " ");
  }

  function watchMap(view) {
    const place = document.getElementById("li-coordinates");
    view.map.on("mousemove", function (event) {
      const at = view.zone.toPlane(event.latlng.lng, event.latlng.lat);
      place.textContent = app.word("east") + " " + pad(at.e) + "　" + app.word("north") + " " + pad(at.n);
    });
    view.map.on("zoomend", () => view.chosen !== null && app.markChosen(view, view.chosen));
    view.map.on("click", function (event) {
      const hits = app.hitsAt(view, app.toMercator(event.latlng.lng, event.latlng.lat));
      view.close();
      if (hits.length) app.patchCard(view, hits);
    });
  }

  function watchKeys(view) {
    document.addEventListener("keydown", function (event) {
      const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
      if (event.key === "Escape") {
        if (typing) event.target.blur();
        view.close();
      } else if (event.key === "/" && !typing) {
        event.preventDefault();
        document.getElementById("li").dataset.view = "list";
        document.getElementById("li-search").focus();
      }
    });
    window.addEventListener("hashchange", function () {
      const index = parcelInAddress(view);
      if (index !== null && index !== view.chosen) view.choose(index, { fly: true });
    });
    document.querySelectorAll(".li-tabs button").forEach((button) => button.addEventListener("click", function () {
      document.getElementById("li").dataset.view = button.dataset.show;
      view.map.invalidateSize({ animate: false });
    }));
  }

  function tools(view) {
    const box = document.getElementById("li-tools");
    const whole = () => view.map.fitBounds(view.settings.bounds, { animate: false });
    const make = (text, key, action) => {
      const button = app.el("button", { type: "button", title: app.word(key), "aria-label": app.word(key) }, text);
      button.addEventListener("click", action);
      box.appendChild(button);
    };
    make("＋", "zoom_in", () => view.map.zoomIn());
    make("－", "zoom_out", () => view.map.zoomOut());
    make(app.word("whole_county"), "whole_county", whole);
    L.control.scale({ imperial: false, position: "bottomleft", maxWidth: 120 }).addTo(view.map);
  }

  // Its name in the page's language where the datum is the national one, else the name the CRS has.
  function projection(zone) {
    if (zone.datum !== "CGCS2000") return zone.name;
    return "CGCS2000　" + app.word("gauss_kruger") + "　" + app.word("meridian") + " " + zone.central_meridian + "°";
  }

  function sayHeading(view) {
    const say = (id, text) => (document.getElementById(id).textContent = text);
    app.sayWords(document);
    say("li-county", view.settings.county);
    say("li-title", view.settings.title);
    say("li-asof", app.word("as_of") + " " + view.settings.as_of);
    view.projection = projection(view.settings.zone);
    say("li-stamp", [view.settings.stamp, view.projection].filter(Boolean).join("　"));
    say("li-coordinates", "");
  }

  // What another script of the page, or a test, may ask: parcels and layer polygons under a point, degrees.
  function identify(view, lng, lat) {
    const plane = view.zone.toPlane(lng, lat);
    const mercator = app.toMercator(lng, lat);
    const layers = {};
    view.layers.forEach((entry) => (layers[entry.layer.name] = entry.set ? app.polygonsAt(entry.set, mercator) : []));
    return { parcels: app.parcelsAt(view, plane.e, plane.n).map((row) => row.parcel_id), layers };
  }

  async function run(map) {
    app.useWords(app.jsonIsland("words"));
    const view = makeView(map);
    app.view = view;
    addActions(view);
    sayHeading(view);
    const holder = document.getElementById("li-map");
    holder.appendChild(map.getContainer());
    if (map.attributionControl) map.attributionControl.setPrefix(false);
    map.invalidateSize({ animate: false });
    map.fitBounds(view.settings.bounds, { animate: false });
    app.definePatterns(view.settings.kinds);
    view.shapes = app.shapesOf(JSON.parse(new TextDecoder().decode(await app.gzipIsland("shapes"))));
    app.addParcels(view);
    app.fillTownships(view);
    app.watchSearch(view);
    app.drawSorts(view);
    app.watchList(view);
    tools(view);
    watchMap(view);
    watchKeys(view);
    app.watchPrint(view);
    refresh(view);
    const unpacking = app.addLayers(view);
    app.drawLayerPanel(view);
    document.getElementById("li-notice").remove();
    const index = parcelInAddress(view);
    if (index !== null) view.choose(index, { fly: true });
    await unpacking;
    return view;
  }

  function start(map) {
    const notice = document.getElementById("li-notice");
    notice.hidden = true;
    if (typeof DecompressionStream === "undefined") {
      notice.hidden = false;
      return;
    }
    app.ready = run(map).catch(function (error) {
      if (!notice.isConnected) document.getElementById("li").prepend(notice);
      notice.hidden = false;
      notice.textContent = app.word("damaged");
      throw error;
    });
  }

  Object.assign(app, { start, identify: (lng, lat) => identify(app.view, lng, lat) });
})(globalThis.landinv);
