// Decoder of messfunk payloads for The Things Stack, ChirpStack 4 and Node (LoRa Alliance TS013).
// Made by `make generate` from codec/registry.py: change that, not this. Plain ES5; the format is in codec/README.md.

var REGISTRY = {
  "schema": 1,
  "bias": 16,
  "interval_s": 300,
  "fresh_s": 10,
  "command_port": 10,
  "distance": 4,
  "at_once": 7,
  "quantities": [
    {"bit": 0, "name": "humidity", "centre": 75, "least": 0, "most": 100, "reference": null, "decimals": 0},
    {"bit": 1, "name": "temperature", "centre": 100, "least": -400, "most": 850, "reference": null, "decimals": 1},
    {"bit": 2, "name": "pm25", "centre": 32, "least": 0, "most": 10000, "reference": null, "decimals": 1},
    {"bit": 2, "name": "pm10", "centre": 23, "least": 0, "most": 10000, "reference": 2, "decimals": 1},
    {"bit": 3, "name": "distance", "centre": 1654, "least": 0, "most": 40000, "reference": null, "decimals": 0},
    {"bit": 4, "name": "laeq", "centre": 510, "least": 200, "most": 1300, "reference": null, "decimals": 1},
    {"bit": 4, "name": "lafmax", "centre": 41, "least": 200, "most": 1300, "reference": 5, "decimals": 1},
    {"bit": 4, "name": "l10", "centre": 4, "least": 200, "most": 1300, "reference": 5, "decimals": 1},
    {"bit": 4, "name": "l90", "centre": -27, "least": 200, "most": 1300, "reference": 5, "decimals": 1},
    {"bit": 5, "name": "pm4", "centre": 4, "least": 0, "most": 10000, "reference": 2, "decimals": 1},
    {"bit": 5, "name": "pm1", "centre": -8, "least": 0, "most": 10000, "reference": 2, "decimals": 1},
    {"bit": 6, "name": "battery", "centre": 360, "least": 0, "most": 3000, "reference": null, "decimals": 2},
    {"bit": 7, "name": "number", "centre": 0, "least": 0, "most": 65535, "reference": null, "decimals": 0},
    {"bit": 8, "name": "age_s", "centre": 0, "least": 11, "most": 65535, "reference": null, "decimals": 0},
    {"bit": 9, "name": "status", "centre": 0, "least": 0, "most": 65535, "reference": null, "decimals": 0},
    {"bit": 10, "name": "rain", "centre": 0, "least": 0, "most": 10000, "reference": null, "decimals": 1},
    {"bit": 10, "name": "rain_total", "centre": 0, "least": 0, "most": 100000000, "reference": null, "decimals": 1},
    {"bit": 11, "name": "pressure", "centre": 9900, "least": 3000, "most": 11000, "reference": null, "decimals": 1},
    {"bit": 12, "name": "charge", "centre": 77, "least": 0, "most": 100, "reference": null, "decimals": 0},
    {"bit": 13, "name": "reset_cause", "centre": 0, "least": 0, "most": 255, "reference": null, "decimals": 0},
    {"bit": 14, "name": "head", "centre": 346, "least": -1000, "most": 100000, "reference": null, "decimals": 0}
  ],
  "faults": ["unknown", "no_answer", "bad_data", "no_echo", "too_near", "out_of_range", "unstable", "not_ready", "stuck", "wire_break", "sensor_error", "overload", "low_supply", "no_room"],
  "boards": ["simulator", "ttgo_lora32", "heltec_v3", "t_beam", "t3_s3", "rak11200", "rak11310", "rak3312", "esp32_rui3"],
  "features": ["journal", "noise_in_blocks", "faster_while_rising"],
  "reset_causes": ["unknown", "power_on", "reset_pin", "watchdog", "deep_sleep", "soft_reset", "brown_out", "panic", "command"],
  "results": ["done", "unknown_order", "bad_argument", "not_possible", "busy"],
  "orders": {
    "interval": {"code": 1, "arguments": [{"name": "quantity", "least": 0, "most": 20}, {"name": "sample_s", "least": 1, "most": 86400}, {"name": "rising_s", "least": 1, "most": 86400}, {"name": "report_s", "least": 10, "most": 604800}], "several": null},
    "marks": {"code": 2, "arguments": [{"name": "hysteresis", "least": 0, "most": 5000}], "several": {"name": "marks", "least": 0, "most": 40000}},
    "offset": {"code": 3, "arguments": [{"name": "quantity", "least": 0, "most": 20}, {"name": "steps", "least": -100000, "most": 100000}], "several": null},
    "journal": {"code": 4, "arguments": [{"name": "quantity", "least": 0, "most": 20}, {"name": "first", "least": 0, "most": 65535}, {"name": "count", "least": 1, "most": 65535}], "several": null},
    "reboot": {"code": 5, "arguments": [], "several": null},
    "rejoin": {"code": 6, "arguments": [], "several": null},
    "time": {"code": 7, "arguments": [{"name": "gps_s", "least": 0, "most": 4294967295}], "several": null},
    "confirm": {"code": 8, "arguments": [{"name": "policy", "least": 0, "most": 2}], "several": null}
  }
};

