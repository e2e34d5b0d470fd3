// Fills that can be told apart without colour: SVG patterns for parcels, canvas hatches for areas.
globalThis.landinv = globalThis.landinv || {};
(function (app) {
  "use strict";

  const SIZE = 8;

  function marks(pattern, colour, dense) {
    const line = (d, width) => app.svg("path", { d, stroke: colour, "stroke-width": width, fill: "none" });
    const diagonal = "M-2,2 L2,-2 M-2,10 L10,-2 M6,10 L10,6";
    const counter = "M-2,6 L2,10 M-2,-2 L10,10 M6,-2 L10,2";
    if (pattern === "dots") return [app.svg("circle", { cx: 2, cy: 2, r: 1.3, fill: colour }), app.svg("circle", { cx: 6, cy: 6, r: 1.3, fill: colour })];
    if (pattern === "hatch") return [line(diagonal, dense ? 2.6 : 1.4)];
    if (pattern === "cross") return [line(diagonal, 1.3), line(counter, 1.3)];
    return [];
  }

  const GROUND = { solid: 0.62, dots: 0.34, hatch: 0.34, cross: 0.34, blank: 0.12 };

  function patternId(kind, level) {
    return "li-fill-" + kind + (level === 2 ? "-2" : "");
  }

  // One hidden drawing holds every pattern of the page.
  function definePatterns(kinds) {
    const defs = app.svg("defs", {});
    kinds.forEach(function (kind) {
      [1, 2].forEach(function (level) {
        const pattern = app.svg("pattern", { id: patternId(kind.name, level), width: SIZE, height: SIZE, patternUnits: "userSpaceOnUse" });
        pattern.appendChild(app.svg("rect", { width: SIZE, height: SIZE, fill: "#fff", "fill-opacity": 0.35 }));
        pattern.appendChild(app.svg("rect", { width: SIZE, height: SIZE, fill: kind.colour, "fill-opacity": GROUND[kind.pattern] || 0.4 }));
        marks(kind.pattern, kind.colour, level === 2).forEach((m) => pattern.appendChild(m));
        defs.appendChild(pattern);
      });
    });
    const holder = app.svg("svg", { width: 0, height: 0, "aria-hidden": "true", class: "li-defs" }, defs);
    document.body.insertBefore(holder, document.body.firstChild);
  }

  function swatch(kind, level) {
    const box = { x: 1, y: 1, width: 18, height: 12, rx: 1.5 };
    return app.svg("svg", { class: "li-swatch", width: 20, height: 14, "aria-hidden": "true" },
      app.svg("rect", Object.assign({ fill: "#fff" }, box)),
      app.svg("rect", Object.assign({ fill: "url(#" + patternId(kind.name, level) + ")", stroke: kind.colour, "stroke-width": 1.6 }, box)));
  }

  // A square of the hatch an area layer is filled with; 512 px tiles hold a whole number of them.
  function hatch(context, colour, ratio) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = SIZE * ratio;
    const pen = tile.getContext("2d");
    pen.scale(ratio, ratio);
    pen.strokeStyle = colour;
    pen.lineWidth = 0.9;
    pen.globalAlpha = 0.75;
    pen.beginPath();
    [[-2, 2, 2, -2], [-2, 10, 10, -2], [6, 10, 10, 6]].forEach(function (l) {
      pen.moveTo(l[0], l[1]);
      pen.lineTo(l[2], l[3]);
    });
    pen.stroke();
    const pattern = context.createPattern(tile, "repeat");
    if (ratio !== 1) pattern.setTransform(new DOMMatrix().scale(1 / ratio));
    return pattern;
  }

  // Sample of an area layer for the layer list and the printed legend.
  function layerSwatch(layer) {
    const box = app.svg("svg", { class: "li-swatch", width: 20, height: 14, "aria-hidden": "true" });
    if (layer.fills) {
      const colours = layer.groups.slice(0, 3).map((g) => g[1]);
      colours.forEach((c, i) => box.appendChild(app.svg("rect", { x: 1 + i * 6, y: 1, width: 6, height: 12, fill: c })));
      return box;
    }
    const frame = { x: 1, y: 1, width: 18, height: 12 };
    box.appendChild(app.svg("rect", Object.assign({ fill: layer.fill || "none" }, frame)));
    if (layer.hatch) {
      box.appendChild(app.svg("path", { d: "M1,9 L9,1 M1,13 L13,1 M5,13 L17,1 M11,13 L19,5", stroke: layer.hatch, "stroke-width": 0.9 }));
    }
    box.appendChild(app.svg("rect", Object.assign({ fill: "none", stroke: layer.stroke, "stroke-width": Math.min(layer.width, 2), "stroke-dasharray": layer.dash.length ? "4 2" : null }, frame)));
    return box;
  }

  Object.assign(app, { definePatterns, patternId, swatch, hatch, layerSwatch });
})(globalThis.landinv);
