// Decoder of messfunk payloads for The Things Stack, ChirpStack 4 and Node (LoRa Alliance TS013).
// Made by `make generate` from codec/registry.py: change that, not this. Plain ES5; the format is in codec/README.md.

var REGISTRY = {};

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
