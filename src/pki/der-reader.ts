/**
 * A strict reader of DER (X.690 §8, §10): definite lengths, shortest encodings, bounded size and depth. It never
 * copies: an element names offsets into the input.
 */

/** What is wrong with the bytes, and where. Only inside `src/pki`; the exported readers turn it into a `DeskError`. */
export class DerError extends Error {
  /** Byte offset into the input, -1 where no single place is to blame. */
  readonly offset: number;

  constructor(message: string, offset = -1) {
    super(offset < 0 ? message : `${message} (at byte ${offset})`);
    this.name = 'DerError';
    this.offset = offset;
  }
}

/** Identifier octets (X.690 §8.1.2) of the types read and written here. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

const CONSTRUCTED = 0x20;

/** One tag, length and value: header at `start`, content from `body` up to `end` of `bytes`. */
export interface DerElement {
  readonly bytes: Uint8Array;
  readonly tag: number;
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

/** Primitive and constructed context-specific tags: `[number]`. */
export const contextTag = (number: number): number => 0x80 | number;
export const constructedContextTag = (number: number): number => 0xa0 | number;

/**
 * The element whose header begins at `at`; it must end at or before `limit`.
 * @throws DerError for high tag numbers, indefinite, non-minimal or overlong lengths, and truncation.
 */
export function readElement(bytes: Uint8Array, at: number, limit: number): DerElement {
  if (at + 2 > limit) throw new DerError('the data ends inside an element', at);
  const tag = bytes[at] as number;
  if ((tag & 0x1f) === 0x1f) throw new DerError('tag numbers above 30 are not used here', at);
  if (tag === 0) throw new DerError('the tag 0 is reserved', at);
  let length = bytes[at + 1] as number;
  let body = at + 2;
  if (length > 0x7f) {
    const octets = length & 0x7f;
    if (octets === 0) throw new DerError('the length is indefinite', at);
    if (octets > 4) throw new DerError('the length is too large', at);
    if (body + octets > limit) throw new DerError('the data ends inside a length', at);
    length = 0;
    for (let i = 0; i < octets; i++) length = length * 256 + (bytes[body + i] as number);
    if (length < 0x80 || (octets > 1 && bytes[body] === 0)) throw new DerError('the length is not minimal', at);
    body += octets;
  }
  if (length > limit - body) throw new DerError('the length goes beyond the data', at);
  return { bytes, tag, start: at, body, end: body + length };
}

/** Reads elements one after the other, between two offsets. */
export class DerCursor {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  get more(): boolean {
    return this.at < this.end;
  }

  /** Tag of the next element, -1 at the end. */
  get tag(): number {
    return this.at < this.end ? (this.bytes[this.at] as number) : -1;
  }

  /** The next element, whatever its tag. @throws DerError */
  any(): DerElement {
    const element = readElement(this.bytes, this.at, this.end);
    this.at = element.end;
    return element;
  }

  /** The next element, which must carry this tag. `what` names it in errors. @throws DerError */
  next(tag: number, what: string): DerElement {
    if (this.tag !== tag)
      throw new DerError(this.more ? `${what} has an unexpected type` : `${what} is missing`, this.at);
    return this.any();
  }

  /** The next element if it carries this tag. @throws DerError */
  optional(tag: number): DerElement | null {
    return this.tag === tag ? this.any() : null;
  }

  /** @throws DerError where something is left. */
  done(what: string): void {
    if (this.more) throw new DerError(`${what} holds more than it should`, this.at);
  }
}

/** A cursor over what is inside the element. */
export function inside(element: DerElement): DerCursor {
  return new DerCursor(element.bytes, element.body, element.end);
}

/**
 * The one element that fills the input.
 * @throws DerError for another tag, or bytes after its end.
 */
export function readWhole(bytes: Uint8Array, tag: number, what: string): DerElement {
  const cursor = new DerCursor(bytes, 0, bytes.length);
  const element = cursor.next(tag, what);
  if (cursor.more) throw new DerError(`there are bytes after the end of ${what}`, cursor.at);
  return element;
}

/** Header and content, as a view. */
export function whole(element: DerElement): Uint8Array {
  return element.bytes.subarray(element.start, element.end);
}

/** Content, as a view. */
export function content(element: DerElement): Uint8Array {
  return element.bytes.subarray(element.body, element.end);
}

/** Bounds of `checkStructure`. */
export interface StructureLimits {
  /** Constructed elements inside one another. */
  depth: number;
  elements: number;
}

/**
 * Walks the one element that fills the input, and every constructed one inside it, so that parts nobody reads are DER too, within the given bounds.
 * @throws DerError
 */
export function checkStructure(bytes: Uint8Array, limits: StructureLimits): void {
  const { end } = readElement(bytes, 0, bytes.length);
  if (end !== bytes.length) throw new DerError('there are bytes after the end', end);
  const ends: number[] = [];
  let depth = 0;
  let limit = bytes.length;
  let elements = 0;
  let at = 0;
  for (;;) {
    while (at === limit) {
      if (depth === 0) return;
      depth -= 1;
      limit = ends[depth] as number;
    }
    elements += 1;
    if (elements > limits.elements) throw new DerError(`there are more than ${limits.elements} elements`, at);
    const element = readElement(bytes, at, limit);
    if ((element.tag & CONSTRUCTED) === 0) {
      at = element.end;
      continue;
    }
    if (depth === limits.depth) throw new DerError(`elements are nested more than ${limits.depth} deep`, at);
    ends[depth] = limit;
    depth += 1;
    limit = element.end;
    at = element.body;
  }
}
