// What npm's lora-packet reads in LoRaWAN frames: JSON lines in, one JSON line out for each.
//
// in   phy, nwk_s_key, app_s_key, app_key: hex or null; fcnt_msb: the counter's upper 16 bits;
//      dev_nonce: for the session keys of a join-accept
// out  mtype, mic_ok, and what this type of frame has of dev_addr, fcnt, fopts, fport, payload (in the clear),
//      join_eui, dev_eui, dev_nonce, join_nonce, net_id, nwk_s_key, app_s_key; else null. {"error"} when refused.
import { createInterface } from "node:readline";
import lora from "lora-packet";

const bytes = (hex) => (hex == null ? undefined : Buffer.from(hex, "hex"));
const hex = (buffer) => (buffer == null ? null : buffer.toString("hex"));
const number = (buffer) => (buffer == null ? null : buffer.readUIntBE(0, buffer.length));

function littleEndian16(value) {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16LE(value ?? 0);
  return buffer;
}

function bigEndian16(value) {
  return Buffer.from(littleEndian16(value)).reverse();
}

function dataFrame(packet, ask) {
  const [nwkSKey, appSKey, msb] = [bytes(ask.nwk_s_key), bytes(ask.app_s_key), littleEndian16(ask.fcnt_msb)];
  const port = packet.getFPort();
  return {
    mic_ok: lora.verifyMIC(packet, nwkSKey, undefined, msb),
    dev_addr: hex(packet.DevAddr),
    fcnt: packet.getFCnt(),
    fopts: hex(packet.FOpts),
    fport: port,
    payload: port == null ? null : hex(lora.decrypt(packet, appSKey, nwkSKey, msb)),
  };
}

function joinRequest(packet, ask) {
  return {
    mic_ok: lora.verifyMIC(packet, undefined, bytes(ask.app_key)),
    join_eui: hex(packet.AppEUI),
    dev_eui: hex(packet.DevEUI),
    dev_nonce: number(packet.DevNonce),
  };
}

function joinAccept(packet, ask) {
  const appKey = bytes(ask.app_key);
  const open = lora.fromWire(lora.decryptJoinAccept(packet, appKey));
  const keys =
    ask.dev_nonce == null
      ? {}
      : lora.generateSessionKeys10(appKey, open.NetID, open.AppNonce, bigEndian16(ask.dev_nonce));
  return {
    mic_ok: lora.verifyMIC(open, undefined, appKey),
    dev_addr: hex(open.DevAddr),
    join_nonce: number(open.AppNonce),
    net_id: number(open.NetID),
    nwk_s_key: hex(keys.NwkSKey),
    app_s_key: hex(keys.AppSKey),
  };
}

const NOTHING = Object.fromEntries(
  ["mic_ok", "dev_addr", "fcnt", "fopts", "fport", "payload", "join_eui", "dev_eui", "dev_nonce", "join_nonce", "net_id"]
    .concat(["nwk_s_key", "app_s_key"])
    .map((name) => [name, null]),
);

function judge(ask) {
  try {
    const packet = lora.fromWire(bytes(ask.phy));
    const read = packet.isJoinRequestMessage() ? joinRequest : packet.isJoinAcceptMessage() ? joinAccept : dataFrame;
    return { mtype: packet.getMType(), ...NOTHING, ...read(packet, ask) };
  } catch (error) {
    return { error: error.message };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(judge(JSON.parse(line))));
}
