import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./load.mjs";

const app = load("words", "register");

const table = {
  parcel_id: ["P-1", "P-2", "P-10", "P-3"],
  kind: ["idle", "suspected_idle", "idle", "approved_unsupplied"],
  township: ["甲镇", "乙镇", null, "甲镇"],
  holder: ["甲木铸造", null, "ＡＢＣ 公司", "__proto__"],
  approval_no: ["晋政地字〔2019〕5号", null, null, null],
  area_m2: [100, 200.004, null, 50],
  idle_level: [null, 2, 1, null],
  idle_days: [5, null, 400, 30],
};
const links = { parcel_id: ["P-2"], project_name: ["示例七号项目"], project_code: ["2019-7"] };
const reg = app.register(table, {}, links);
const state = (change) => ({ hiddenKinds: new Set(), township: "", text: "", ...change });
const ids = (rows) => rows.map((row) => row.parcel_id);
const found = (change) => ids(app.select(reg, state(change)).shown);

test("without conditions every parcel is shown", () => assert.deepEqual(found({}), ["P-1", "P-2", "P-10", "P-3"]));

test("a hidden kind is met but not shown", () => {
  const selection = app.select(reg, state({ hiddenKinds: new Set(["idle"]) }));
  assert.deepEqual(ids(selection.met), ["P-1", "P-2", "P-10", "P-3"]);
  assert.deepEqual(ids(selection.shown), ["P-2", "P-3"]);
});

test("township: one, all, or the parcels that have none", () => {
  assert.deepEqual(found({ township: "甲镇" }), ["P-1", "P-3"]);
  assert.deepEqual(found({ township: null }), ["P-10"]);
  assert.deepEqual(found({ township: "丙镇" }), []);
});

test("search takes full width, case and brackets as the same", () => {
  assert.deepEqual(found({ text: "abc" }), ["P-10"]);
  assert.deepEqual(found({ text: "abc公司" }), ["P-10"]);
  assert.deepEqual(found({ text: "[2019]5号" }), ["P-1"]);
  assert.deepEqual(found({ text: "p-1" }), ["P-1", "P-10"]);
});

test("search finds linked projects, and every word must be found", () => {
  assert.deepEqual(found({ text: "示例七号" }), ["P-2"]);
  assert.deepEqual(found({ text: "甲镇 甲木" }), ["P-1"]);
  assert.deepEqual(found({ text: "乙镇 甲木" }), []);
});

test("a blank search is no search", () => assert.equal(found({ text: "  " }).length, 4));

test("numbers sort as numbers, text by its numbers, missing last either way", () => {
  const by = (column, down) => ids(app.inOrder(reg.rows, column, down));
  assert.deepEqual(by("parcel_id", false), ["P-1", "P-2", "P-3", "P-10"]);
  assert.deepEqual(by("idle_days", false), ["P-1", "P-3", "P-10", "P-2"]);
  assert.deepEqual(by("idle_days", true), ["P-10", "P-3", "P-1", "P-2"]);
});

test("sorting leaves the register's own order alone", () => {
  app.inOrder(reg.rows, "parcel_id", true);
  assert.deepEqual(ids(reg.rows), ["P-1", "P-2", "P-10", "P-3"]);
});

test("the tally counts kinds, areas and levels; a missing area counts as nothing", () => {
  const [idle, suspected, none] = app.tally(reg.rows, ["idle", "suspected_idle", "cannot_judge"]);
  assert.deepEqual([idle.count, idle.area_m2, idle.levels[1], idle.levels.none], [2, 100, 1, 1]);
  assert.deepEqual([suspected.count, suspected.levels[2]], [1, 1]);
  assert.deepEqual([none.count, none.area_m2], [0, 0]);
});

test("rounded parts add up to the rounded whole", () => {
  assert.deepEqual(app.footed([1.004, 1.004, 1.004], 2), [1.01, 1, 1]);
  assert.deepEqual(app.footed([], 2), []);
  assert.deepEqual(app.footed([0, 0.125], 2), [0, 0.13]);
});

test("numbers are grouped by three and rounded half away from zero", () => {
  assert.equal(app.number(1234567.885, 2), "1,234,567.89");
  assert.equal(app.number(999.5, 0), "1,000");
  assert.equal(app.number(-0.001, 2), "0.00");
  assert.equal(app.number(0.125, 2), "0.13");
});

test("a word that is not in the dictionary is its own key, even an inherited name", () => {
  app.useWords({ area: "面积" });
  assert.deepEqual([app.word("area"), app.word("toString"), app.word("nothing")], ["面积", "toString", "nothing"]);
});

const island = {
  origin_mm: [37548000000, 4240000000],
  shapes: [[[[0, 0, 100000, 0, 0, 100000, -100000, 0], [25000, 25000, 50000, 0, 0, 50000, -50000, 0]]], []],
  points: [[10000, 10000], null],
};

test("shapes come back in metres, exact to the millimetre", () => {
  const [square, none] = app.shapesOf(island);
  assert.deepEqual(square.polygons[0][0][2], [37548100, 4240100]);
  assert.deepEqual(square.point, [37548010, 4240010]);
  assert.deepEqual(none, { polygons: [], point: null });
});

test("a parcel's hole does not hold a point", () => {
  const [square, none] = app.shapesOf(island);
  assert.equal(app.shapeHolds(square, 37548010, 4240010), true);
  assert.equal(app.shapeHolds(square, 37548050, 4240050), false);
  assert.equal(app.shapeHolds(square, 37548110, 4240010), false);
  assert.equal(app.shapeHolds(none, 37548010, 4240010), false);
});
