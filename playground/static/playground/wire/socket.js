/* A socket that reconnects and resumes. No dependencies.

   const socket = connect("/ws/training/");
   socket.on("trainingProgress", (data) => …);
   const { run_id } = await socket.request("runTraining", { default: "IRIS" });

   Every event of a watched run is delivered once and in order: after a reconnect the socket asks for what came after
   the last `seq` that it has seen. "open" and "closed" tell about the connection itself. */

const SILENCE_MS = 45_000; // the server sends a heartbeat every 20 s
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
const TOO_MANY_SOCKETS = 4430; // the close code
const REQUEST_TIMEOUT_MS = 60_000;
const MAX_QUEUED = 200; // frames kept while there is no connection
const REFUSALS = ["unavailable", "too_many_sockets"]; // the errors of a socket that is closed at once
const LAST = ["trainingArtifacts", "trainingCancelled", "sweepResult", "trainingCompared"]; // nothing of the run follows

/**
 * @typedef {import("./types.d.ts").Sent} Sent
 * @typedef {import("./types.d.ts").Handled} Handled
 * @typedef {import("./types.d.ts").Answers} Answers
 * @typedef {Sent & { open: {}, closed: {} }} Events what `on` hears, by name
 * @typedef {{ event: string, data: any, id?: string }} Frame
 * @typedef {{ resolve: (data: any) => void, reject: (error: ServerError) => void, timer: ReturnType<typeof setTimeout> }} Request
 */

export class ServerError extends Error {
  /** @param {Partial<import("./types.d.ts").ErrorMessage>} data */
  constructor({ code = "", message = "", hint = "", where = "", event = "" }) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.where = where;
    this.event = event;
  }
}

/**
 * @param {string} path
 * @param {{ token?: string }} [watchWith] goes along with every watchTraining: the token of the link by which a run is
 *   seen
 */
export function connect(path, watchWith = {}) {
  return new Socket(path, watchWith);
}

export class Socket {
  #url;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {Map<string, Set<(data: any, replyTo?: string) => void>>} */
  #handlers = new Map();
  /** @type {Map<string, Request>} */
  #requests = new Map(); // by the id of the frame
  /** @type {Map<string, number>} */
  #watched = new Map(); // run_id -> last seq seen
  #watchWith;
  /** @type {Frame[]} */
  #queue = [];
  #nextId = 1;
  #failures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #silence;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retryTimer;
  #closed = false;

