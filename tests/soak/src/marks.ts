/** Which numbers were seen: a bit each, so that remembering them is not what grows. Pure. */

export class Marks {
  #bits = new Uint8Array(1024)
  #count = 0

  get count(): number {
    return this.#count
  }

  has(index: number): boolean {
    return ((this.#bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0
  }

  /** False when it was there before. */
  add(index: number): boolean {
    if (this.has(index)) return false
    const place = index >> 3
    if (place >= this.#bits.length) {
      const larger = new Uint8Array(Math.max(this.#bits.length * 2, place + 1))
      larger.set(this.#bits)
      this.#bits = larger
    }
    this.#bits[place] = (this.#bits[place] as number) | (1 << (index & 7))
    this.#count++
    return true
  }
}
