// ---- values

function bitOf(bits, bit) {
  return Math.floor(bits / Math.pow(2, bit)) % 2;
}

function bitsOf(bits) {
  var set = [];
  for (var bit = 0; bit < 33; bit++) if (bitOf(bits, bit)) set.push(bit);
  return set;
}

function inUnit(row, steps) {
  return row.decimals ? steps / Math.pow(10, row.decimals) : steps;
}

// What an item stands for: steps (a number), a fault (a string) or null. A zero stands for `zero`.
function understood(item, before, zero) {
  if (item === null) return null;
  if (!isArray(item)) return item + zero;
  if (item.length === 0) {
    if (typeof before !== "string") refuse("no fault to repeat");
    return before;
  }
  if (item.length !== 1 || item[0] === null || item[0] < 0) refuse("no fault");
  var fault = REGISTRY.faults[item[0]] || "fault_" + item[0];
  if (fault === before) refuse("a fault is repeated by an empty array");
  return fault;
}

function expected(row, steps) {
  if (row.reference === null) return row.centre;
  var reference = REGISTRY.quantities[row.reference];
  var value = steps[reference.name];
  return row.centre + (typeof value === "number" ? value : reference.centre);
}

function shown(row, value) {
  if (typeof value === "number") return { value: inUnit(row, value), fault: null };
  return { value: null, fault: value };
}

function warnOfRange(row, value, warnings) {
  if (typeof value === "number" && (value < row.least || value > row.most)) {
    warnings.push(row.name + " " + inUnit(row, value) + " is out of range");
  }
}

function uint(item, what, least, most) {
  if (!isInteger(item) || item < (least || 0) || item > (most === undefined ? 0xffffffff : most)) {
    refuse(what + " is " + item);
  }
  return item;
}

function uints(items, what) {
  if (!isArray(items)) refuse(what + " are " + items);
  for (var i = 0; i < items.length; i++) uint(items[i], what);
  return items;
}

function nameOf(code, names, what) {
  return names[code] || what + "_" + code;
}

// ---- messages: each takes its items and gives { data, warnings }

function readReport(items) {
  var bitmap = items[0] + REGISTRY.bias;
  var steps = {};
  var data = { message: "report", values: {}, faults: {}, unknown: null };
  var warnings = [];
  var place = 1;
  var group = null;
  var before = null;
  var found = {};
  for (var i = 0; i < REGISTRY.quantities.length; i++) {
    var row = REGISTRY.quantities[i];
    if (!bitOf(bitmap, row.bit)) continue;
    if (row.bit !== group) before = null;
    group = row.bit;
    if (place === items.length) refuse("no report");
    before = understood(items[place++], before, expected(row, steps));
    if (before === null) continue;
    found[row.bit] = true;
    steps[row.name] = before;
    if (typeof before === "string") data.faults[row.name] = before;
    else data.values[row.name] = inUnit(row, before);
    warnOfRange(row, before, warnings);
  }
  var newer = [];
  var bits = bitsOf(bitmap);
  for (var j = 0; j < bits.length; j++) {
    if (bits[j] > row.bit) newer.push(bits[j]);
    else if (!found[bits[j]]) refuse("a group of nothing but null");
  }
  var tail = items.slice(place);
  if (tail.length < newer.length || (tail.length && !newer.length)) refuse("no report");
  if (newer.length) {
    var bytes = [];
    for (var k = 0; k < tail.length; k++) bytes = bytes.concat(encodeItem(tail[k]));
    data.unknown = { bits: newer, items: hex(bytes) };
    warnings.push("a newer registry sent more than this decoder knows");
  }
  return { data: data, warnings: warnings };
}

function readBatch(items) {
  return readReadings(items[1], REGISTRY.quantities[REGISTRY.distance], REGISTRY.interval_s, 0, items.slice(2));
}

function readOtherBatch(items) {
  var series = uints(items[2], "a series");
  if (series.length !== 3 || !series[1] || (series[2] > 0 && series[2] <= REGISTRY.fresh_s)) {
    refuse("a series is a quantity, an interval and an age, not " + series);
  }
  if (series[0] === REGISTRY.distance && series[1] === REGISTRY.interval_s && !series[2]) {
    refuse("the usual batch is said without its series");
  }
  var row = REGISTRY.quantities[series[0]];
  if (!row) return newer("quantity " + series[0]);
  return readReadings(items[1], row, series[1], series[2], items.slice(3));
}

function readReadings(number, row, interval, age, items) {
  var readings = [];
  var warnings = [];
  var zero = row.centre;
  var before = null;
  for (var i = 0; i < items.length; i++) {
    before = understood(items[i], before, zero);
    if (typeof before === "number") zero = before;
    readings.push(shown(row, before));
    warnOfRange(row, before, warnings);
  }
  var data = {
    message: "batch",
    quantity: row.name,
    number: uint(number, "a running number", 0, 0xffff),
    interval_s: interval,
    age_s: age,
    readings: readings
  };
  return { data: data, warnings: warnings };
}