  /**
   * @param {string} path
   * @param {{ token?: string }} watchWith
   */
  constructor(path, watchWith) {
    this.#watchWith = watchWith;
    const url = new URL(path, window.location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    this.#url = url;
    window.addEventListener("online", () => this.#retryNow());
    this.#open();
  }

  /**
   * Calls `handler(data, replyTo)` for every such event.
   *
   * @template {keyof Events} Name
   * @param {Name} event
   * @param {(data: Events[Name], replyTo?: string) => void} handler
   * @returns {() => void} stops it
   */
  on(event, handler) {
    const handlers = this.#handlers.get(event) ?? new Set();
    this.#handlers.set(event, handlers.add(handler));
    return () => handlers.delete(handler);
  }

  /**
   * Sends without waiting for an answer; kept until there is a connection.
   *
   * @template {keyof Handled} Name
   * @param {Name} event
   * @param {Handled[Name] | {}} [data]
   */
  emit(event, data = {}) {
    this.#send({ event, data });
  }

  /**
   * A promise of the direct answer's data; rejects with a ServerError.
   *
   * @template {keyof Handled} Name
   * @param {Name} event
   * @param {Handled[Name] | {}} [data]
   * @returns {Promise<Answers[Name]>}
   */
  request(event, data = {}) {
    const id = String(this.#nextId++);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#requests.delete(id);
        reject(new ServerError({ code: "no_answer", message: "The server did not answer.", hint: "Try again." }));
      }, REQUEST_TIMEOUT_MS);
      this.#requests.set(id, { resolve, reject, timer });
      this.#send({ event, data, id });
    });
  }

  /**
   * Follows a run from after `afterSeq` on, across reconnects, until it is over or `unwatch`.
   *
   * @param {string} runId
   * @param {number} [afterSeq]
   */
  watch(runId, afterSeq = 0) {
    this.#watched.set(runId, afterSeq);
    if (this.connected) this.#ask(runId, afterSeq);
  }

  /** @param {string} runId */
  unwatch(runId) {
    this.#watched.delete(runId);
  }

  get connected() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  close() {
    this.#closed = true;
    this.#socket?.close();
  }

  #open() {
    clearTimeout(this.#retryTimer);
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = (message) => this.#received(message.data);
    socket.onclose = ({ code }) => socket === this.#socket && this.#lost(code);
  }

  #opened() {
    this.#listen();
    for (const [runId, afterSeq] of this.#watched) this.#ask(runId, afterSeq);
    for (const frame of this.#queue.splice(0)) this.#write(frame);
    this.#tell("open", {});
  }

  /** @param {number} [code] why the server closed it */
  #lost(code) {
    clearTimeout(this.#silence);
    this.#socket = null;
    for (const { reject, timer } of this.#requests.values()) {
      clearTimeout(timer);
      reject(new ServerError({ code: "connection_lost", message: "The connection was lost.", hint: "Try again." }));
    }
    this.#requests.clear();
    this.#tell("closed", {});
    if (this.#closed) return;
    // Jitter keeps a class of two hundred from coming back all at once.
    const longest = code === TOO_MANY_SOCKETS ? LAST_RETRY_MS : FIRST_RETRY_MS * 2 ** this.#failures++;
    const wait = Math.min(LAST_RETRY_MS, longest) * (0.5 + Math.random() / 2);
    this.#retryTimer = setTimeout(() => this.#open(), wait);
  }

  #retryNow() {
    if (this.#socket === null && !this.#closed) this.#open();
  }

  #listen() {
    clearTimeout(this.#silence);
    // A dead connection may not say so for minutes: silence does.
    this.#silence = setTimeout(() => {
      const socket = this.#socket;
      this.#lost();
      socket?.close();
    }, SILENCE_MS);
  }

  /**
   * @param {string} runId
   * @param {number} afterSeq
   */
  #ask(runId, afterSeq) {
    this.#write({ event: "watchTraining", data: { ...this.#watchWith, run_id: runId, after_seq: afterSeq } });
  }

  /** @param {Frame} frame */
  #send(frame) {
    if (this.connected) this.#write(frame);
    else if (this.#queue.length < MAX_QUEUED) this.#queue.push(frame);
  }

  /** @param {Frame} frame */
  #write(frame) {
    this.#socket?.send(JSON.stringify(frame));
  }

  /** @param {string} text */
  #received(text) {
    this.#listen();
    const { event, data, reply_to: replyTo } = JSON.parse(text);
    // A server that cannot serve accepts the socket, says so and closes it: the waits go on growing.
    if (event !== "error" || !REFUSALS.includes(data.code)) this.#failures = 0;
    if (event === "trainingQueued" && !this.#watched.has(data.run_id)) this.#watched.set(data.run_id, 0);
    if (data.seq !== undefined && !this.#isNext(event, data)) return;
    const request = this.#requests.get(replyTo);
    if (request) {
      this.#requests.delete(replyTo);
      clearTimeout(request.timer);
      if (event === "error") request.reject(new ServerError(data));
      else request.resolve(data);
    }
    this.#tell(event, data, replyTo);
  }

  /**
   * @param {string} event
   * @param {{ run_id: string, seq: number, success?: boolean }} data
   */
  #isNext(event, { run_id: runId, seq, success }) {
    const last = this.#watched.get(runId);
    if (last === undefined || seq <= last) return false;
    if (seq > last + 1) {
      this.#ask(runId, last);
      return false;
    }
    const over = LAST.includes(event) || success === false;
    if (over) this.#watched.delete(runId);
    else this.#watched.set(runId, seq);
    return true;
  }

  /**
   * @param {string} event
   * @param {any} data
   * @param {string} [replyTo]
   */
  #tell(event, data, replyTo) {
    for (const handler of this.#handlers.get(event) ?? []) handler(data, replyTo);
  }
}
