/** Mutations of DER and PEM for the fuzz test, from a generator that a seed repeats. */

/** A number from 0 up to, not including, `limit`. */
export type Generator = (limit: number) => number;

/** mulberry32 */
export function generatorOf(seed: number): Generator {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

type Mutation = (bytes: Buffer, random: Generator, seeds: readonly Uint8Array[]) => Buffer;

const TELLING = [
  0x00, 0x01, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xff, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x30, 0x31, 0xa0, 0x1e,
];

const splice = (bytes: Buffer, at: number, removed: number, ...added: Uint8Array[]): Buffer =>
  Buffer.concat([bytes.subarray(0, at), ...added, bytes.subarray(at + removed)]);
const octet = (value: number): Buffer => Buffer.from([value]);

/** These break lengths more often than not. */
const RAW: readonly Mutation[] = [
  function flipBit(bytes, random) {
    const at = random(bytes.length);
    return splice(bytes, at, 1, octet((bytes[at] ?? 0) ^ (1 << random(8))));
  },
  function setOctet(bytes, random) {
    return splice(bytes, random(bytes.length), 1, octet(TELLING[random(TELLING.length)] ?? 0));
  },
  function truncate(bytes, random) {
    return bytes.subarray(0, random(bytes.length));
  },
  function removeRange(bytes, random) {
    return splice(bytes, random(bytes.length), 1 + random(16));
  },
  function insertOctets(bytes, random) {
    const added = Buffer.from(Array.from({ length: 1 + random(8) }, () => random(256)));
    return splice(bytes, random(bytes.length), 0, added);
  },
  function repeatRange(bytes, random) {
    const at = random(bytes.length);
    const range = bytes.subarray(at, at + 1 + random(64));
    return splice(bytes, at, 0, ...Array.from({ length: 1 + random(4) }, () => range));
  },
  function spliceOther(bytes, random, seeds) {
    const other = seeds[random(seeds.length)] as Uint8Array;
    const from = random(other.length);
    return splice(bytes, random(bytes.length), random(32), other.subarray(from, from + random(64)));
  },
];

/** These change one element and set the lengths around it right, so that they get further. */
const STRUCTURAL: readonly Mutation[] = [
  function editContent(bytes, random, seeds) {
    return editElement(bytes, random, (content) => {
      const mutation = RAW[random(RAW.length)] as Mutation;
      return content.length > 0 ? mutation(content, random, seeds) : octet(random(256));
    });
  },
  function replaceContent(bytes, random) {
    return editElement(bytes, random, (content) => {
      const choices = [
        octet(0),
        Buffer.alloc(0),
        Buffer.concat([octet(0), content]),
        Buffer.concat([content, content]),
      ];
      return choices[random(choices.length)] as Buffer;
    });
  },
  function changeTag(bytes, random) {
    const found = elementsOf(bytes);
    const element = found[random(found.length)];
    return element ? splice(bytes, element.start, 1, octet(TELLING[random(TELLING.length)] ?? 0)) : bytes;
  },
  function nest(bytes, random) {
    return editElement(bytes, random, () => nestingBomb(0x30, 2 + random(60)));
  },
];

/** One of the seeds, after one to three mutations. */
export function mutate(seeds: readonly Uint8Array[], random: Generator): Buffer {
  let bytes: Buffer = Buffer.from(seeds[random(seeds.length)] as Uint8Array);
  for (let count = 1 + random(3); count > 0; count--) {
    const mutations = random(3) === 0 ? RAW : STRUCTURAL;
    const mutation = mutations[random(mutations.length)] as Mutation;
    if (bytes.length > 0) bytes = mutation(bytes, random, seeds);
  }
  return bytes;
}

interface Place {
  start: number;
  body: number;
  end: number;
  parents: Place[];
}

/** Every element that can be found by walking, leniently, OCTET and BIT STRINGs not entered. */
function elementsOf(bytes: Buffer): Place[] {
  const places: Place[] = [];
  const walk = (from: number, to: number, parents: Place[]): void => {
    for (let at = from; at + 2 <= to && places.length < 500 && parents.length < 30; ) {
      const first = bytes[at + 1] as number;
      const octets = first > 0x80 ? first & 0x7f : 0;
      const body = at + 2 + octets;
      const length = octets ? Number.parseInt(bytes.toString('hex', at + 2, body) || '0', 16) : first;
      const place = { start: at, body, end: Math.min(to, body + length), parents };
      places.push(place);
      if ((bytes[at] as number) & 0x20) walk(body, place.end, [...parents, place]);
      at = Math.max(place.end, at + 2);
    }
  };
  walk(0, bytes.length, []);
  return places;
}

function editElement(bytes: Buffer, random: Generator, edit: (content: Buffer) => Buffer): Buffer {
  const found = elementsOf(bytes);
  const element = found[random(found.length)];
  return element ? rebuild(bytes, element, edit(bytes.subarray(element.body, element.end)), random) : bytes;
}

/** Puts other content into the element, and lengths to match into it and those around it, mostly. */
function rebuild(bytes: Buffer, place: Place, content: Buffer, random: Generator): Buffer {
  const element = Buffer.concat([bytes.subarray(place.start, place.start + 1), lengthOf(content.length), content]);
  const parent = place.parents.at(-1);
  if (!parent || random(20) === 0) return splice(bytes, place.start, place.end - place.start, element);
  const around = [bytes.subarray(parent.body, place.start), element, bytes.subarray(place.end, parent.end)];
  return rebuild(bytes, parent, Buffer.concat(around), random);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return octet(length);
  const digits = length.toString(16);
  const octets = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  return Buffer.concat([octet(0x80 | octets.length), octets]);
}

/** Elements inside one another, each length right, about `size` octets in all. */
export function nestingBomb(tag: number, size: number): Buffer {
  const headers: Buffer[] = [];
  for (let length = 0; length < size; ) {
    const header = Buffer.concat([octet(tag), lengthOf(length)]);
    headers.push(header);
    length += header.length;
  }
  return Buffer.concat(headers.reverse());
}

/** A text with characters and lines changed, removed, doubled or put elsewhere. */
export function mutateText(text: string, random: Generator): string {
  const pieces = [
    '-----',
    'BEGIN ',
    '\n',
    '\r',
    ' ',
    '=',
    '\\n',
    '\0',
    'ü',
    '-----END CERTIFICATE REQUEST-----',
    'NEW ',
    'AAAA',
  ];
  let result = text;
  for (let count = 1 + random(4); count > 0; count--) {
    const at = random(result.length + 1);
    const removed = random(2) ? random(40) : 0;
    const piece = random(3) ? (pieces[random(pieces.length)] as string) : result.slice(random(result.length), at);
    result = result.slice(0, at) + piece + result.slice(at + removed);
  }
  return result;
}
