/** A process behind the balancer. */
export interface Node {
  /** What the sticky cookie holds. */
  readonly name: string;
  readonly url: string;
}

/** Which of several equal processes is asked next: in turn, as long as they answer. Pure but for its own memory. */
export class Nodes {
  readonly #nodes: readonly Node[];
  readonly #down = new Set<Node>();
  #turn = 0;

  constructor(urls: readonly string[]) {
    this.#nodes = urls.map((url, index) => ({ name: String(index + 1), url }));
  }

  get all(): readonly Node[] {
    return this.#nodes;
  }

  /** Resolves to whether that is news. */
  mark(node: Node, isUp: boolean): boolean {
    if (isUp) return this.#down.delete(node);
    if (this.#down.has(node)) return false;
    this.#down.add(node);
    return true;
  }

  /**
   * In the order in which to try: the one of that name first, those that answer in turn, and last the ones that did not
   * answer, since they may again.
   */
  inOrder(preferred?: string): readonly Node[] {
    this.#turn += 1;
    const rank = (node: Node): number => (this.#down.has(node) ? 2 : node.name === preferred ? 0 : 1);
    const inTurn = this.#nodes.map((_, index) => this.#nodes[(index + this.#turn) % this.#nodes.length]!);
    return inTurn.toSorted((a, b) => rank(a) - rank(b));
  }
}