function readAlarm(items) {
  var mark = items[2];
  var quantity = REGISTRY.distance;
  if (isArray(mark)) {
    if (mark.length !== 2 || mark[0] === quantity) refuse("no mark");
    quantity = uints(mark, "a mark")[0];
    mark = mark[1];
  }
  var row = REGISTRY.quantities[quantity];
  if (!row) return newer("quantity " + quantity);
  var value = understood(items[3], null, row.centre);
  if (value === null || isArray(items[4])) refuse("an alarm without its value, or with an array for its rate");
  var warnings = [];
  warnOfRange(row, value, warnings);
  var both = shown(row, value);
  var data = {
    message: "alarm",
    quantity: row.name,
    number: uint(items[1], "a running number", 0, 0xffff),
    mark: uint(mark, "a mark", 0, 0xff),
    value: both.value,
    fault: both.fault,
    rate: items[4] === null ? null : inUnit(row, items[4]),
    age_s: items.length > 5 ? uint(items[5], "an age", REGISTRY.fresh_s + 1) : 0
  };
  return { data: data, warnings: warnings };
}

function readHello(items) {
  uints(items.slice(1, 7), "a field of a hello");
  var marks = uints(items[7], "marks");
  var firmware = items[2];
  var capabilities = [];
  var bits = bitsOf(items[4]);
  for (var i = 0; i < bits.length; i++) {
    var known = capabilities.length;
    for (var j = 0; j < REGISTRY.quantities.length; j++) {
      if (REGISTRY.quantities[j].bit === bits[i]) capabilities.push(REGISTRY.quantities[j].name);
    }
    if (capabilities.length === known) capabilities.push("bit_" + bits[i]);
  }
  var features = bitsOf(items[5]);
  for (var k = 0; k < features.length; k++) features[k] = nameOf(features[k], REGISTRY.features, "feature");
  var tail = [];
  for (var l = 8; l < items.length; l++) tail = tail.concat(encodeItem(items[l]));
  var data = {
    message: "hello",
    schema: items[1],
    firmware: [Math.floor(firmware / 65536), Math.floor(firmware / 256) % 256, firmware % 256].join("."),
    board: nameOf(items[3], REGISTRY.boards, "board"),
    capabilities: capabilities,
    features: features,
    reset_cause: nameOf(items[6], REGISTRY.reset_causes, "reset_cause"),
    hysteresis: marks.length ? marks[0] : null,
    marks: marks.slice(1),
    unknown: tail.length ? hex(tail) : null
  };
  return { data: data, warnings: [] };
}

function readCommand(items) {
  var orders = [];
  for (var i = 2; i < items.length; i++) {
    if (!isArray(items[i]) || !items[i].length) refuse("an order is an array of integers");
    for (var j = 0; j < items[i].length; j++) if (items[i][j] === null) refuse("an order is an array of integers");
    orders.push(readOrder(items[i]));
  }
  return { data: { message: "command", token: uint(items[1], "a token"), orders: orders }, warnings: [] };
}

function readOrder(coded) {
  var given = coded.slice(1);
  for (var name in REGISTRY.orders) {
    var order = REGISTRY.orders[name];
    if (order.code !== coded[0]) continue;
    var fixed = order.arguments.length;
    if (given.length < fixed || (given.length > fixed && !order.several)) return { order: name, arguments: given };
    var document = { order: name };
    for (var i = 0; i < fixed; i++) document[order.arguments[i].name] = given[i];
    if (order.several) document[order.several.name] = given.slice(fixed);
    if (document.quantity !== undefined) {
      var row = REGISTRY.quantities[document.quantity];
      document.quantity = row ? row.name : "quantity_" + document.quantity;
    }
    return document;
  }
  return { order: "order_" + coded[0], arguments: given };
}

function readAnswer(items) {
  var codes = uints(items.slice(2), "a result");
  var results = [];
  for (var i = 0; i < codes.length; i++) results.push(nameOf(codes[i], REGISTRY.results, "result"));
  return { data: { message: "answer", token: uint(items[1], "a token"), results: results }, warnings: [] };
}

function newer(what) {
  return { data: { message: "newer", what: what }, warnings: [what + " is newer than this decoder"] };
}

// An array in slot 0 names a newer schema; what follows it is not ours to read.
function newerSchema(bytes) {
  var reader = { bytes: bytes, at: 0 };
  var outer = takeHead(reader);
  if (outer.major !== 4 || !outer.item || bytes[reader.at] >> 5 !== 4) return 0;
  var inner = takeHead(reader);
  return uint(inner.item ? takeHead(reader).item : null, "a newer schema", REGISTRY.schema + 1);
}

// Slot 0, the least and the most items, and who reads them.
var KINDS = [
  [-17, 3, 14, readBatch],
  [-18, 5, 6, readAlarm],
  [-19, 8, Infinity, readHello],
  [-20, 3, Infinity, readCommand],
  [-21, 3, Infinity, readAnswer],
  [-22, 4, 15, readOtherBatch]
];

function read(bytes) {
  var schema = newerSchema(bytes);
  if (schema) return newer("schema " + schema);
  var items = decodeItems(bytes);
  if (!items.length || items[0] === null) refuse("slot 0 says nothing");
  if (items[0] >= -REGISTRY.bias) return readReport(items);
  for (var i = 0; i < KINDS.length; i++) {
    if (KINDS[i][0] !== items[0]) continue;
    if (items.length < KINDS[i][1] || items.length > KINDS[i][2]) refuse("message " + items[0] + " of " + items.length + " items");
    return KINDS[i][3](items);
  }
  return newer("message " + items[0]);
}
