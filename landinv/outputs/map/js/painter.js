// Draws polygon sets on canvas tiles, a few milliseconds a frame, the middle of the window first.
globalThis.landinv = globalThis.landinv || {};
(function (app) {
  "use strict";

  const TILE = 512;
  const WORLD_M = 2 * Math.PI * 6378137;
  const FRAME_MS = 24;
  const POLYGONS_PER_PATH = 16; // longer paths are slower by far than several short ones
  const SKIP_PX = 0.75;
  const LABEL_FROM_ZOOM = 16;
  const LINES_BELOW_M_PER_PX = 5;

  // Paper of one tile: from set coordinates to pixels.
  function paper(set, coords) {
    const perPixel = WORLD_M / (256 * Math.pow(2, coords.z));
    const left = -WORLD_M / 2 + coords.x * TILE * perPixel;
    const top = WORLD_M / 2 - coords.y * TILE * perPixel;
    return {
      k: 1 / (100 * perPixel),
      ox: (set.originX / 100 - left) / perPixel,
      oy: (top - set.originY / 100) / perPixel,
      perPixel,
    };
  }

  function inTile(set, p, pad) {
    return app.search(set, (-pad - p.ox) / p.k, (p.oy - TILE - pad) / p.k, (TILE + pad - p.ox) / p.k, (p.oy + pad) / p.k);
  }

  function traceRing(path, set, ring, p) {
    const xs = set.x, ys = set.y, k = p.k, ox = p.ox, oy = p.oy;
    let lastX = 0, lastY = 0, open = false;
    for (let r = set.referenceAt[ring]; r < set.referenceAt[ring + 1]; r++) {
      const reference = set.references[r], arc = reference >>> 1;
      const backward = reference & 1;
      const from = backward ? set.arcAt[arc + 1] - 1 : set.arcAt[arc];
      const to = backward ? set.arcAt[arc] : set.arcAt[arc + 1] - 1;
      const step = backward ? -1 : 1;
      for (let i = from; ; i += step) {
        const x = xs[i] * k + ox, y = oy - ys[i] * k;
        if (!open) {
          path.moveTo(x, y);
          open = true;
        } else if (x - lastX < SKIP_PX && lastX - x < SKIP_PX && y - lastY < SKIP_PX && lastY - y < SKIP_PX) {
          if (i === to) break;
          continue;
        } else path.lineTo(x, y);
        lastX = x;
        lastY = y;
        if (i === to) break;
      }
    }
    path.closePath();
  }

  function tracePolygon(path, set, polygon, p) {
    for (let ring = set.ringAt[polygon]; ring < set.ringAt[polygon + 1]; ring++) traceRing(path, set, ring, p);
  }

  // Survey patches: filled by land class, thin lines once they are large enough to be told apart.
  function paintPatches(context, set, layer, p) {
    const codes = set.columns[layer.fill_column];
    const lines = p.perPixel < LINES_BELOW_M_PER_PX;
    const batches = new Map();
    const finish = function (fill, batch) {
      context.fillStyle = context.strokeStyle = fill;
      context.fill(batch.dust);
      context.fill(batch.path, "evenodd");
      if (lines) context.strokeStyle = "rgba(96,92,78,0.42)";
      context.lineWidth = lines ? 0.6 : 0.5;
      context.stroke(batch.path);
    };
    inTile(set, p, 2).forEach(function (polygon) {
      const code = codes ? codes.codes[polygon] : -1;
      const known = code >= 0 && layer.fills ? layer.fills[codes.values[code]] : "";
      const fill = typeof known === "string" && known ? known : layer.unknown_fill;
      let batch = batches.get(fill);
      if (!batch) batches.set(fill, (batch = { path: new Path2D(), dust: new Path2D(), size: 0 }));
      const b = polygon * 4;
      const width = (set.boxes[b + 2] - set.boxes[b]) * p.k, height = (set.boxes[b + 3] - set.boxes[b + 1]) * p.k;
      if (width < 1 && height < 1) batch.dust.rect(set.boxes[b] * p.k + p.ox, p.oy - set.boxes[b + 3] * p.k, 1, 1);
      else tracePolygon(batch.path, set, polygon, p);
      if (++batch.size === POLYGONS_PER_PATH) {
        finish(fill, batch);
        batches.delete(fill);
      }
    });
    batches.forEach((batch, fill) => finish(fill, batch));
  }

  // The widest stretch inside a polygon halfway up: where its label stands, relative cm.
  function anchor(set, polygon) {
    if (!set.anchors) set.anchors = new Map();
    if (set.anchors.has(polygon)) return set.anchors.get(polygon);
    const b = polygon * 4;
    const y = (set.boxes[b + 1] + set.boxes[b + 3]) / 2 + 0.5;
    const crossings = [];
    for (let r = set.referenceAt[set.ringAt[polygon]]; r < set.referenceAt[set.ringAt[polygon + 1]]; r++) {
      const arc = set.references[r] >>> 1;
      for (let i = set.arcAt[arc]; i < set.arcAt[arc + 1] - 1; i++) {
        if (set.y[i] > y === set.y[i + 1] > y) continue;
        crossings.push(set.x[i] + ((set.x[i + 1] - set.x[i]) * (y - set.y[i])) / (set.y[i + 1] - set.y[i]));
      }
    }
    crossings.sort((a, c) => a - c);
    let best = { x: 0, y, width: 0 };
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const width = crossings[i + 1] - crossings[i];
      if (width > best.width) best = { x: (crossings[i] + crossings[i + 1]) / 2, y, width };
    }
    set.anchors.set(polygon, best);
    return best;
  }

  function paintNames(context, set, p) {
    context.font = '11px "Microsoft YaHei","PingFang SC","Noto Sans CJK SC",sans-serif';
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    const pad = 80; // half the longest label, so that both tiles draw a label on their common edge
    inTile(set, p, pad).forEach(function (polygon) {
      const b = polygon * 4;
      if ((set.boxes[b + 3] - set.boxes[b + 1]) * p.k < 26 || (set.boxes[b + 2] - set.boxes[b]) * p.k < 34) return;
      const text = app.columnValue(set.columns.DLMC, polygon) || app.columnValue(set.columns.DLBM, polygon);
      const at = anchor(set, polygon);
      if (!text || at.width * p.k < context.measureText(text).width + 10) return;
      const x = at.x * p.k + p.ox, y = p.oy - at.y * p.k;
      context.lineWidth = 2.5;
      context.strokeStyle = "rgba(255,255,255,0.75)";
      context.strokeText(text, x, y);
      context.fillStyle = "#5D5A4C";
      context.fillText(text, x, y);
    });
  }

  function traceArc(path, set, arc, p) {
    let lastX = 0, lastY = 0;
    for (let i = set.arcAt[arc], end = set.arcAt[arc + 1] - 1; i <= end; i++) {
      const x = set.x[i] * p.k + p.ox, y = p.oy - set.y[i] * p.k;
      if (i === set.arcAt[arc]) path.moveTo(x, y);
      else if (i < end && Math.abs(x - lastX) < SKIP_PX && Math.abs(y - lastY) < SKIP_PX) continue;
      else path.lineTo(x, y);
      lastX = x;
      lastY = y;
    }
  }

  // Other areas: tint, hatch, and each shared line once, so that dashes of neighbours do not fill each other up.
  function paintAreas(context, set, layer, p, ratio) {
    const polygons = inTile(set, p, 4);
    const fills = [layer.fill, layer.hatch ? app.hatch(context, layer.hatch, ratio) : ""].filter(Boolean);
    if (fills.length) {
      polygons.forEach(function (polygon) {
        const path = new Path2D();
        tracePolygon(path, set, polygon, p);
        fills.forEach(function (fill) {
          context.fillStyle = fill;
          context.fill(path, "evenodd");
        });
      });
    }
    const drawn = new Set();
    const outline = new Path2D();
    polygons.forEach(function (polygon) {
      for (let r = set.referenceAt[set.ringAt[polygon]]; r < set.referenceAt[set.ringAt[polygon + 1]]; r++) {
        const arc = set.references[r] >>> 1;
        if (drawn.has(arc)) continue;
        drawn.add(arc);
        traceArc(outline, set, arc, p);
      }
    });
    context.lineJoin = "round";
    context.strokeStyle = layer.stroke;
    context.lineWidth = layer.width;
    context.setLineDash(layer.dash);
    context.stroke(outline);
  }

  const queue = [];
  let scheduled = 0;

  function work(until) {
    while (queue.length && performance.now() < until) queue.shift().draw();
    scheduled = queue.length ? requestAnimationFrame(() => work(performance.now() + FRAME_MS)) : 0;
  }

  // Draws everything that waits, at once: for print.
  function flush() {
    while (queue.length) queue.shift().draw();
  }

  function enqueue(job) {
    queue.push(job);
    queue.sort((a, b) => a.distance - b.distance);
    if (!scheduled) scheduled = requestAnimationFrame(() => work(performance.now() + FRAME_MS));
  }

  function canvasLayer(set, layer, pane) {
    const Tiles = L.GridLayer.extend({
      createTile: function (coords, done) {
        const ratio = Math.max(app.leastRatio, Math.min(2, Math.ceil(window.devicePixelRatio || 1)));
        const canvas = document.createElement("canvas");
        canvas.width = canvas.height = TILE * ratio;
        const middle = this._map.project(this._map.getCenter(), coords.z).divideBy(TILE);
        const distance = Math.hypot(coords.x + 0.5 - middle.x, coords.y + 0.5 - middle.y);
        const map = this._map;
        const draw = function () {
          if (!map.hasLayer(grid) || grid._tileZoom !== coords.z) return done(null, canvas); // zoomed on meanwhile
          const context = canvas.getContext("2d");
          const p = paper(set, coords);
          context.scale(ratio, ratio);
          if (layer.fill_column) {
            paintPatches(context, set, layer, p);
            if (coords.z >= LABEL_FROM_ZOOM) paintNames(context, set, p);
          } else paintAreas(context, set, layer, p, ratio);
          return done(null, canvas);
        };
        enqueue({ draw, distance });
        return canvas;
      },
    });
    const grid = new Tiles({ tileSize: TILE, pane, updateWhenZooming: false, keepBuffer: 1, noWrap: true, maxZoom: 24 });
    return grid;
  }

  Object.assign(app, { canvasLayer, flush, anchor, leastRatio: 1 });
})(globalThis.landinv);