// ---- CBOR: of RFC 8949 section 4.2.1 integers up to 32 bits, null, and arrays in one array

function refuse(reason) {
  throw new Error(reason);
}

function takeHead(reader) {
  var first = takeByte(reader);
  var major = first >> 5;
  var argument = first & 31;
  if (first === 0xf6) return { major: major, item: null };
  if (argument > 26 || (major !== 0 && major !== 1 && major !== 4)) refuse("0x" + hex([first]) + " refused");
  if (argument > 23) {
    var size = 1 << (argument - 24);
    argument = 0;
    for (var i = 0; i < size; i++) argument = argument * 256 + takeByte(reader);
    if (argument < Math.max(24, Math.pow(2, 4 * size))) refuse("not shortest");
  }
  if (major === 4 && argument > reader.bytes.length - reader.at) refuse("too many items");
  return { major: major, item: major === 1 ? -1 - argument : argument };
}

function takeByte(reader) {
  if (reader.at >= reader.bytes.length) refuse("cut short");
  return reader.bytes[reader.at++];
}

function takeScalars(reader, count) {
  var items = [];
  for (var i = 0; i < count; i++) {
    var head = takeHead(reader);
    if (head.major === 4) refuse("array too deep");
    items.push(head.item);
  }
  return items;
}

function decodeItems(bytes) {
  var reader = { bytes: bytes, at: 0 };
  var outer = takeHead(reader);
  if (outer.major !== 4) refuse("not an array");
  var items = [];
  for (var i = 0; i < outer.item; i++) {
    var head = takeHead(reader);
    items.push(head.major === 4 ? takeScalars(reader, head.item) : head.item);
  }
  if (reader.at < bytes.length) refuse("bytes too many");
  return items;
}

function encodeItem(item) {
  if (item === null) return [0xf6];
  if (isArray(item)) {
    var bytes = encodeHead(4, item.length);
    for (var i = 0; i < item.length; i++) bytes = bytes.concat(encodeItem(item[i]));
    return bytes;
  }
  return item < 0 ? encodeHead(1, -1 - item) : encodeHead(0, item);
}

function encodeHead(major, argument) {
  if (argument < 24) return [(major << 5) | argument];
  var size = argument < 0x100 ? 1 : argument < 0x10000 ? 2 : 4;
  var bytes = [(major << 5) | (24 + (size >> 1))];
  while (size--) bytes.push(Math.floor(argument / Math.pow(256, size)) % 256);
  return bytes;
}

function isArray(value) {
  return Object.prototype.toString.call(value) === "[object Array]";
}

function isInteger(value) {
  return typeof value === "number" && isFinite(value) && Math.floor(value) === value;
}

function hex(bytes) {
  var text = "";
  for (var i = 0; i < bytes.length; i++) text += (bytes[i] < 16 ? "0" : "") + bytes[i].toString(16);
  return text;
}

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

// ---- commands

function writeOrder(given) {
  var order = given && REGISTRY.orders.hasOwnProperty(given.order) ? REGISTRY.orders[given.order] : refuse("no such order: " + (given && given.order));
  var wanted = order.several ? order.arguments.concat([order.several]) : order.arguments;
  var names = ["order"];
  var coded = [order.code];
  for (var i = 0; i < wanted.length; i++) {
    var value = given[wanted[i].name];
    names.push(wanted[i].name);
    if (wanted[i] !== order.several) coded.push(argument(wanted[i], value));
    else {
      if (!isArray(value) || value.length > REGISTRY.at_once) refuse(wanted[i].name + " is a list of up to " + REGISTRY.at_once + " numbers");
      for (var j = 0; j < value.length; j++) coded.push(argument(wanted[i], value[j]));
    }
  }
  for (var name in given) if (names.indexOf(name) < 0) refuse(given.order + " takes no " + name);
  return coded;
}

function argument(wanted, value) {
  if (wanted.name === "quantity" && typeof value === "string") {
    for (var i = 0; i < REGISTRY.quantities.length; i++) if (REGISTRY.quantities[i].name === value) value = i;
  }
  if (!isInteger(value) || value < wanted.least || value > wanted.most) {
    refuse(wanted.name + " is " + value + ", not in " + wanted.least + " to " + wanted.most);
  }
  return value;
}

// ---- TS013

function answered(work) {
  try {
    return work();
  } catch (error) {
    return { errors: [error.message] };
  }
}

function decodeUplink(input) {
  return answered(function () {
    var said = read(input.bytes);
    return said.warnings.length ? said : { data: said.data };
  });
}

function decodeDownlink(input) {
  return decodeUplink(input);
}

function encodeDownlink(input) {
  return answered(function () {
    var orders = input.data.orders;
    if (!isArray(orders) || !orders.length) refuse("a command without orders");
    var items = [-20, uint(input.data.token === undefined ? 0 : input.data.token, "a token")];
    for (var i = 0; i < orders.length; i++) items.push(writeOrder(orders[i]));
    return { bytes: encodeItem(items), fPort: REGISTRY.command_port };
  });
}
