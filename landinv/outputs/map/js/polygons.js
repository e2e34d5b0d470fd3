// Finding polygons: an implicit tree of boxes over the (Hilbert-ordered) polygons, and even-odd point tests.
globalThis.landinv = globalThis.landinv || {};
(function (app) {
  "use strict";

  const NODE = 16;

  // Four plain assignments: an array for each of a million arcs would cost more than the rest.
  function putBox(boxes, at, minX, minY, maxX, maxY) {
    boxes[at] = minX;
    boxes[at + 1] = minY;
    boxes[at + 2] = maxX;
    boxes[at + 3] = maxY;
  }

  function arcBoxes(set) {
    const arcs = set.arcAt.length - 1;
    const boxes = new Int32Array(arcs * 4);
    for (let arc = 0; arc < arcs; arc++) {
      let at = set.arcAt[arc];
      let minX = set.x[at], maxX = minX, minY = set.y[at], maxY = minY;
      for (const end = set.arcAt[arc + 1]; ++at < end; ) {
        const x = set.x[at], y = set.y[at];
        if (x < minX) minX = x; else if (x > maxX) maxX = x;
        if (y < minY) minY = y; else if (y > maxY) maxY = y;
      }
      putBox(boxes, arc * 4, minX, minY, maxX, maxY);
    }
    return boxes;
  }

  function growBox(boxes, at, other, from) {
    if (other[from] < boxes[at]) boxes[at] = other[from];
    if (other[from + 1] < boxes[at + 1]) boxes[at + 1] = other[from + 1];
    if (other[from + 2] > boxes[at + 2]) boxes[at + 2] = other[from + 2];
    if (other[from + 3] > boxes[at + 3]) boxes[at + 3] = other[from + 3];
  }

  function emptyBoxes(count) {
    const boxes = new Int32Array(count * 4);
    for (let i = 0; i < count; i++) putBox(boxes, i * 4, 2147483647, 2147483647, -2147483648, -2147483648);
    return boxes;
  }

  // Adds boxes per polygon and the tree above them to a decoded set.
  function index(set) {
    const ofArc = arcBoxes(set);
    const boxes = emptyBoxes(set.count);
    for (let polygon = 0; polygon < set.count; polygon++) {
      for (let ring = set.ringAt[polygon]; ring < set.ringAt[polygon + 1]; ring++) {
        for (let r = set.referenceAt[ring]; r < set.referenceAt[ring + 1]; r++) {
          growBox(boxes, polygon * 4, ofArc, (set.references[r] >>> 1) * 4);
        }
      }
    }
    const levels = [boxes];
    while (levels[levels.length - 1].length > NODE * 4) {
      const below = levels[levels.length - 1];
      const above = emptyBoxes(Math.ceil(below.length / 4 / NODE));
      for (let i = 0; i < below.length / 4; i++) growBox(above, Math.floor(i / NODE) * 4, below, i * 4);
      levels.push(above);
    }
    set.boxes = boxes;
    set.levels = levels;
    return set;
  }

  // Indices of the polygons whose box meets [minX, minY, maxX, maxY], in drawing order.
  function search(set, minX, minY, maxX, maxY) {
    const found = [];
    const visit = function (level, at) {
      const boxes = set.levels[level];
      const b = at * 4;
      if (boxes[b] > maxX || boxes[b + 2] < minX || boxes[b + 1] > maxY || boxes[b + 3] < minY) return;
      if (level === 0) {
        found.push(at);
        return;
      }
      const end = Math.min((at + 1) * NODE, set.levels[level - 1].length / 4);
      for (let i = at * NODE; i < end; i++) visit(level - 1, i);
    };
    const top = set.levels.length - 1;
    for (let i = 0; i < set.levels[top].length / 4; i++) visit(top, i);
    return found;
  }

  // Calls visit(x, y, first) for each vertex of a ring, in the ring's own direction, without repeats.
  function walkRing(set, ring, visit) {
    let first = true;
    for (let r = set.referenceAt[ring]; r < set.referenceAt[ring + 1]; r++) {
      const arc = set.references[r] >>> 1;
      const from = set.arcAt[arc], to = set.arcAt[arc + 1] - 1;
      // an arc ends where the next begins, so its last vertex is left out
      if (set.references[r] & 1) {
        for (let i = to; i > from; i--, first = false) visit(set.x[i], set.y[i], first);
      } else {
        for (let i = from; i < to; i++, first = false) visit(set.x[i], set.y[i], first);
      }
    }
  }

  // Even-odd test against every ring of a polygon; x and y relative to the set's origin, cm.
  function contains(set, polygon, x, y) {
    let inside = false;
    for (let r = set.referenceAt[set.ringAt[polygon]]; r < set.referenceAt[set.ringAt[polygon + 1]]; r++) {
      const arc = set.references[r] >>> 1;
      for (let i = set.arcAt[arc], end = set.arcAt[arc + 1] - 1; i < end; i++) {
        const y0 = set.y[i], y1 = set.y[i + 1];
        if (y0 > y === y1 > y) continue;
        if (x < set.x[i] + ((set.x[i + 1] - set.x[i]) * (y - y0)) / (y1 - y0)) inside = !inside;
      }
    }
    return inside;
  }

  // Polygons under a point of the web Mercator plane (metres).
  function polygonsAt(set, mercator) {
    const x = mercator.x * 100 - set.originX;
    const y = mercator.y * 100 - set.originY;
    return search(set, x, y, x, y).filter(function (polygon) {
      return contains(set, polygon, x, y);
    });
  }

  // Rings of a polygon as arrays of [x, y] in web Mercator metres.
  function ringsOf(set, polygon) {
    const rings = [];
    for (let ring = set.ringAt[polygon]; ring < set.ringAt[polygon + 1]; ring++) {
      const points = [];
      walkRing(set, ring, function (x, y) {
        points.push([(x + set.originX) / 100, (y + set.originY) / 100]);
      });
      rings.push(points);
    }
    return rings;
  }

  Object.assign(app, { index, search, walkRing, contains, polygonsAt, ringsOf });
})(globalThis.landinv);
