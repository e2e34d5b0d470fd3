import assert from "node:assert/strict";
import test from "node:test";
import { gzipSync } from "node:zlib";
import { load } from "./load.mjs";

const app = load("decode", "polygons");

function varints(values) {
  const bytes = [];
  for (let value of values) {
    while (value > 127) {
      bytes.push((value & 127) | 128);
      value >>>= 7;
    }
    bytes.push(value);
  }
  return bytes;
}

const zigzag = (values) => values.map((v) => (v << 1) ^ (v >> 31));

// Two squares of 10 cm side by side: the common edge x = 10 is arc 0, up; the left square runs arc 0, then arc 1
// back around to the west; the right square runs arc 0 backward, then arc 2 around to the east.
const counts = { polygons: 2, rings: 2, references: 4, arcs: 3, vertices: 2 + 4 + 4, origin_cm: [500, 700] };
const bytes = Uint8Array.from([
  ...varints([2, 4, 4]),
  ...varints(zigzag([10, 0, 0])), // starts in x, each from the end of the arc before
  ...varints(zigzag([0, 0, 0])), // starts in y
  ...varints(zigzag([0, -10, 0, 10, 10, 0, -10])), // steps in x: arc 0; arc 1: W, S, E; arc 2: E, N, W
  ...varints(zigzag([10, 0, -10, 0, 0, 10, 0])),
  ...varints([1, 1]),
  ...varints([2, 2]),
  ...varints([0, 0, 2 * 2 + 1, 0]), // new, new, two back and reversed, new
]);

test("a shared arc is stored once and used by both polygons", () => {
  const set = app.decodePolygons(bytes, counts);
  assert.deepEqual(Array.from(set.references), [0 << 1, 1 << 1, (0 << 1) | 1, 2 << 1]);
  assert.deepEqual(Array.from(set.x), [10, 10, 10, 0, 0, 10, 10, 20, 20, 10]);
  assert.deepEqual(Array.from(set.y), [0, 10, 10, 10, 0, 0, 0, 0, 10, 10]);
});

test("rings come back in metres, with their origin, without a repeated vertex", () => {
  const set = app.index(app.decodePolygons(bytes, counts));
  assert.deepEqual(app.ringsOf(set, 0), [[[5.1, 7], [5.1, 7.1], [5, 7.1], [5, 7]]]);
});

test("a stream with bytes left over is refused", () => {
  assert.throws(() => app.decodePolygons(Uint8Array.from([...bytes, 0]), counts), /does not end/);
});

test("a point lies in the one polygon that holds it", () => {
  const set = app.index(app.decodePolygons(bytes, counts));
  assert.deepEqual(app.polygonsAt(set, { x: 5.05, y: 7.05 }), [0]);
  assert.deepEqual(app.polygonsAt(set, { x: 5.15, y: 7.05 }), [1]);
  assert.deepEqual(app.polygonsAt(set, { x: 5.25, y: 7.05 }), []);
});

// A row of n unit squares (1 m), each its own arc: enough of them to have several levels of boxes.
function rowOfSquares(n) {
  const x = [], y = [];
  for (let i = 0; i < n; i++) {
    const w = i * 100, e = w + 100;
    x.push(w, e, e, w, w);
    y.push(0, 0, 100, 100, 0);
  }
  const at = (step, last) => Uint32Array.from({ length: last + 1 }, (_, i) => i * step);
  return app.index({
    count: n, originX: 0, originY: 0, arcAt: at(5, n), x: Int32Array.from(x), y: Int32Array.from(y),
    ringAt: at(1, n), referenceAt: at(1, n), references: Uint32Array.from({ length: n }, (_, i) => i << 1),
  });
}

test("the box tree finds what a plain walk finds", () => {
  const set = rowOfSquares(1000);
  assert.ok(set.levels.length >= 3);
  for (const [from, to] of [[0, 99999], [12345, 12345], [4990, 5110], [-500, -1], [99950, 200000]]) {
    const walked = Array.from({ length: 1000 }, (_, i) => i).filter((i) => i * 100 <= to && i * 100 + 100 >= from);
    assert.deepEqual(app.search(set, from, 10, to, 20), walked);
  }
});

test("a hole is outside, whatever way its ring runs", () => {
  const outer = [0, 0, 300, 300, 0], outerY = [0, 300, 300, 0, 0];
  for (const hole of [[100, 200, 200, 100, 100], [100, 100, 200, 200, 100]]) {
    const holeY = hole[1] === 200 ? [100, 100, 200, 200, 100] : [100, 200, 200, 100, 100];
    const set = app.index({
      count: 1, originX: 0, originY: 0, arcAt: Uint32Array.from([0, 5, 10]),
      x: Int32Array.from([...outer, ...hole]), y: Int32Array.from([...outerY, ...holeY]),
      ringAt: Uint32Array.from([0, 2]), referenceAt: Uint32Array.from([0, 1, 2]), references: Uint32Array.from([0, 2]),
    });
    assert.equal(app.contains(set, 0, 150, 150), false);
    assert.equal(app.contains(set, 0, 50, 150), true);
  }
});

test("gzip in base64 comes back as the bytes it was made of", async () => {
  const original = Uint8Array.from({ length: 70000 }, (_, i) => (i * 7919) % 251);
  const packed = app.bytesFromBase64(gzipSync(original).toString("base64"));
  assert.deepEqual(await app.inflate(packed), original);
});

test("a missing value of a column is an empty text", () => {
  const column = { values: ["a", "b"], codes: [1, -1, 0] };
  assert.deepEqual([0, 1, 2, 3].map((i) => app.columnValue(column, i)), ["b", "", "a", ""]);
  assert.equal(app.columnValue(undefined, 0), "");
});

test("a point level with a corner is counted once", () => {
  const set = app.index({
    count: 1, originX: 0, originY: 0, arcAt: Uint32Array.from([0, 5]),
    x: Int32Array.from([0, 100, 200, 100, 0]), y: Int32Array.from([100, 200, 100, 0, 100]),
    ringAt: Uint32Array.from([0, 1]), referenceAt: Uint32Array.from([0, 1]), references: Uint32Array.from([0]),
  });
  assert.equal(app.contains(set, 0, 50, 100), true);
  assert.equal(app.contains(set, 0, -50, 100), false);
  assert.equal(app.contains(set, 0, 250, 100), false);
});
