// QR codes (ISO/IEC 18004): bytes at error correction level L, versions 1 to 15, which is 520 bytes.

const CHECK = [7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22];
const BLOCKS = [1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6];

const EXP = new Uint8Array(510);
const LOG = new Uint8Array(256);
for (let i = 0, x = 1; i < 255; i++) {
  EXP[i] = EXP[i + 255] = x;
  LOG[x] = i;
  x = x << 1 ^ (x & 128 ? 0x11d : 0);
}
const times = (a, b) => (a && b ? EXP[LOG[a] + LOG[b]] : 0);

// Positions of alignment patterns, the corners with finders included.
function alignments(version) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.ceil((version * 4 + 4) / (count - 1) / 2) * 2;
  return Array.from({ length: count }, (_, i) => (i ? version * 4 + 10 - step * (count - 1 - i) : 6));
}

// Codewords that a symbol holds, of both kinds.
function capacity(version) {
  let bits = (16 * version + 128) * version + 64;
  if (version > 1) {
    const count = Math.floor(version / 7) + 2;
    bits -= (25 * count - 10) * count - 55;
  }
  if (version > 6) bits -= 36;
  return bits >> 3;
}

// The remainder of the data under the generator of that degree.
function check(data, degree) {
  let generator = [1];
  for (let i = 0; i < degree; i++) {
    generator = [...generator, 0].map((value, at) => value ^ (at ? times(generator[at - 1], EXP[i]) : 0));
  }
  const rest = new Array(degree).fill(0);
  for (const byte of data) {
    const factor = byte ^ rest.shift();
    rest.push(0);
    for (let i = 0; i < degree; i++) rest[i] ^= times(generator[i + 1], factor);
  }
  return rest;
}

function codewords(bytes, version) {
  const [total, degree, count] = [capacity(version), CHECK[version - 1], BLOCKS[version - 1]];
  const room = total - degree * count;
  let bits = '0100' + bytes.length.toString(2).padStart(version < 10 ? 8 : 16, '0');
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  bits += '0'.repeat(Math.min(4, room * 8 - bits.length));
  bits += '0'.repeat(-bits.length & 7);
  const data = bits.match(/.{8}/g).map(byte => parseInt(byte, 2));
  for (let pad = 0xec; data.length < room; pad ^= 0xfd) data.push(pad);
  const [short, long] = [Math.floor(room / count), room % count];
  const blocks = Array.from({ length: count }, (_, i) => data.splice(0, short + (i >= count - long ? 1 : 0)));
  const checks = blocks.map(block => check(block, degree));
  const mixed = [];
  for (let i = 0; i <= short; i++) for (const block of blocks) if (i < block.length) mixed.push(block[i]);
  for (let i = 0; i < degree; i++) for (const block of checks) mixed.push(block[i]);
  return mixed;
}

// A number with the remainder behind it that readers check it by.
function protect(value, generator, length) {
  let rest = value << length;
  for (let bit = 31; bit >= length; bit--) if (rest >>> bit & 1) rest ^= generator << bit - length;
  return value << length | rest;
}

// The mask is always the first one, a chessboard: readers take each, and nothing in our texts looks like one.
function symbol(data, version) {
  const size = version * 4 + 17;
  const dark = Array.from({ length: size }, () => new Array(size).fill(null));
  const set = (x, y, value) => {
    if (x >= 0 && y >= 0 && x < size && y < size) dark[y][x] = Boolean(value);
  };
  const fixed = (cx, cy, radius) => {
    for (let y = -radius; y <= radius; y++) {
      for (let x = -radius; x <= radius; x++) {
        const ring = Math.max(Math.abs(x), Math.abs(y));
        set(cx + x, cy + y, radius === 4 ? ring !== 2 && ring !== 4 : ring !== 1);
      }
    }
  };
  for (let i = 0; i < size; i++) {
    set(6, i, i % 2 === 0);
    set(i, 6, i % 2 === 0);
  }
  const places = alignments(version);
  for (const y of places) {
    for (const x of places) {
      const isFinder = (x === 6 && y === 6) || (x === 6 && y === size - 7) || (x === size - 7 && y === 6);
      if (!isFinder) fixed(x, y, 2);
    }
  }
  for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]]) fixed(x, y, 4);
  const kind = protect(1 << 3, 0x537, 10) ^ 0x5412;
  for (let i = 0; i < 15; i++) {
    const bit = kind >> i & 1;
    set(8, i < 6 ? i : i < 8 ? i + 1 : size - 15 + i, bit);
    set(i < 8 ? size - 1 - i : i < 9 ? 7 : 14 - i, 8, bit);
  }
  set(8, size - 8, 1);
  if (version > 6) {
    const number = protect(version, 0x1f25, 12);
    for (let i = 0; i < 18; i++) {
      const [a, b] = [size - 11 + i % 3, Math.floor(i / 3)];
      set(a, b, number >> i & 1);
      set(b, a, number >> i & 1);
    }
  }
  let at = 0;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) {
      const y = (right + 1 & 2) === 0 ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (dark[y][x] !== null) continue;
        const bit = at < data.length * 8 && data[at >> 3] >> 7 - (at & 7) & 1;
        at++;
        dark[y][x] = Boolean(bit) !== ((x + y) % 2 === 0);
      }
    }
  }
  return dark;
}

/** The symbol of a text as rows of dark modules; `undefined` where it is too long. */
export function qr(text) {
  const bytes = new TextEncoder().encode(text);
  for (let version = 1; version <= CHECK.length; version++) {
    const room = capacity(version) - CHECK[version - 1] * BLOCKS[version - 1];
    if (bytes.length + (version < 10 ? 2 : 3) > room) continue;
    const data = codewords(bytes, version);
    return symbol(data, version);
  }
  return undefined;
}

/** The same as the path of an SVG, in a square of `size`. */
export function qrPath(text) {
  const rows = qr(text);
  if (!rows) return undefined;
  const path = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('');
  return { path, size: rows.length };
}
