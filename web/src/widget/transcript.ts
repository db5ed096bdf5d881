import type { Message } from "./protocol";

/** A reply that is still being written. */
export interface Draft {
  turn: string;
  text: string;
}

/**
 * What was said, in the order of seq, each seq once, however often and in whatever order it arrives; and the replies
 * that are being written, until their message replaces them.
 */
export class Transcript {
  private readonly bySeq = new Map<number, Message>();
  private sorted: readonly Message[] = [];
  private readonly drafts = new Map<string, string>();
  // Turns whose message is there: a late delta of theirs is of no more use.
  private readonly finished = new Set<string>();
  // Turns of which a piece may have been lost with a connection.
  private readonly interrupted = new Set<string>();
  private last = 0;
  private lastOwn = 0;

  /** All messages by seq. A new array after each change, so that it can be compared by identity. */
  get messages(): readonly Message[] {
    return this.sorted;
  }

  /**
   * What to ask the server to go on after: the highest seq that it sent as a message. An ack is not counted, because
   * it can overtake the messages before it.
   */
  get after(): number {
    return this.last;
  }

  /** The replies being written, oldest first. */
  get writing(): Draft[] {
    return Array.from(this.drafts, ([turn, text]) => ({ turn, text }));
  }

  has(seq: number): boolean {
    return this.bySeq.has(seq);
  }

  /** Takes in a message; true when its seq was not there yet. */
  add(message: Message): boolean {
    const fresh = !this.bySeq.has(message.seq);
    this.last = Math.max(this.last, message.seq);
    this.finishTurn(message.turn);
    if (message.role !== "patient") this.dropInterrupted();
    this.put(message);
    return fresh;
  }

  /** Shows an acknowledged message of the patient until the server sends its own account of it. */
  addOwn(seq: number, text: string): void {
    if (this.bySeq.has(seq)) return;
    this.put({ seq, turn: "", role: "patient", text, options: [], at: "" });
  }

  /** Appends to the reply of a turn. */
  append(turn: string, text: string): void {
    if (turn === "" || this.finished.has(turn) || this.interrupted.has(turn)) return;
    this.dropInterrupted();
    this.drafts.set(turn, (this.drafts.get(turn) ?? "") + text);
  }

  /** Takes back what was written of a turn's reply; the turn may begin again. */
  discard(turn: string): void {
    this.drafts.delete(turn);
    this.interrupted.delete(turn);
  }

  /**
   * To be called when a connection is lost: what stands of a reply stays, but what follows can have a hole before it,
   * so nothing is added until the whole message comes. It goes when another turn speaks instead: the server took it back
   * while nobody was listening.
   */
  interrupt(): void {
    for (const turn of this.drafts.keys()) this.interrupted.add(turn);
  }

  /** The seq of the patient's last message: what was offered before it is no longer open. */
  get lastPatientSeq(): number {
    return this.lastOwn;
  }

  /** Forgets everything. */
  clear(): void {
    this.bySeq.clear();
    this.sorted = [];
    this.drafts.clear();
    this.finished.clear();
    this.interrupted.clear();
    this.last = 0;
    this.lastOwn = 0;
  }

  private dropInterrupted(): void {
    for (const turn of this.interrupted) this.drafts.delete(turn);
  }

  private finishTurn(turn: string): void {
    if (turn === "") return;
    this.drafts.delete(turn);
    this.interrupted.delete(turn);
    this.finished.add(turn);
  }

  private put(message: Message): void {
    const others = this.sorted.filter((other) => other.seq !== message.seq);
    let at = others.length;
    while (at > 0 && others[at - 1]!.seq > message.seq) at--;
    others.splice(at, 0, message);
    this.sorted = others;
    this.bySeq.set(message.seq, message);
    if (message.role === "patient") this.lastOwn = Math.max(this.lastOwn, message.seq);
  }
}
